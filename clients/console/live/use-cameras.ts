// The cameras of this device. Browsers name them only to pages that were allowed to use one.
import { useEffect, useState } from 'preact/hooks';

export function useCameras(isAllowed: boolean): readonly MediaDeviceInfo[] {
  const [cameras, setCameras] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => {
    // Absent on pages that are neither https nor of this machine, whatever the types say.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (!isAllowed || !devices) return;
    const look = () => void devices.enumerateDevices().then((all) => setCameras(all.filter(({ kind }) => kind === 'videoinput')));
    look();
    devices.addEventListener('devicechange', look);
    return () => devices.removeEventListener('devicechange', look);
  }, [isAllowed]);
  return cameras;
}

/** Whether the camera was allowed before, so that nobody is asked who only opened the page. */
export async function canStartAtOnce(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: 'camera' })).state === 'granted';
  } catch {
    // This browser does not tell.
    return false;
  }
}

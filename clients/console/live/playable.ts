// Whether this browser can play a file: it is asked, since neither names nor types of files tell.

export async function isPlayable(file: Blob): Promise<boolean> {
  const video = document.createElement('video');
  const url = URL.createObjectURL(file);
  try {
    return await new Promise<boolean>((resolve) => {
      // Sound alone loads as well, and has no width.
      video.onloadedmetadata = () => resolve(video.videoWidth > 0);
      video.onerror = () => resolve(false);
      video.preload = 'metadata';
      video.src = url;
    });
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  }
}

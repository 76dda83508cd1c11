// The newest picture of a stream, again and again while somebody sees it, and never faster than the service and the network
// carry: one picture at a time, a few streams at once, and a pause as long as the last one took.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import { http } from '../app/service.js';

const EVERY_MS = 2_000;
const MOST_AT_ONCE = 3;

let running = 0;

export interface Snapshot {
  /** To be put on what shows it: nothing is asked for while that is out of sight. */
  readonly place: RefObject<HTMLDivElement | null>;
  /** A `blob:` address; undefined while there was no picture. */
  readonly url: string | undefined;
}

/** @param isLive whether there is a new picture to ask for */
export function useSnapshot(id: string, isLive: boolean): Snapshot {
  const place = useRef<HTMLDivElement>(null);
  const isSeen = useInSight(place);
  const [url, setUrl] = useState<string>();

  useEffect(() => {
    if (!isLive || !isSeen) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const next = async (): Promise<void> => {
      const startMs = performance.now();
      if (running < MOST_AT_ONCE && !document.hidden) {
        running++;
        const jpeg = await http.streams.snapshot(id).catch(() => undefined);
        running--;
        if (isOver) return;
        if (jpeg) setUrl(URL.createObjectURL(new Blob([jpeg as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' })));
      }
      timer = setTimeout(() => void next(), Math.max(EVERY_MS, performance.now() - startMs));
    };
    void next();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [id, isLive, isSeen]);
  useEffect(() => () => void (url !== undefined && URL.revokeObjectURL(url)), [url]);
  return { place, url };
}

function useInSight(place: RefObject<HTMLElement | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const { current } = place;
    if (!current) return undefined;
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? false), {
      rootMargin: '120px',
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return isSeen;
}

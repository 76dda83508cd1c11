// Asks again for what may have been missed, once the service is back.
import { useEffect, useRef } from 'preact/hooks';
import { feedState } from './event-feed.js';

export function useComeback(onBack: () => void): void {
  const wasAway = useRef(false);
  const state = feedState.value;
  useEffect(() => {
    if (state === 'reconnecting') wasAway.current = true;
    if (state !== 'live' || !wasAway.current) return;
    wasAway.current = false;
    onBack();
  }, [state]);
}

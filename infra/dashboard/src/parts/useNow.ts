import { useEffect, useState } from 'react';
import { serverNow } from '../api/clock';

/** The server's time, in ms since 1970, taken again after every `ms`. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}

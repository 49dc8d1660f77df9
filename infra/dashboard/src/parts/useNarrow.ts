// Whether the screen is narrow, by the same width as in `style.css`.
import { useSyncExternalStore } from 'react';

const query = matchMedia('(max-width: 760px)');

function observe(observer: () => void): () => void {
  query.addEventListener('change', observer);
  return () => query.removeEventListener('change', observer);
}

export function useNarrow(): boolean {
  return useSyncExternalStore(observe, () => query.matches);
}

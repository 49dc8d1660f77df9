// The part of the candles that the chart's library holds. Each change of its data costs time for every candle that it
// holds, so it gets those in sight with a margin on both sides, however many there are.
import type { Candle } from '../api/candles';

/** Candles that the chart holds. Setting so many takes less than a frame. */
const MOST = 3_000;
/** With fewer candles than these between the visible ones and an end of the part, another part is set. */
const MARGIN = 300;

/** From the index `begin` up to `end`, which is not in it. */
export interface Part {
  readonly begin: number;
  readonly end: number;
}

/** The latest candles. */
export function latestPart(count: number): Part {
  return { begin: Math.max(0, count - MOST), end: count };
}

/**
 * The part around the visible candles, of which `from` and `to` are the indexes; the same part where it reaches far
 * enough, or to the ends of the candles.
 */
export function partAround(part: Part, from: number, to: number, count: number): Part {
  const reachesBack = part.begin === 0 || from - part.begin >= MARGIN;
  const reachesOn = part.end === count || part.end - to >= MARGIN;
  if (reachesBack && reachesOn) return part;
  const begin = Math.round((from + to - MOST) / 2);
  const kept = Math.max(0, Math.min(begin, count - MOST));
  const end = Math.min(count, kept + MOST);
  return kept === part.begin && end === part.end ? part : { begin: kept, end };
}

/** The index of the last candle that opens at this time (seconds) or before; -1 before the first one. */
export function indexAt(candles: readonly Candle[], time: number): number {
  let [low, high] = [0, candles.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (candles[middle]!.time <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

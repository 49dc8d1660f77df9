// Times are shown in UTC, as the log has them.
import type { Words } from '../words/words';
import { fixed } from './decimal';

export function moment(time: string | null | undefined): string {
  return time ? `${time.slice(0, 10)}\u2009${time.slice(11, 19)}` : '–';
}

/** To the millisecond below a minute, because an order is measured in them. */
export function since(seconds: number, words: Words): string {
  return seconds < 60 ? `${fixed(seconds, 3)}\u202fs` : age(seconds * 1_000, words);
}

const UNITS = [['days', 86_400], ['hours', 3_600], ['minutes', 60]] as const;

export function age(ms: number, words: Words): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [name, length] = UNITS.find(([, size]) => seconds >= 2 * size) ?? ['seconds', 1];
  return words(name, { n: Math.floor(seconds / length) });
}

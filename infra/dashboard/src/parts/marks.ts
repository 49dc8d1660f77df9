// The marks of a chart in one list, each with the id that leads to its chain.
import type { Marks } from '../api/marks';

export type Kind = 'mark-signal' | 'mark-taken' | 'mark-skipped' | 'mark-entry' | 'mark-exit' | 'mark-stop';

export interface Mark {
  readonly id: string;
  readonly at: string;
  readonly kind: Kind;
  /** Which way it trades; null for a stop. */
  readonly isUp: boolean | null;
  readonly price: string | null;
  readonly note: string;
}

/** In order of time. A signal belongs to the candle whose close raised it. */
export function marksOf({ signals, fills, protections }: Marks): readonly Mark[] {
  const marks: Mark[] = [
    ...signals.map(one => ({
      id: one.id,
      at: one.candleClosedAt,
      kind: one.verdict === null ? 'mark-signal' as const : one.verdict === 'SKIP' ? 'mark-skipped' as const : 'mark-taken' as const,
      isUp: (one.direction === 'LONG') === (one.intent === 'ENTER'),
      price: one.price,
      note: [one.strategy, one.intent, one.direction, ...(one.reasons ?? [])].join(' '),
    })),
    ...fills.map(one => ({
      id: one.orderId,
      at: one.at,
      kind: one.purpose === 'ENTRY' ? 'mark-entry' as const : 'mark-exit' as const,
      isUp: one.side === 'BUY',
      price: one.price,
      note: `${one.side} ${one.quantity} ${one.purpose}`,
    })),
    ...protections.filter(one => one.isMove).map(one => ({
      id: one.id, at: one.at, kind: 'mark-stop' as const, isUp: null, price: one.stop, note: one.target ? `→ ${one.target}` : '',
    })),
  ];
  return marks.sort((one, other) => one.at.localeCompare(other.at));
}

// The heat map of a book as numbers: a column for each look, a row for each of equally many prices around the middle.
import type { Look } from '../api/book';

export interface DepthGrid {
  readonly columns: number;
  readonly rows: number;
  /** The prices at the lower edge of the last row and the upper edge of the first. */
  readonly low: number;
  readonly high: number;
  /** By row and column from the top left: above 0 for asks, below 0 for bids, 1 the largest size that is drawn. */
  readonly cells: Float32Array;
  /** The row of the best bid and of the best ask by column; -1 where the book was not known. */
  readonly bids: Int16Array;
  readonly asks: Int16Array;
}

/** Null before the first known book. The newest look is the last column; sizes are drawn by their logarithm. */
export function depthGrid(looks: readonly Look[], columns: number, rows: number): DepthGrid | null {
  const shown = looks.slice(-columns);
  const range = rangeOf(shown);
  if (range === null) return null;
  const [low, high] = range;
  const cells = new Float32Array(rows * columns);
  const [bids, asks] = [new Int16Array(columns).fill(-1), new Int16Array(columns).fill(-1)];
  const rowOf = (price: number) => Math.floor(((high - price) / (high - low)) * rows);
  const first = columns - shown.length;
  let largest = 0;
  shown.forEach((look, number) => {
    const column = first + number;
    for (const sign of [-1, 1]) {
      for (const level of sign < 0 ? look.bids : look.asks) {
        const row = Math.min(rowOf(level[0]), rows - 1);
        const at = row * columns + column;
        const sum = cells[at]! + sign * level[1];
        cells[at] = sum;
        largest = Math.max(largest, Math.abs(sum));
      }
    }
    if (look.bids[0]) bids[column] = rowOf(look.bids[0][0]);
    if (look.asks[0]) asks[column] = rowOf(look.asks[0][0]);
  });
  const full = Math.log1p(100);
  for (let at = 0; at < cells.length; at += 1) {
    const cell = cells[at]!;
    if (cell !== 0) cells[at] = Math.sign(cell) * (Math.log1p((100 * Math.abs(cell)) / largest) / full);
  }
  return { columns, rows, low, high, cells, bids, asks };
}

/** From the lowest bid to the highest ask of the looks. */
function rangeOf(looks: readonly Look[]): readonly [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (const { bids, asks } of looks) {
    low = Math.min(low, bids.at(-1)?.[0] ?? Infinity);
    high = Math.max(high, asks.at(-1)?.[0] ?? -Infinity);
  }
  return low < high ? [low, high] : null;
}

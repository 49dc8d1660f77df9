// A table of any number of rows, of which only those in sight are in the document. Rows that open are one stop of the
// tab key: the arrow keys lead from one to the next.
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { Rows } from '../api/rows';
import { useWords } from '../words/words';
import { useNarrow } from './useNarrow';

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  /** The least width in em; what is left is shared in proportion to it. */
  readonly width?: number;
}

interface Props<Row> {
  readonly label: string;
  /** A row that did not change is not rendered again while these are the same ones. */
  readonly columns: readonly Column<Row>[];
  readonly rows: Rows<Row>;
  readonly keyOf: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
  /** Called with the first and the last index of the rows in sight. */
  readonly onShown?: (first: number, last: number) => void;
  readonly height?: number;
}

const ROW = 34;
/** On a narrow screen the cells of a row stand in two lines: the second cell below the first, and so on. */
const STACKED_ROW = 50;
const LEAST_STACKED = 4;
const WIDTH = 5.5;
const GAP = 0.75;

/** The index of the row that a key leads to; `page` is the number of rows in sight. */
const MOVES: Readonly<Record<string, (at: number, page: number, count: number) => number>> = {
  ArrowDown: at => at + 1,
  ArrowUp: at => at - 1,
  PageDown: (at, page) => at + page,
  PageUp: (at, page) => at - page,
  Home: () => 0,
  End: (_at, _page, count) => count - 1,
};

export function Table<Row>({ label, columns, rows, keyOf, onOpen, onShown, height = 560 }: Props<Row>) {
  const words = useWords();
  const scrolled = useRef<HTMLDivElement>(null);
  const opened = useRef(onOpen);
  opened.current = onOpen;
  const open = useCallback((row: Row) => opened.current?.(row), []);
  const isStacked = useNarrow() && columns.length >= LEAST_STACKED;
  const size = isStacked ? STACKED_ROW : ROW;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrolled.current,
    estimateSize: () => size,
    overscan: 8,
    // The head covers the last row otherwise.
    scrollPaddingEnd: size,
    onChange: instance => {
      if (instance.range) onShown?.(instance.range.startIndex, instance.range.endIndex);
    },
  });
  useEffect(() => virtual.measure(), [virtual, size]);
  const [current, setCurrent] = useState(0);
  const wanted = useRef<number | null>(null);
  // A row that was out of sight is in the document some renderings after the table was scrolled to it.
  useEffect(() => {
    if (wanted.current === null) return;
    const row = scrolled.current?.querySelector<HTMLElement>(`[aria-rowindex="${wanted.current + 2}"]`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const target = event.target as HTMLElement;
    const isRow = target.getAttribute('role') === 'row';
    if (!onOpen || (!isRow && target !== event.currentTarget)) return;
    const row = rows.at(current);
    const move = MOVES[event.key];
    if (move) {
      const page = Math.max(1, Math.floor((event.currentTarget.clientHeight - size) / size) - 1);
      const index = Math.min(Math.max(move(current, page, rows.length), 0), rows.length - 1);
      wanted.current = index;
      setCurrent(index);
      virtual.scrollToIndex(index);
    } else if (event.key === 'Enter' && isRow && row !== undefined) {
      onOpen(row);
    } else {
      return;
    }
    event.preventDefault();
  };

  if (rows.length === 0) return <p className="empty">{words('empty')}</p>;
  const items = virtual.getVirtualItems();
  // The current row may be out of sight, and so not in the document.
  const stop = items.some(one => one.index === current) ? current : items[0]?.index;
  const widths = widthsOf(columns, isStacked);
  const template = widths.map(width => `minmax(${width}em, ${width}fr)`).join(' ');
  const least = widths.reduce((sum, width) => sum + width + GAP, GAP);
  return (
    <div className="table">
      <div
        className={isStacked ? 'scrolled stacked' : 'scrolled'}
        ref={scrolled}
        role="table"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        style={{ maxHeight: height }}
        tabIndex={onOpen ? -1 : 0}
        onKeyDown={onKeyDown}
      >
        <div className="row head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, minWidth: `${least}em`, height: size }}>
          {columns.map(one => (
            <div key={one.name} role="columnheader" className={one.isNumber ? 'number' : ''}>{words(one.name)}</div>
          ))}
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), minWidth: `${least}em`, position: 'relative' }}>
          {items.map(({ index, start }) => {
            const row = rows.at(index);
            const place = { columns, template, size, index, start, isStop: index === stop, onFocus: setCurrent };
            return row === undefined
              ? <Line key={`row ${index}`} {...place} row={undefined} open={undefined} />
              : <Line key={keyOf(row)} {...place} row={row} open={onOpen && open} />;
          })}
        </div>
      </div>
    </div>
  );
}

/** The width of each column of the grid; stacked, of each two that stand above one another. */
function widthsOf(columns: readonly { readonly width?: number }[], isStacked: boolean): readonly number[] {
  const widths = columns.map(({ width = WIDTH }) => width);
  if (!isStacked) return widths;
  return widths.flatMap((width, index) => (index % 2 === 0 ? [Math.max(width, widths[index + 1] ?? 0)] : []));
}

interface LineProps<Row> {
  readonly row: Row | undefined;
  readonly columns: readonly Column<Row>[];
  readonly template: string;
  /** Its height in pixels. */
  readonly size: number;
  readonly index: number;
  readonly start: number;
  /** Whether the tab key leads to this row. */
  readonly isStop: boolean;
  readonly onFocus: (index: number) => void;
  readonly open: ((row: Row) => void) | undefined;
}

function PlainLine<Row>({ row, columns, template, size, index, start, isStop, onFocus, open }: LineProps<Row>) {
  const run = row !== undefined && open ? () => open(row) : undefined;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-busy={row === undefined}
      className={`row ${run ? 'opens' : ''} ${row === undefined ? 'awaited' : ''}`}
      tabIndex={run && isStop ? 0 : -1}
      onClick={run}
      onFocus={() => onFocus(index)}
      style={{ gridTemplateColumns: template, transform: `translateY(${start}px)`, height: size }}
    >
      {columns.map(one => (
        <div key={one.name} role="cell" className={one.isNumber ? 'number' : ''}>{row === undefined ? '…' : one.cell(row)}</div>
      ))}
    </div>
  );
}

const Line = memo(PlainLine) as typeof PlainLine;

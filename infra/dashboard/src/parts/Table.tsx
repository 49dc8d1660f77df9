// A table of any number of rows, of which only those in sight are in the document.
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useRef, type ReactNode } from 'react';
import type { Rows } from '../api/rows';
import { useWords } from '../words/words';

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  /** The least width in rem; what is left is shared in proportion to it. */
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
const WIDTH = 5.5;
const GAP = 0.75;

export function Table<Row>({ label, columns, rows, keyOf, onOpen, onShown, height = 560 }: Props<Row>) {
  const words = useWords();
  const scrolled = useRef<HTMLDivElement>(null);
  const opened = useRef(onOpen);
  opened.current = onOpen;
  const open = useCallback((row: Row) => opened.current?.(row), []);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrolled.current,
    estimateSize: () => ROW,
    overscan: 8,
    onChange: instance => {
      if (instance.range) onShown?.(instance.range.startIndex, instance.range.endIndex);
    },
  });
  if (rows.length === 0) return <p className="empty">{words('empty')}</p>;
  const template = columns.map(({ width = WIDTH }) => `minmax(${width}rem, ${width}fr)`).join(' ');
  const least = columns.reduce((sum, { width = WIDTH }) => sum + width + GAP, GAP);
  return (
    <div className="table">
      <div
        className="scrolled"
        ref={scrolled}
        role="table"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        style={{ maxHeight: height }}
        tabIndex={0}
      >
        <div className="row head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, minWidth: `${least}rem` }}>
          {columns.map(one => (
            <div key={one.name} role="columnheader" className={one.isNumber ? 'number' : ''}>{words(one.name)}</div>
          ))}
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), minWidth: `${least}rem`, position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows.at(index);
            const place = { columns, template, index, start };
            return row === undefined
              ? <Line key={`row ${index}`} {...place} row={undefined} open={undefined} />
              : <Line key={keyOf(row)} {...place} row={row} open={onOpen && open} />;
          })}
        </div>
      </div>
    </div>
  );
}

interface LineProps<Row> {
  readonly row: Row | undefined;
  readonly columns: readonly Column<Row>[];
  readonly template: string;
  readonly index: number;
  readonly start: number;
  readonly open: ((row: Row) => void) | undefined;
}

function PlainLine<Row>({ row, columns, template, index, start, open }: LineProps<Row>) {
  const run = row !== undefined && open ? () => open(row) : undefined;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-busy={row === undefined}
      className={`row ${run ? 'opens' : ''} ${row === undefined ? 'awaited' : ''}`}
      tabIndex={run ? 0 : -1}
      onClick={run}
      onKeyDown={event => event.key === 'Enter' && run?.()}
      style={{ gridTemplateColumns: template, transform: `translateY(${start}px)`, height: ROW }}
    >
      {columns.map(one => (
        <div key={one.name} role="cell" className={one.isNumber ? 'number' : ''}>{row === undefined ? '…' : one.cell(row)}</div>
      ))}
    </div>
  );
}

const Line = memo(PlainLine) as typeof PlainLine;

// A table of any number of rows, of which only those in sight are in the document.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, type ReactNode } from 'react';
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
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
  readonly onEnd?: () => void;
  readonly height?: number;
}

const ROW = 34;
const WIDTH = 5.5;
const GAP = 0.75;

export function Table<Row>({ label, columns, rows, keyOf, onOpen, onEnd, height = 560 }: Props<Row>) {
  const words = useWords();
  const scrolled = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrolled.current,
    estimateSize: () => ROW,
    overscan: 8,
    onChange: instance => {
      const last = instance.getVirtualItems().at(-1);
      if (last && last.index >= rows.length - 10) onEnd?.();
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
          {virtual.getVirtualItems().map(item => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const open = onOpen && (() => onOpen(row));
            return (
              <div
                key={keyOf(row)}
                role="row"
                aria-rowindex={item.index + 2}
                className={`row ${open ? 'opens' : ''}`}
                tabIndex={open ? 0 : -1}
                onClick={open}
                onKeyDown={event => event.key === 'Enter' && open?.()}
                style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)`, height: ROW }}
              >
                {columns.map(one => (
                  <div key={one.name} role="cell" className={one.isNumber ? 'number' : ''}>{one.cell(row)}</div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

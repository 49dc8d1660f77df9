// The depth of a book over time, drawn on a canvas from the looks since the page was opened.
import { useEffect, useRef, useState } from 'react';
import { KEPT, type Look } from '../api/book';
import { depthGrid, type DepthGrid } from './depthGrid';
import { useStore } from '../api/store';
import { theme } from './theme';

const ROWS = 120;
/** The first looks fill the right part of as many columns; later ones make the columns narrower. */
const LEAST_COLUMNS = 100;

interface Props {
  readonly label: string;
  readonly looks: readonly Look[];
}

/** Red in the lowest byte, then green and blue: a pixel of the canvas without its alpha. */
type Colour = number;

export function DepthMap({ label, looks }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const system = useSystemTheme();
  const chosen = useStore(theme);
  const columns = Math.min(KEPT, Math.max(LEAST_COLUMNS, looks.length));
  useEffect(() => {
    const host = canvas.current;
    const context = host?.getContext('2d');
    if (!host || !context) return;
    const grid = depthGrid(looks, columns, ROWS);
    // The colours of the theme, as the browser computes them from the style sheet.
    const { color, borderTopColor, outlineColor } = getComputedStyle(host);
    if (grid) draw(context, grid, rgb(color), rgb(borderTopColor), rgb(outlineColor));
    else context.clearRect(0, 0, host.width, host.height);
  }, [looks, system, chosen]);
  return <canvas className="depth" ref={canvas} width={columns} height={ROWS} role="img" aria-label={label} />;
}

function draw(context: CanvasRenderingContext2D, grid: DepthGrid, bid: Colour, ask: Colour, best: Colour): void {
  const image = context.createImageData(grid.columns, grid.rows);
  const pixels = new Uint32Array(image.data.buffer);
  const { cells, columns, rows } = grid;
  for (let at = 0; at < cells.length; at += 1) {
    const cell = cells[at]!;
    if (cell !== 0) pixels[at] = (cell < 0 ? bid : ask) | (Math.round(255 * Math.abs(cell)) << 24);
  }
  for (const places of [grid.bids, grid.asks]) {
    for (let column = 0; column < columns; column += 1) {
      const row = places[column]!;
      if (row >= 0 && row < rows) pixels[row * columns + column] = best | (255 << 24);
    }
  }
  context.putImageData(image, 0, 0);
}

/** `rgb(1, 2, 3)`, as a computed colour is written, as a number. */
function rgb(colour: string): Colour {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return red | (green << 8) | (blue << 16);
}

function useSystemTheme(): boolean {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const change = () => setDark(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);
  return isDark;
}

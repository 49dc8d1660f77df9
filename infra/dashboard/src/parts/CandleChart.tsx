// Candles with their volume, marks and the lines of protective prices, drawn by lightweight-charts.
import {
  CandlestickSeries, HistogramSeries, createChart, createSeriesMarkers,
  type IChartApi, type ISeriesApi, type ISeriesMarkersPluginApi, type LogicalRange, type SeriesMarker, type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Candle } from '../api/candles';
import type { Protection } from '../api/marks';
import { useStore } from '../api/store';
import { indexAt, latestPart, partAround, type Part } from './bars';
import type { Kind, Mark } from './marks';
import { linesOf, ProtectionLines } from './protectionLines';
import { theme } from './theme';

interface Props {
  readonly label: string;
  /** In order of time, as are the others. */
  readonly candles: readonly Candle[];
  readonly seconds: number;
  readonly marks: readonly Mark[];
  readonly protections: readonly Protection[];
  readonly onStart: () => void;
  readonly onOpen: (mark: Mark) => void;
  /** What is laid over the chart. */
  readonly over: (drawn: Drawn) => ReactNode;
}

const COLOURS = ['ground', 'ink', 'soft', 'line', 'accent', 'gain', 'loss', 'warn'] as const;
type Colours = Record<(typeof COLOURS)[number], string>;

/** Further back than so many candles before the visible ones, earlier candles are read. */
const AHEAD = 100;
/** The least width of a candle in pixels: a wider view is that of a coarser interval. */
const NARROWEST = 1;
/** The least time between two parts of the candles. */
const SETTLED_MS = 80;
/** Volumes take this part of the chart's height. */
const VOLUMES = 0.18;

const SHAPES: Record<Kind, Pick<SeriesMarker<UTCTimestamp>, 'shape'> & { readonly colour: keyof Colours; readonly text: string }> = {
  'mark-signal': { shape: 'circle', colour: 'soft', text: '' },
  'mark-taken': { shape: 'circle', colour: 'accent', text: '' },
  'mark-skipped': { shape: 'circle', colour: 'warn', text: '×' },
  'mark-entry': { shape: 'arrowUp', colour: 'gain', text: '' },
  'mark-exit': { shape: 'arrowDown', colour: 'loss', text: '' },
  'mark-stop': { shape: 'square', colour: 'loss', text: '' },
};

export function CandleChart({ label, candles, seconds, marks, protections, onStart, onOpen, over }: Props) {
  const place = useRef<HTMLElement>(null);
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const shade = useShade();
  const latest = useRef({ onStart, onOpen });
  latest.current = { onStart, onOpen };

  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const made = new Drawn(host, () => latest.current);
    setDrawn(made);
    return () => {
      setDrawn(null);
      made.remove();
    };
  }, [shade]);

  useEffect(() => drawn?.putCandles(candles, seconds), [drawn, candles, seconds]);
  useEffect(() => drawn?.putMarks(marks), [drawn, marks]);
  useEffect(() => drawn?.putProtections(protections), [drawn, protections]);

  return (
    <div className="covered">
      <figure className="candles" ref={place} aria-label={label} />
      {drawn && over(drawn)}
    </div>
  );
}

/** The chart with the part of the candles that it holds. */
class Drawn {
  readonly chart: IChartApi;
  readonly candles: ISeriesApi<'Candlestick'>;
  readonly #volumes: ISeriesApi<'Histogram'>;
  readonly #markers: ISeriesMarkersPluginApi<UTCTimestamp>;
  readonly #lines: ProtectionLines;
  readonly #colours: Colours;
  readonly #latest: () => Pick<Props, 'onStart' | 'onOpen'>;
  readonly #held = new AbortController();
  #all: readonly Candle[] = [];
  #seconds = 0;
  #marks: readonly Mark[] = [];
  #protections: readonly Protection[] = [];
  #part: Part = { begin: 0, end: 0 };
  /** Whether a pointer is pressed. The library measures a drag from the last candle, so the part stays until it ends. */
  #isHeld = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, latest: () => Pick<Props, 'onStart' | 'onOpen'>) {
    this.#latest = latest;
    this.#colours = coloursOf(host);
    const { ground, ink, line, gain, loss } = this.#colours;
    this.chart = createChart(host, {
      autoSize: true,
      layout: { background: { color: ground }, textColor: ink, attributionLogo: true },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line, scaleMargins: { top: 0.08, bottom: VOLUMES + 0.02 } },
      timeScale: { borderColor: line, timeVisible: true, minBarSpacing: NARROWEST },
      localization: { locale: document.documentElement.lang },
    });
    this.candles = this.chart.addSeries(CandlestickSeries, {
      upColor: gain, downColor: loss, wickUpColor: gain, wickDownColor: loss, borderVisible: false,
    });
    this.#volumes = this.chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume', priceFormat: { type: 'volume' }, color: line, lastValueVisible: false, priceLineVisible: false,
    });
    this.#volumes.priceScale().applyOptions({ scaleMargins: { top: 1 - VOLUMES, bottom: 0 } });
    this.#markers = createSeriesMarkers<UTCTimestamp>(this.candles as never, []);
    this.#lines = new ProtectionLines({ stop: loss, target: gain });
    this.candles.attachPrimitive(this.#lines);
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.#seen());
    this.chart.subscribeClick(({ hoveredInfo }) => {
      const mark = this.#marks[Number(hoveredInfo?.objectId ?? NaN)];
      if (mark) latest().onOpen(mark);
    });
    const hold = (isHeld: boolean) => () => {
      this.#isHeld = isHeld;
      if (!isHeld) this.#seen();
    };
    const { signal } = this.#held;
    host.addEventListener('pointerdown', hold(true), { signal });
    for (const name of ['pointerup', 'pointercancel']) window.addEventListener(name, hold(false), { signal });
  }

  get isRemoved(): boolean {
    return this.#held.signal.aborted;
  }

  remove(): void {
    this.#held.abort();
    clearTimeout(this.#timer);
    this.chart.remove();
  }

  putCandles(candles: readonly Candle[], seconds: number): void {
    const before = this.#all;
    const hadEnd = this.#part.end === before.length;
    this.#all = candles;
    this.#seconds = seconds;
    if (before.length === 0 || candles.length === 0) {
      this.#begin();
      return;
    }
    const earlier = Math.max(0, indexAt(candles, before[0]!.time));
    this.#part = { begin: this.#part.begin + earlier, end: this.#part.end + earlier };
    if (candles[this.#part.begin]?.time !== before[this.#part.begin - earlier]?.time) {
      this.#begin();
      return;
    }
    if (hadEnd) this.#follow();
    this.#placeLines();
    this.#seen();
  }

  putMarks(marks: readonly Mark[]): void {
    this.#marks = marks;
    this.#placeMarks();
  }

  putProtections(protections: readonly Protection[]): void {
    this.#protections = protections;
    this.#placeLines();
  }

  #begin(): void {
    const places = this.#all.slice(-50).reduce((most, one) => Math.max(most, one.places), 0);
    this.candles.applyOptions({ priceFormat: { type: 'price', precision: places, minMove: 10 ** -places } });
    this.#set(latestPart(this.#all.length));
    this.#placeLines();
  }

  /** Adds the candles that have come after the part, and changes its last one. */
  #follow(): void {
    for (let index = Math.max(0, this.#part.end - 1); index < this.#all.length; index += 1) {
      this.candles.update(barOf(this.#all[index]!));
      this.#volumes.update(this.#volumeOf(this.#all[index]!));
    }
    this.#part = { begin: this.#part.begin, end: this.#all.length };
  }

  #seen(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#move();
    }, SETTLED_MS);
  }

  /** Sets the part around the candles in sight, which stay where they are. */
  #move(): void {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (range === null || this.#all.length === 0) return;
    const { begin } = this.#part;
    if (begin === 0 && range.from < AHEAD) this.#latest().onStart();
    if (this.#isHeld) return;
    const part = partAround(this.#part, begin + range.from, begin + range.to, this.#all.length);
    if (part === this.#part) return;
    this.#set(part);
    const shift = begin - part.begin;
    const moved = { from: range.from + shift, to: range.to + shift };
    this.chart.timeScale().setVisibleLogicalRange(moved as LogicalRange);
  }

  #set(part: Part): void {
    this.#part = part;
    const shown = this.#all.slice(part.begin, part.end);
    this.candles.setData(shown.map(barOf));
    this.#volumes.setData(shown.map(one => this.#volumeOf(one)));
    this.#placeMarks();
  }

  #volumeOf({ time, open, close, volume }: Candle) {
    const { gain, loss } = this.#colours;
    return { time: time as UTCTimestamp, value: volume, color: faded(close < open ? loss : gain) };
  }

  /** The marks of the part: each at the candle that it belongs to. */
  #placeMarks(): void {
    const { begin, end } = this.#part;
    this.#markers.setMarkers(this.#marks.flatMap((mark, index) => {
      const candle = this.#candleOf(mark);
      if (candle === undefined || candle < begin || candle >= end) return [];
      return [{ ...markerOf(mark, this.#colours), id: String(index), time: this.#all[candle]!.time as UTCTimestamp }];
    }));
  }

  /** The index of the mark's candle. A mark that is two candles or more after the last one has none. */
  #candleOf({ kind, at }: Mark): number | undefined {
    const isSignal = kind === 'mark-taken' || kind === 'mark-skipped' || kind === 'mark-signal';
    // A signal is raised by a close, which is the open time of the next candle.
    const time = Date.parse(at) / 1_000 - (isSignal ? 0.001 : 0);
    const index = indexAt(this.#all, time);
    const candle = this.#all[index];
    if (candle === undefined) return undefined;
    return index === this.#all.length - 1 && time >= candle.time + 2 * this.#seconds ? undefined : index;
  }

  #placeLines(): void {
    const logicalAt = (time: number) => Math.max(0, indexAt(this.#all, time)) - this.#part.begin;
    this.#lines.place({ lines: linesOf(this.#protections), logicalAt });
  }
}

function barOf({ time, open, high, low, close }: Candle) {
  return { time: time as UTCTimestamp, open, high, low, close };
}

function markerOf(mark: Mark, colours: Colours) {
  const { shape, colour, text } = SHAPES[mark.kind];
  const isFill = mark.kind === 'mark-entry' || mark.kind === 'mark-exit';
  return {
    text,
    color: colours[colour],
    shape: isFill ? (mark.isUp ? 'arrowUp' as const : 'arrowDown' as const) : shape,
    position: mark.isUp === false ? 'aboveBar' as const : 'belowBar' as const,
  };
}

/** A colour `rgb(…)` or `color(…)` as the browser computes it, made transparent. */
function faded(colour: string): string {
  return colour.replace(/^rgb\((\d+), (\d+), (\d+)\)$/, 'rgba($1, $2, $3, 0.4)');
}

function coloursOf(host: HTMLElement): Colours {
  const probe = document.createElement('span');
  host.append(probe);
  const found = COLOURS.map(name => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(found) as Colours;
}

/** Changes with the theme, and with that of the system where the page follows it. */
function useShade(): string {
  const chosen = useStore(theme);
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const take = () => setDark(query.matches);
    query.addEventListener('change', take);
    return () => query.removeEventListener('change', take);
  }, []);
  return chosen === 'auto' ? String(isDark) : chosen;
}

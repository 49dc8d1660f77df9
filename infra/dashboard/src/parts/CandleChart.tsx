// Candles with marks and the lines of protective prices, drawn by lightweight-charts.
import {
  CandlestickSeries, LineSeries, LineType, createChart, createSeriesMarkers,
  type IChartApi, type ISeriesApi, type ISeriesMarkersPluginApi, type SeriesMarker, type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Candle } from '../api/candles';
import type { Protection } from '../api/marks';
import { useStore } from '../api/store';
import type { Kind, Mark } from './marks';
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

interface Drawn {
  readonly chart: IChartApi;
  readonly candles: ISeriesApi<'Candlestick'>;
  readonly markers: ISeriesMarkersPluginApi<UTCTimestamp>;
  readonly colours: Colours;
  /** A chart that was removed has no series any more. */
  isRemoved: boolean;
}

const COLOURS = ['ground', 'ink', 'soft', 'line', 'accent', 'gain', 'loss', 'warn'] as const;
type Colours = Record<(typeof COLOURS)[number], string>;

/** Further back than so many candles before the visible ones, earlier candles are read. */
const AHEAD = 100;
/** Positions whose stop and target are drawn: the latest ones. */
const MOST_LINED = 100;

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
  const latest = useRef({ onStart, onOpen, marks });
  latest.current = { onStart, onOpen, marks };

  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const made = begun(host, () => latest.current);
    setDrawn(made);
    return () => {
      setDrawn(null);
      made.isRemoved = true;
      made.chart.remove();
    };
  }, [shade]);

  useEffect(() => {
    if (drawn) put(drawn, candles);
  }, [drawn, candles]);
  useEffect(() => {
    drawn?.markers.setMarkers(markersOf(marks, seconds, candles, drawn.colours));
  }, [drawn, marks, seconds, candles]);
  useEffect(() => (drawn ? lined(drawn, protections, seconds, candles) : undefined), [drawn, protections, seconds, candles]);

  return (
    <div className="covered">
      <figure className="candles" ref={place} aria-label={label} />
      {drawn && over(drawn)}
    </div>
  );
}

function begun(host: HTMLElement, latest: () => Pick<Props, 'onStart' | 'onOpen' | 'marks'>): Drawn {
  const colours = coloursOf(host);
  const { ground, ink, line, gain, loss } = colours;
  const chart = createChart(host, {
    autoSize: true,
    layout: { background: { color: ground }, textColor: ink, attributionLogo: true },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line, timeVisible: true, minBarSpacing: 0.02 },
    localization: { locale: document.documentElement.lang },
  });
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: gain, downColor: loss, wickUpColor: gain, wickDownColor: loss, borderVisible: false,
  });
  chart.timeScale().subscribeVisibleLogicalRangeChange(range => {
    if (range !== null && range.from < AHEAD) latest().onStart();
  });
  chart.subscribeClick(({ hoveredInfo }) => {
    const mark = latest().marks[Number(hoveredInfo?.objectId ?? NaN)];
    if (mark) latest().onOpen(mark);
  });
  return { chart, candles, markers: createSeriesMarkers<UTCTimestamp>(candles as never, []), colours, isRemoved: false };
}

/** Only the last candle is changed where the others stand: setting 50,000 candles takes longer than a frame. */
function put({ candles: series }: Drawn, candles: readonly Candle[]): void {
  const standing = series.data();
  const last = candles.at(-1);
  const isNext = candles.length - standing.length <= 1 && candles.length >= standing.length && standing.length > 0;
  if (last && isNext && standing[0]?.time === timeOf(candles[0]!.openTime)) {
    series.update(bar(last));
    return;
  }
  const places = Math.max(...candles.slice(-50).map(one => (one.close.split('.')[1] ?? '').length), 0);
  series.applyOptions({ priceFormat: { type: 'price', precision: places, minMove: 10 ** -places } });
  series.setData(candles.map(bar));
}

function bar({ openTime, open, high, low, close }: Candle) {
  return { time: timeOf(openTime), open: Number(open), high: Number(high), low: Number(low), close: Number(close) };
}

function timeOf(time: string): UTCTimestamp {
  return Date.parse(time) / 1_000 as UTCTimestamp;
}

/** The open time of the last candle that opens at this time or before; undefined before the first one. */
function openAt(time: string, candles: readonly Candle[], seconds: number): UTCTimestamp | undefined {
  const at = Date.parse(time) / 1_000;
  let [low, high] = [0, candles.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(candles[middle]!.openTime) <= at) low = middle + 1;
    else high = middle;
  }
  const found = candles[low - 1];
  if (found === undefined) return undefined;
  const isLast = low === candles.length;
  return isLast && at >= timeOf(found.openTime) + 2 * seconds ? undefined : timeOf(found.openTime);
}

function markersOf(
  marks: readonly Mark[], seconds: number, candles: readonly Candle[], colours: Colours,
): SeriesMarker<UTCTimestamp>[] {
  return marks.flatMap((mark, index) => {
    const isSignal = mark.kind === 'mark-taken' || mark.kind === 'mark-skipped' || mark.kind === 'mark-signal';
    // A signal is raised by a close, which is the open time of the next candle.
    const at = isSignal ? new Date(Date.parse(mark.at) - 1).toISOString() : mark.at;
    const time = openAt(at, candles, seconds);
    if (time === undefined) return [];
    const { shape, colour, text } = SHAPES[mark.kind];
    const isFill = mark.kind === 'mark-entry' || mark.kind === 'mark-exit';
    return [{
      id: String(index),
      time,
      text,
      color: colours[colour],
      shape: isFill ? (mark.isUp ? 'arrowUp' : 'arrowDown') : shape,
      position: mark.isUp === false ? 'aboveBar' : 'belowBar',
    } satisfies SeriesMarker<UTCTimestamp>];
  });
}

/** Draws stop and target of each position; returns what removes them. */
function lined(
  drawn: Drawn, protections: readonly Protection[], seconds: number, candles: readonly Candle[],
): () => void {
  const { chart, colours } = drawn;
  const end = candles.at(-1);
  if (end === undefined) return () => {};
  const streams = new Map<string, Protection[]>();
  for (const one of protections) {
    const steps = streams.get(one.stream);
    if (steps) steps.push(one);
    else streams.set(one.stream, [one]);
  }
  const made = [...streams.values()].slice(-MOST_LINED).flatMap(steps =>
    (['stop', 'target'] as const).map(which => {
      const points = new Map<UTCTimestamp, number>();
      let price: string | null = null;
      for (const step of steps) {
        const time = openAt(step.at, candles, seconds);
        const shown: string | null = step[which] ?? price;
        if (time !== undefined && shown !== null) points.set(time, Number(shown));
        price = step[which];
      }
      if (price !== null) points.set(timeOf(end.openTime), Number(price));
      const series = chart.addSeries(LineSeries, {
        color: colours[which === 'stop' ? 'loss' : 'gain'], lineWidth: 1, lineType: LineType.WithSteps,
        priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false,
      });
      series.setData([...points].map(([time, value]) => ({ time, value })));
      return series;
    }));
  return () => {
    if (!drawn.isRemoved) made.forEach(series => chart.removeSeries(series));
  };
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

// A small series over time, drawn by uPlot, with another one to compare it with.
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import { useWords } from '../words/words';

/** Seconds since 1970 and the value, in order of time. */
export type Points = readonly (readonly [number, number])[];

export interface Line {
  readonly label: string;
  readonly points: Points;
}

/** The pixels that a date needs, and the distance to the next. */
const DATE_WIDTH = 90;

interface Props extends Line {
  readonly height?: number;
  /** Drawn at the times of the first series, with its latest value at each of them. */
  readonly other?: Line | undefined;
}

export function Curve({ label, points, height = 220, other }: Props) {
  const words = useWords();
  const time = words('time');
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = place.current;
    if (host === null || points.length < 2) return undefined;
    // The colours of the theme, as the browser computes them from the style sheet.
    const { color: accent, borderTopColor: line, outlineColor: soft } = getComputedStyle(host);
    const axis = { stroke: soft, grid: { stroke: line }, ticks: { stroke: line } };
    const plot = new UPlot(
      {
        width: host.clientWidth,
        height,
        tzDate: seconds => UPlot.tzDate(new Date(seconds * 1_000), 'UTC'),
        series: [
          { label: time, value: (_, at) => utc(at, 16) },
          { label, stroke: accent, width: 1.5 },
          ...(other ? [{ label: other.label, stroke: soft, width: 1.5, dash: [6, 4] }] : []),
        ],
        axes: [{ ...axis, space: DATE_WIDTH, values: (_, times) => times.map(tick) }, { ...axis, size: 70 }],
      },
      [points.map(one => one[0]), points.map(one => one[1]), ...(other ? [valuesAt(points, other.points)] : [])],
      host,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height }));
    watch.observe(host);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [points, label, height, other, time]);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return null;
  const range = `${utc(first[0], 16)} – ${utc(last[0], 16)}`;
  return <div className="curve" ref={place} role="img" aria-label={`${label}, ${range}`} />;
}

/** The latest value of the other series at each time; null before its first. */
function valuesAt(points: Points, other: Points): (number | null)[] {
  let next = 0;
  return points.map(([time]) => {
    while (next < other.length && other[next]![0] <= time) next += 1;
    return other[next - 1]?.[1] ?? null;
  });
}

function utc(seconds: number | null, length: number): string {
  return seconds === null ? '–' : new Date(seconds * 1_000).toISOString().slice(0, length).replace('T', ' ');
}

/** The date at midnight, else the time of day. */
function tick(seconds: number): string {
  return seconds % 86_400 === 0 ? utc(seconds, 10) : utc(seconds, 16).slice(11);
}

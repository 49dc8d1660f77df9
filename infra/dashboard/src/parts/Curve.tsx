// A small series over time, drawn by uPlot.
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

interface Props {
  readonly label: string;
  /** Seconds since 1970 and the value, in order of time. */
  readonly points: readonly (readonly [number, number])[];
  readonly height?: number;
}

export function Curve({ label, points, height = 220 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = place.current;
    if (host === null || points.length < 2) return undefined;
    const colour = (name: string) => getComputedStyle(host).getPropertyValue(name).trim();
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line') } };
    const plot = new UPlot(
      {
        width: host.clientWidth,
        height,
        tzDate: seconds => UPlot.tzDate(new Date(seconds * 1_000), 'UTC'),
        series: [{}, { label, stroke: colour('--accent'), width: 1.5 }],
        axes: [axis, { ...axis, size: 70 }],
      },
      [points.map(one => one[0]), points.map(one => one[1])],
      host,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height }));
    watch.observe(host);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [points, label, height]);
  return points.length < 2 ? null : <div className="curve" ref={place} role="img" aria-label={label} />;
}

// A small series that grows five times a second: uPlot gets its new data, and is not made anew.
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import { useStore } from '../api/store';
import { theme } from './theme';

interface Props {
  readonly label: string;
  /** Seconds since 1970, rising. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

const HEIGHT = 130;
/** The pixels that a time of day needs, and the distance to the next. */
const TIME_WIDTH = 80;

export function LiveCurve({ label, times, values }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const chosen = useStore(theme);
  const data = [[...times], [...values]] satisfies UPlot.AlignedData;
  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const { color, borderTopColor: line, outlineColor: soft } = getComputedStyle(host);
    const axis = { stroke: soft, grid: { stroke: line }, ticks: { stroke: line } };
    const made = new UPlot(
      {
        width: host.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        series: [{}, { label, stroke: color, width: 1.5 }],
        axes: [{ ...axis, space: TIME_WIDTH, values: (_, at) => at.map(timeOfDay) }, { ...axis, size: 60 }],
      },
      data,
      host,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height: HEIGHT }));
    watch.observe(host);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [label, chosen]);
  useEffect(() => plot.current?.setData(data), [times, values]);
  return <div className="curve" ref={place} role="img" aria-label={label} />;
}

function timeOfDay(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(11, 19);
}

// Stops and targets of positions as lines over a chart. They are drawn on its canvas and are no series of its own,
// because each series makes every change of the data slower.
import type {
  AutoscaleInfo, IChartApi, IPrimitivePaneView, ISeriesApi, ISeriesPrimitive, Logical, SeriesAttachedParameter, Time,
} from 'lightweight-charts';
import type { Protection } from '../api/marks';

type Target = Parameters<NonNullable<ReturnType<IPrimitivePaneView['renderer']>>['draw']>[0];

/** The prices of one stop or target: each holds from its time (seconds) to that of the next one. */
export interface ProtectionLine {
  readonly which: 'stop' | 'target';
  readonly steps: readonly { readonly time: number; readonly price: number }[];
  /** When the position closed; undefined while it is open. */
  readonly end: number | undefined;
}

export interface Placed {
  readonly lines: readonly ProtectionLine[];
  /** The place of a time (seconds) on the chart's logical axis. */
  readonly logicalAt: (time: number) => number;
}

export class ProtectionLines implements ISeriesPrimitive<Time> {
  #chart: IChartApi | undefined;
  #series: ISeriesApi<'Candlestick'> | undefined;
  #update = () => {};
  #placed: Placed = { lines: [], logicalAt: () => 0 };
  readonly #views: readonly IPrimitivePaneView[];

  constructor(colours: Readonly<Record<ProtectionLine['which'], string>>) {
    this.#views = [{ renderer: () => ({ draw: target => this.#draw(target, colours) }) }];
  }

  attached({ chart, series, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#chart = chart as IChartApi;
    this.#series = series as ISeriesApi<'Candlestick'>;
    this.#update = requestUpdate;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }

  place(placed: Placed): void {
    this.#placed = placed;
    this.#update();
  }

  /** The prices of the lines in sight belong to the visible range of prices. */
  autoscaleInfo(from: Logical, to: Logical): AutoscaleInfo | null {
    let [minValue, maxValue] = [Infinity, -Infinity];
    for (const { steps } of this.#inSight(from, to)) {
      for (const { price } of steps) {
        minValue = Math.min(minValue, price);
        maxValue = Math.max(maxValue, price);
      }
    }
    return minValue <= maxValue ? { priceRange: { minValue, maxValue } } : null;
  }

  #inSight(from: number, to: number): readonly ProtectionLine[] {
    const { lines, logicalAt } = this.#placed;
    return lines.filter(({ steps: [first], end }) =>
      first !== undefined && logicalAt(first.time) <= to && (end === undefined || logicalAt(end) >= from));
  }

  #draw(target: Target, colours: Readonly<Record<ProtectionLine['which'], string>>): void {
    const [scale, series] = [this.#chart?.timeScale(), this.#series];
    const range = scale?.getVisibleLogicalRange();
    if (!scale || !series || !range) return;
    const x = (logical: number) => scale.logicalToCoordinate(logical as Logical);
    target.useMediaCoordinateSpace(({ context }) => {
      context.lineWidth = 1;
      for (const { which, steps, end } of this.#inSight(range.from, range.to)) {
        context.strokeStyle = colours[which];
        context.beginPath();
        steps.forEach(({ time, price }, index) => {
          const next = steps[index + 1]?.time ?? end;
          const y = series.priceToCoordinate(price);
          const [left, right] = [x(this.#placed.logicalAt(time)), x(next === undefined ? range.to : this.#placed.logicalAt(next))];
          if (y === null || left === null || right === null) return;
          if (index === 0) context.moveTo(left, y);
          else context.lineTo(left, y);
          context.lineTo(right, y);
        });
        context.stroke();
      }
    });
  }
}

/** The lines of each position, from events in order of time. */
export function linesOf(protections: readonly Protection[]): readonly ProtectionLine[] {
  const streams = new Map<string, Protection[]>();
  for (const one of protections) {
    const steps = streams.get(one.stream);
    if (steps) steps.push(one);
    else streams.set(one.stream, [one]);
  }
  return [...streams.values()].flatMap(events => (['stop', 'target'] as const).flatMap(which => lineOf(events, which)));
}

/** None where the position has no such price. The last event of a closed position has none either. */
function lineOf(events: readonly Protection[], which: 'stop' | 'target'): readonly ProtectionLine[] {
  const steps = events.flatMap(({ at, [which]: price }) => (price === null ? [] : [{ time: Date.parse(at) / 1_000, price: Number(price) }]));
  const last = events.at(-1);
  const end = last && last[which] === null ? Date.parse(last.at) / 1_000 : undefined;
  return steps.length === 0 ? [] : [{ which, steps, end }];
}

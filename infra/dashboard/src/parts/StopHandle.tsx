// Handles on the stop and the target of the open positions of a chart, which move them by pointer or keyboard.
import type { ISeriesApi } from 'lightweight-charts';
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { graphql, type ResultOf } from '../api/graphql';
import { asOf } from '../api/moment';
import { moveProtection, profitAt } from '../api/protection';
import { useQuery } from '../api/query';
import { useStore } from '../api/store';
import { useMay } from '../api/viewer';
import { useWords } from '../words/words';
import { fixed, shown, tone } from './decimal';
import { confirm, isConfirming } from './Dialogue';

const HELD = graphql(`
  query HeldOnChart($account: String!, $instrument: String!, $asOf: AsOfInput) {
    positions(where: { account: $account, instrument: $instrument, status: OPEN }, first: 20, asOf: $asOf) {
      edges { node { id direction quantity averagePrice stop target } }
    }
    events(
      where: { account: $account, types: ["InstrumentListed", "InstrumentRulesChanged"], search: $instrument }
      first: 1
      asOf: $asOf
    ) {
      edges { node { json } }
    }
  }
`);

type Held = ResultOf<typeof HELD>['positions']['edges'][number]['node'];
type Which = 'stop' | 'target';

/** What the handles need of a chart: its series has the scale of prices. */
export interface Scale {
  readonly candles: ISeriesApi<'Candlestick'>;
  readonly isRemoved: boolean;
}

interface Props {
  readonly account: string;
  readonly instrument: string;
  readonly scale: Scale;
}

/** Ticks of a key; with a page key the step is one that can be seen. */
const TICKS: Readonly<Record<string, number>> = { ArrowUp: 1, ArrowDown: -1, PageUp: 100, PageDown: -100 };

export function StopHandles(props: Props) {
  const may = useMay('TRADER');
  const isPast = useStore(asOf) !== null;
  return may && !isPast ? <Handles {...props} /> : null;
}

function Handles({ account, instrument, scale }: Props) {
  const found = useQuery(HELD, { account, instrument });
  const rules = found.data?.events.edges[0]?.node.json as { readonly instrument: { readonly tick: string } } | undefined;
  if (found.data === undefined || rules === undefined) return null;
  return (
    <div className="handles">
      {found.data.positions.edges.flatMap(({ node }) => (['stop', 'target'] as const).map(which => {
        const level = node[which];
        return level === null ? null : (
          <Handle
            key={`${node.id} ${which}`}
            account={account}
            held={node}
            which={which}
            level={level}
            tick={rules.instrument.tick}
            scale={scale}
            onMoved={found.again}
          />
        );
      }))}
    </div>
  );
}

interface HandleProps {
  readonly account: string;
  readonly held: Held;
  readonly which: Which;
  readonly level: string;
  readonly tick: string;
  readonly scale: Scale;
  readonly onMoved: () => void;
}

function Handle({ account, held, which, level, tick, scale, onMoved }: HandleProps) {
  const words = useWords();
  const [moved, setMoved] = useState<string | null>(null);
  const line = useRef<HTMLDivElement>(null);
  const present = useRef(level);
  present.current = level;
  const price = moved ?? level;
  usePlace(scale, line, price);
  const isDragged = useRef(false);
  // A price that was confirmed stays until the read model has it, which may be amid the next drag.
  useEffect(() => {
    if (!isDragged.current) setMoved(null);
  }, [level]);

  const ask = (to: string) => {
    if (to === level) return setMoved(null);
    const label = which === 'stop' ? 'move-stop' : 'move-target';
    confirm({
      account,
      label,
      fields: [],
      explained: <Terms held={held} which={which} from={level} to={to} />,
      // The price may have moved since the dialogue was opened, as a trailing stop does.
      send: async request => (present.current === level
        ? moveProtection(request, held.id, { [which]: to }, label)
        : { outcome: 'refused', text: words('level-has-moved', { price: shown(present.current) }) }),
      onClose: isDone => (isDone ? onMoved() : setMoved(null)),
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const ticks = TICKS[event.key];
    if (ticks !== undefined) setMoved(stepped(Number(price), tick, ticks));
    else if (event.key === 'Enter') ask(price);
    else if (event.key === 'Escape') setMoved(null);
    else return;
    event.preventDefault();
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const frame = line.current?.parentElement;
    if (!event.currentTarget.hasPointerCapture(event.pointerId) || !frame) return;
    const at = scale.candles.coordinateToPrice(event.clientY - frame.getBoundingClientRect().top);
    if (at !== null) setMoved(stepped(at, tick, 0));
  };
  const label = words(which === 'stop' ? 'stop-of' : 'target-of', { position: held.id });
  return (
    <div ref={line} className={`level ${which}`} data-moved={moved !== null}>
      <div
        className="handle"
        role="slider"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={label}
        aria-valuenow={Number(price)}
        aria-valuetext={shown(price)}
        title={words('handle-help')}
        onKeyDown={onKeyDown}
        onBlur={() => !isConfirming() && setMoved(null)}
        onPointerDown={event => {
          isDragged.current = true;
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onPointerMove}
        onPointerUp={() => {
          isDragged.current = false;
          if (moved !== null) ask(moved);
        }}
        onPointerCancel={() => {
          isDragged.current = false;
          setMoved(null);
        }}
      >
        {words(which)} {shown(price)}
      </div>
    </div>
  );
}

function Terms({ held, which, from, to }: { readonly held: Held; readonly which: Which; readonly from: string; readonly to: string }) {
  const words = useWords();
  const [before, after] = [profitAt(from, held), profitAt(to, held)];
  return (
    <>
      <p>{words(which === 'stop' ? 'stop-of' : 'target-of', { position: held.id })}</p>
      <dl className="terms">
        <dt>{words('old-price')}</dt><dd>{shown(from)}</dd>
        <dt>{words('new-price')}</dt><dd>{shown(to)}</dd>
        <dt>{words('result-at-old')}</dt><dd className={tone(before)}>{fixed(before)}</dd>
        <dt>{words('result-at-new')}</dt><dd className={tone(after)}>{fixed(after)}</dd>
      </dl>
      <p className="note">{words('result-before-fees')}</p>
    </>
  );
}

/** The price on the tick nearest to it, some ticks further; never below one tick. */
function stepped(price: number, tick: string, ticks: number): string {
  const places = (tick.split('.')[1] ?? '').length;
  const count = Math.max(1, Math.round(price / Number(tick)) + ticks);
  return (count * Number(tick)).toFixed(places);
}

/** Keeps the line at its price while the chart is moved or scaled; at the edge where the price is outside of it. */
function usePlace(scale: Scale, line: { readonly current: HTMLDivElement | null }, price: string): void {
  const latest = useRef(price);
  latest.current = price;
  const place = useCallback(() => {
    const element = line.current;
    const height = element?.parentElement?.clientHeight;
    if (!element || !height || scale.isRemoved) return;
    const y = scale.candles.priceToCoordinate(Number(latest.current));
    element.hidden = y === null;
    if (y !== null) element.style.transform = `translateY(${Math.min(Math.max(y, 0), height)}px)`;
  }, [scale, line]);
  useEffect(place, [place, price]);
  useEffect(() => {
    const primitive = { updateAllViews: place };
    scale.candles.attachPrimitive(primitive);
    return () => {
      if (!scale.isRemoved) scale.candles.detachPrimitive(primitive);
    };
  }, [scale, place]);
}

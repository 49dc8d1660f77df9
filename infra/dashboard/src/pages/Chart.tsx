import { useMemo, useState } from 'react';
import { timeText, useCandles } from '../api/candles';
import { graphql, type ResultOf } from '../api/graphql';
import { useMarks } from '../api/marks';
import { useQuery } from '../api/query';
import { CandleChart } from '../parts/CandleChart';
import { shown } from '../parts/decimal';
import { marksOf, type Mark } from '../parts/marks';
import { Fault, Outcome } from '../parts/Outcome';
import { goTo } from '../parts/route';
import { StopHandles } from '../parts/StopHandle';
import { Table, type Column } from '../parts/Table';
import { moment } from '../parts/time';
import { useWords } from '../words/words';

const SERIES = graphql(`
  query CandleSeries {
    candleSeries { instrument interval begin end }
  }
`);
const SECONDS = { m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;
const INTERVALS = ['1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '1d'] as const;

type Series = ResultOf<typeof SERIES>['candleSeries'][number];

export function Chart({ account }: { readonly account: string }) {
  const words = useWords();
  const found = useQuery(SERIES, {});
  return (
    <Outcome of={found}>
      {({ candleSeries }) => candleSeries.length === 0
        ? <p className="empty">{words('no-candles')}</p>
        : <Chosen account={account} series={candleSeries} />}
    </Outcome>
  );
}

function Chosen({ account, series }: { readonly account: string; readonly series: readonly Series[] }) {
  const words = useWords();
  const instruments = [...new Set(series.map(one => one.instrument))];
  const [wanted, setWanted] = useState({ instrument: '', interval: '' });
  const instrument = instruments.includes(wanted.instrument) ? wanted.instrument : instruments[0] ?? '';
  const intervals = intervalsOf(series.filter(one => one.instrument === instrument));
  const interval = intervals.includes(wanted.interval) ? wanted.interval : intervals[0] ?? '';
  const choices = [
    { name: 'instrument', value: instrument, values: instruments },
    { name: 'interval', value: interval, values: intervals },
  ] as const;
  return (
    <>
      <form className="filters" onSubmit={event => event.preventDefault()}>
        {choices.map(({ name, value, values }) => (
          <label key={name}>
            {words(name)}{' '}
            <select value={value} onChange={event => setWanted({ instrument, interval, [name]: event.target.value })}>
              {values.map(one => <option key={one}>{one}</option>)}
            </select>
          </label>
        ))}
      </form>
      <Drawn account={account} instrument={instrument} interval={interval} key={`${instrument} ${interval}`} />
    </>
  );
}

const COLUMNS: readonly Column<Mark>[] = [
  { name: 'time', cell: one => moment(one.at), width: 11 },
  { name: 'mark', cell: one => <Kind of={one} />, width: 10 },
  { name: 'price', cell: one => shown(one.price), isNumber: true, width: 6 },
  { name: 'note', cell: one => <span title={one.note}>{one.note}</span>, width: 36 },
];

interface Props {
  readonly account: string;
  readonly instrument: string;
  readonly interval: string;
}

function Drawn({ account, instrument, interval }: Props) {
  const words = useWords();
  const { candles, error, hasEarlier, more } = useCandles(instrument, interval);
  const since = candles?.[0] && timeText(candles[0].time);
  const found = useMarks(account, instrument, since);
  const marks = useMemo(() => marksOf(found), [found]);
  const listed = useMemo(() => [...marks].reverse(), [marks]);
  const open = (mark: Mark) => goTo('chain', mark.id);
  return (
    <>
      {error && <Fault error={error} />}
      {found.error && <Fault error={found.error} />}
      {candles === undefined ? (
        !error && <p className="pending" role="status">{words('loading')}</p>
      ) : (
        <div className="charted">
          <div>
            <CandleChart
              label={words('chart-of', { instrument, interval })}
              candles={candles}
              seconds={secondsOf(interval)}
              marks={marks}
              protections={found.protections}
              onStart={more}
              onOpen={open}
              over={drawn => <StopHandles account={account} instrument={instrument} scale={drawn} />}
            />
            <p className="total">
              {words('candles-read', { count: candles.length, since: moment(since) })}{' '}
              {hasEarlier && <button type="button" onClick={more}>{words('earlier-candles')}</button>}
            </p>
          </div>
          <section aria-label={words('marks')}>
            <Table
              label={words('marks')}
              columns={COLUMNS}
              rows={listed}
              keyOf={one => `${one.kind} ${one.id} ${one.at} ${one.price}`}
              onOpen={open}
              height={480}
            />
            {found.isCut && <p className="note">{words('marks-cut')}</p>}
          </section>
        </div>
      )}
    </>
  );
}

/** The sign and the colour of a mark, as the chart draws it; the sign of a fill is its direction. */
const SIGNS: Readonly<Record<Mark['kind'], { readonly tone: string; readonly sign: string | null }>> = {
  'mark-signal': { tone: '', sign: '●' },
  'mark-taken': { tone: 'taken', sign: '●' },
  'mark-skipped': { tone: 'warning', sign: '●×' },
  'mark-entry': { tone: 'gain', sign: null },
  'mark-exit': { tone: 'loss', sign: null },
  'mark-stop': { tone: 'loss', sign: '■' },
};

function Kind({ of: { kind, isUp } }: { readonly of: Mark }) {
  const words = useWords();
  const { tone, sign } = SIGNS[kind];
  return <><span className={tone} aria-hidden="true">{sign ?? (isUp ? '▲' : '▼')}</span> {words(kind)}</>;
}

function secondsOf(interval: string): number {
  const unit = interval.at(-1) as keyof typeof SECONDS;
  return Number(interval.slice(0, -1)) * SECONDS[unit];
}

/** The stored intervals, and those that are built from the finest of them. */
function intervalsOf(series: readonly Series[]): readonly string[] {
  const stored = series.map(one => one.interval);
  const built = INTERVALS.filter(one => stored.some(finer => secondsOf(one) % secondsOf(finer) === 0));
  return [...new Set([...stored, ...built])].sort((one, other) => secondsOf(one) - secondsOf(other));
}

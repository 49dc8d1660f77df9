import { useMemo, useState } from 'react';
import { graphql, type ResultOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { useSeries } from '../api/series';
import { fixed, percent, shown, tone } from '../parts/decimal';
import { Calendar } from '../parts/Calendar';
import { Curve } from '../parts/Curve';
import { Figure } from '../parts/Figure';
import { Outcome } from '../parts/Outcome';
import { Table, type Column } from '../parts/Table';
import { moment } from '../parts/time';
import { useWords } from '../words/words';

const ALL = graphql(`
  query Performance($account: String!, $by: Dimension!, $asOf: AsOfInput) {
    performance(account: $account, by: $by, asOf: $asOf) {
      value trades wins losses winRate profitFactor net fees funding averageWin averageLoss largestWin largestLoss maxDrawdown
      sharpe sortino
    }
    account(account: $account, asOf: $asOf) { currency }
  }
`);
const EQUITY = graphql(`
  query Equity($account: String!, $first: Int!, $after: String, $asOf: AsOfInput) {
    equity(
      where: { account: $account, reason: MARKED }
      orderBy: RECORDED
      direction: ASC
      first: $first
      after: $after
      asOf: $asOf
    ) {
      edges { node { at equity drawdown } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const HELD = graphql(`
  query BuyAndHold($account: String!, $asOf: AsOfInput) {
    buyAndHold(account: $account, asOf: $asOf) {
      instruments { instrument pricedAt }
      values { at value }
    }
  }
`);

type Row = ResultOf<typeof ALL>['performance'][number];

const COLUMNS: readonly Column<Row>[] = [
  { name: 'value', cell: one => one.value, width: 10 },
  { name: 'trades', cell: one => one.trades, isNumber: true },
  { name: 'win-rate', cell: one => percent(one.winRate === null ? null : Number(one.winRate), 1), isNumber: true },
  { name: 'net', cell: one => <span className={tone(one.net)}>{shown(one.net, 2)}</span>, isNumber: true },
  { name: 'fees', cell: one => shown(one.fees, 2), isNumber: true },
  { name: 'profit-factor', cell: one => shown(one.profitFactor, 2), isNumber: true },
  { name: 'average-win', cell: one => shown(one.averageWin, 2), isNumber: true },
  { name: 'average-loss', cell: one => shown(one.averageLoss, 2), isNumber: true },
];
const GROUPS = { STRATEGY: 'by-strategy', INSTRUMENT: 'by-instrument', DAY: 'by-day', HOUR: 'by-hour' } as const;
type Group = keyof typeof GROUPS;

export function Performance({ account }: { readonly account: string }) {
  const words = useWords();
  const [by, setBy] = useState<Group>('STRATEGY');
  const whole = useQuery(ALL, { account, by: 'ALL' });
  const equity = useSeries(EQUITY, { account }, data => data.equity);
  return (
    <>
      <Outcome of={whole}>
        {({ performance: [all], account: of }) =>
          all === undefined ? (
            <p className="empty">{words('empty')}</p>
          ) : (
            <dl className="figures">
              <Figure name="net" value={shown(all.net, 2)} unit={of?.currency ?? ''} tone={tone(all.net)} />
              <Figure name="trades" value={String(all.trades)} />
              <Figure name="win-rate" value={percent(all.winRate === null ? null : Number(all.winRate), 1)} />
              <Figure name="profit-factor" value={shown(all.profitFactor, 2)} />
              <Figure name="sharpe" value={fixed(all.sharpe)} note={words('ratios-note')} />
              <Figure name="sortino" value={fixed(all.sortino)} note={words('ratios-note')} />
              <Figure name="fees" value={shown(all.fees, 2)} unit={of?.currency ?? ''} />
              <Figure name="funding" value={shown(all.funding, 2)} unit={of?.currency ?? ''} />
            </dl>
          )
        }
      </Outcome>
      <Outcome of={equity}>{marks => <Curves marks={marks} account={account} />}</Outcome>
      <div className="tabs" role="group">
        {(Object.keys(GROUPS) as Group[]).map(one => (
          <button key={one} type="button" aria-pressed={one === by} onClick={() => setBy(one)}>{words(GROUPS[one])}</button>
        ))}
      </div>
      <Grouped account={account} by={by} key={by} />
    </>
  );
}

/** Of one kind of group: the names of another one are no days. */
function Grouped({ account, by }: { readonly account: string; readonly by: Group }) {
  const words = useWords();
  const groups = useQuery(ALL, { account, by });
  return (
    <Outcome of={groups}>
      {({ performance }) => by === 'DAY' ? (
        <Calendar days={performance.map(({ value, net, trades }) => ({ day: value, net, trades }))} />
      ) : (
        <Table label={words(GROUPS[by])} columns={COLUMNS} rows={performance} keyOf={one => one.value} />
      )}
    </Outcome>
  );
}

type Mark = ResultOf<typeof EQUITY>['equity']['edges'][number]['node'];

function Curves({ account, marks }: { readonly account: string; readonly marks: readonly Mark[] }) {
  const words = useWords();
  const { data } = useQuery(HELD, { account }, false);
  const held = data?.buyAndHold ?? undefined;
  const label = words('buy-and-hold');
  const equity = useMemo(() => marks.map(one => [seconds(one.at), Number(one.equity ?? NaN)] as const), [marks]);
  const drawdown = useMemo(() => marks.map(one => [seconds(one.at), -100 * one.drawdown] as const), [marks]);
  const other = useMemo(
    () => held && { label, points: held.values.map(one => [seconds(one.at), Number(one.value)] as const) },
    [held, label],
  );
  return (
    <>
      <Curve label={words('equity')} points={equity} other={other} />
      {held && (
        <p className="note">
          {words('buy-and-hold-method')}{' '}
          {held.instruments.map(one => words('priced-until', { instrument: one.instrument, moment: moment(one.pricedAt) })).join(', ')}
        </p>
      )}
      <Curve label={words('drawdown-percent')} height={140} points={drawdown} />
    </>
  );
}

function seconds(time: string): number {
  return Date.parse(time) / 1_000;
}

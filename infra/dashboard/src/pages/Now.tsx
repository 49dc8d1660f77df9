import { graphql, type ResultOf } from '../api/graphql';
import { send } from '../api/mutate';
import { asOf } from '../api/moment';
import { prices } from '../api/prices';
import { moveProtection, profitAt } from '../api/protection';
import { useQuery } from '../api/query';
import { useStore } from '../api/store';
import { fixed, percent, shown, tone } from '../parts/decimal';
import { Figure } from '../parts/Figure';
import { Outcome } from '../parts/Outcome';
import { Request } from '../parts/Request';
import { goTo } from '../parts/route';
import { Table, type Column } from '../parts/Table';
import { age, moment } from '../parts/time';
import { useNow } from '../parts/useNow';
import { useWords } from '../words/words';

const NOW = graphql(`
  query Now($account: String!, $asOf: AsOfInput) {
    account(account: $account, asOf: $asOf) {
      currency equity balance unrealised dayRealised exposure openRisk reserved drawdown maxDrawdown equityAt
    }
    tradingStates(account: $account, asOf: $asOf) { isHalted reasons killSwitch }
    positions(where: { account: $account, status: OPEN }, first: 200, asOf: $asOf) {
      edges { node { id instrument direction quantity averagePrice stop target net owner openedAt } }
    }
  }
`);
const NOTICES = graphql(`
  query Notices {
    notices { id severity kind line count at }
  }
`);

const CLOSE = graphql(`
  mutation Close($request: RequestInput!, $position: String!, $reason: String!) {
    closePosition(request: $request, position: $position, reason: $reason) {
      __typename
      ... on Completed { note }
      ... on Refused { reason }
      ... on TimedOut { known }
    }
  }
`);

type Held = ResultOf<typeof NOW>['positions']['edges'][number]['node'];

export function Now({ account }: { readonly account: string }) {
  const words = useWords();
  const found = useQuery(NOW, { account });
  return (
    <Outcome of={found}>
      {({ account: one, tradingStates, positions }) => (
        <>
          {tradingStates.filter(state => state.isHalted).map(state => (
            <p key="halted" className="halted" role="alert">
              <strong>{words('halted')}</strong> {state.reasons.join(', ')} {state.killSwitch}
            </p>
          ))}
          {one && (
            <dl className="figures">
              <Figure name="equity" value={shown(one.equity, 2)} unit={one.currency} note={moment(one.equityAt)} />
              <Figure name="pnl-today" value={shown(one.dayRealised, 2)} unit={one.currency} tone={tone(one.dayRealised)} />
              <Figure name="unrealised" value={shown(one.unrealised, 2)} unit={one.currency} tone={tone(one.unrealised)} />
              <Figure name="balance" value={shown(one.balance, 2)} unit={one.currency} />
              <Figure name="exposure" value={shown(one.exposure, 2)} unit={one.currency} />
              <Figure name="open-risk" value={shown(one.openRisk, 2)} unit={one.currency} />
              <Figure name="drawdown" value={percent(one.drawdown)} />
              <Figure name="largest-drawdown" value={percent(one.maxDrawdown)} />
            </dl>
          )}
          <h2>{words('open-positions')}</h2>
          <Open account={account} positions={positions.edges.map(edge => edge.node)} />
          <h2>{words('alerts')}</h2>
          <Notices />
        </>
      )}
    </Outcome>
  );
}

function Open({ account, positions }: { readonly account: string; readonly positions: readonly Held[] }) {
  const words = useWords();
  const last = useStore(prices);
  const isPast = useStore(asOf) !== null;
  const now = useNow(1_000);
  const priceOf = (held: Held) => (isPast ? undefined : last.get(held.instrument));
  const columns: readonly Column<Held>[] = [
    { name: 'instrument', cell: one => one.instrument, width: 12 },
    { name: 'direction', cell: one => <Direction of={one.direction} />, width: 4 },
    { name: 'quantity', cell: one => shown(one.quantity), isNumber: true },
    { name: 'average-price', cell: one => shown(one.averagePrice), isNumber: true, width: 7 },
    { name: 'price', cell: one => shown(priceOf(one)?.price), isNumber: true },
    { name: 'price-age', cell: one => <Age at={priceOf(one)?.at} now={now} />, isNumber: true },
    { name: 'profit', cell: one => <Profit of={one} price={priceOf(one)?.price} />, isNumber: true },
    { name: 'stop', cell: one => shown(one.stop), isNumber: true },
    { name: 'to-stop', cell: one => distance(priceOf(one)?.price, one.stop), isNumber: true },
    { name: 'target', cell: one => shown(one.target), isNumber: true },
    { name: 'to-target', cell: one => distance(priceOf(one)?.price, one.target), isNumber: true },
    { name: 'owner', cell: one => one.owner, width: 7 },
    { name: 'actions', cell: one => !isPast && <Actions account={account} of={one} />, width: 17 },
  ];
  if (positions.length === 0) return <p className="empty">{words('no-positions')}</p>;
  const isUnpriced = positions.some(one => priceOf(one) === undefined);
  return (
    <>
      <Table
        label={words('open-positions')}
        columns={columns}
        rows={positions}
        keyOf={one => one.id}
        onOpen={one => goTo('chain', one.id)}
      />
      {isUnpriced && <p className="note">{words(isPast ? 'no-past-price' : 'no-price')}</p>}
    </>
  );
}

export function Direction({ of }: { readonly of: 'LONG' | 'SHORT' }) {
  const words = useWords();
  const isLong = of === 'LONG';
  return <span className={isLong ? 'gain' : 'loss'}>{words(isLong ? 'long' : 'short')}</span>;
}

function Age({ at, now }: { readonly at: string | undefined; readonly now: number }) {
  const words = useWords();
  return <>{at === undefined ? '–' : age(now - Date.parse(at), words)}</>;
}

function Profit({ of, price }: { readonly of: Held; readonly price: string | undefined }) {
  if (price === undefined) return <>–</>;
  const profit = profitAt(price, of);
  return <span className={tone(profit)}>{fixed(profit)}</span>;
}

function distance(price: string | undefined, level: string | null): string {
  return price === undefined || level === null ? '–' : percent(Math.abs(Number(level) / Number(price) - 1));
}

function Notices() {
  const words = useWords();
  const found = useQuery(NOTICES, {});
  return (
    <Outcome of={found}>
      {({ notices }) =>
        notices.length === 0 ? (
          <p className="empty">{words('no-alerts')}</p>
        ) : (
          <ul className="notices">
            {notices.map(one => (
              <li key={one.id} className={one.severity.toLowerCase()}>
                <time dateTime={one.at}>{moment(one.at)}</time> <strong>{one.kind}</strong> {one.line}
                {one.count > 1 && ` × ${one.count}`}
              </li>
            ))}
          </ul>
        )
      }
    </Outcome>
  );
}

function Actions({ account, of }: { readonly account: string; readonly of: Held }) {
  const words = useWords();
  return (
    <>
      <Request
        account={account}
        label="move-protection"
        least="TRADER"
        fields={[
          { name: 'stop', kind: 'decimal', value: of.stop ?? '', isOptional: true },
          { name: 'target', kind: 'decimal', value: of.target ?? '', isOptional: true },
        ]}
        explained={words('move-protection-explained', { position: of.id })}
        send={(request, { stop, target }) =>
          moveProtection(request, of.id, { stop: changed(stop, of.stop), target: changed(target, of.target) })}
      />{' '}
      <Request
        account={account}
        label="close-position"
        least="TRADER"
        isGrave
        fields={[{ name: 'reason', kind: 'text' }]}
        explained={words('close-position-explained', { position: of.id, quantity: shown(of.quantity) })}
        send={(request, { reason = '' }) => send(CLOSE, { request, position: of.id, reason })}
      />
    </>
  );
}

/** The typed value; null, which leaves the value as it is, for an empty or an equal one. */
function changed(typed: string | undefined, before: string | null): string | null {
  return !typed || typed === before ? null : typed;
}

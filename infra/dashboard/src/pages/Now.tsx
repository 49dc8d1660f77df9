import { useMemo } from 'react';
import { graphql, type ResultOf } from '../api/graphql';
import { send } from '../api/mutate';
import { asOf } from '../api/moment';
import { priced, usePrice, type Price } from '../api/prices';
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
              <Figure
                name="unrealised"
                value={shown(one.unrealised, 2)}
                unit={one.currency}
                note={moment(one.equityAt)}
                tone={tone(one.unrealised)}
              />
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
  const columns = useMemo(() => columnsOf(account), [account]);
  const known = useStore(priced);
  const isPast = useStore(asOf) !== null;
  if (positions.length === 0) return <p className="empty">{words('no-positions')}</p>;
  const isUnpriced = isPast || positions.some(one => !known.includes(one.instrument));
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

/** A price renders the cells that show it alone. */
function columnsOf(account: string): readonly Column<Held>[] {
  return [
    { name: 'instrument', cell: one => one.instrument, width: 12 },
    { name: 'direction', cell: one => <Direction of={one.direction} /> },
    { name: 'quantity', cell: one => shown(one.quantity), isNumber: true },
    { name: 'average-price', cell: one => shown(one.averagePrice), isNumber: true, width: 7 },
    { name: 'price', cell: one => <LastPrice of={one} />, isNumber: true },
    { name: 'price-age', cell: one => <Age of={one} />, isNumber: true },
    { name: 'profit', cell: one => <Profit of={one} />, isNumber: true },
    { name: 'actions', cell: one => <Actions account={account} of={one} />, width: 17 },
    { name: 'stop', cell: one => shown(one.stop), isNumber: true },
    { name: 'to-stop', cell: one => <Distance of={one} to={one.stop} />, isNumber: true },
    { name: 'target', cell: one => shown(one.target), isNumber: true },
    { name: 'to-target', cell: one => <Distance of={one} to={one.target} />, isNumber: true },
    { name: 'owner', cell: one => one.owner, width: 7 },
  ];
}

export function Direction({ of }: { readonly of: 'LONG' | 'SHORT' }) {
  const words = useWords();
  const isLong = of === 'LONG';
  return <span className={isLong ? 'gain' : 'loss'}>{words(isLong ? 'long' : 'short')}</span>;
}

/** The last price of the position's instrument; none where a past moment is shown. */
function useHeldPrice({ instrument }: Held): Price | undefined {
  const price = usePrice(instrument);
  return useStore(asOf) === null ? price : undefined;
}

function LastPrice({ of }: { readonly of: Held }) {
  return <>{shown(useHeldPrice(of)?.price)}</>;
}

function Age({ of }: { readonly of: Held }) {
  const words = useWords();
  const at = useHeldPrice(of)?.at;
  const now = useNow(1_000);
  return <>{at === undefined ? '–' : age(now - Date.parse(at), words)}</>;
}

function Profit({ of }: { readonly of: Held }) {
  const price = useHeldPrice(of)?.price;
  if (price === undefined) return <>–</>;
  const profit = profitAt(price, of);
  return <span className={tone(profit)}>{fixed(profit)}</span>;
}

function Distance({ of, to }: { readonly of: Held; readonly to: string | null }) {
  const price = useHeldPrice(of)?.price;
  return <>{price === undefined || to === null ? '–' : percent(Math.abs(Number(to) / Number(price) - 1))}</>;
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
  if (useStore(asOf) !== null) return null;
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
          moveProtection(request, of.id, { stop: changed(stop, of.stop), target: changed(target, of.target) }, 'move-protection')}
      />{' '}
      <Request
        account={account}
        label="close-position"
        least="TRADER"
        isGrave
        fields={[{ name: 'reason', kind: 'text' }]}
        explained={words('close-position-explained', { position: of.id, quantity: shown(of.quantity) })}
        send={(request, { reason = '' }) => send(CLOSE, { request, position: of.id, reason }, 'close-position')}
      />
    </>
  );
}

/** The typed value; null, which leaves the value as it is, for an empty or an equal one. */
function changed(typed: string | undefined, before: string | null): string | null {
  return !typed || typed === before ? null : typed;
}

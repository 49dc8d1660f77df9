import { graphql, type ResultOf } from '../api/graphql';
import { live } from '../api/live';
import { useQuery } from '../api/query';
import { useStore } from '../api/store';
import { Outcome } from '../parts/Outcome';
import { Table, type Column } from '../parts/Table';
import { moment } from '../parts/time';
import { useWords } from '../words/words';

const SYSTEM = graphql(`
  query System($account: String!, $asOf: AsOfInput) {
    processes { id state reason role name host pid version startedAt announcedAt ordinal behind }
    projections { name build kind status ordinal parkedEvents parkedSequences }
    deadLetters(first: 50) { id source receivedAt reason state }
    tradingStates(account: $account, asOf: $asOf) {
      reconciling comparedAt openDiscrepancies paused breakers { service mode since reason }
    }
  }
`);

type Found = ResultOf<typeof SYSTEM>;

const PROCESSES: readonly Column<Found['processes'][number]>[] = [
  { name: 'process', cell: one => [one.role ?? one.id, one.name].filter(Boolean).join(' '), width: 12 },
  { name: 'status', cell: one => <span className={isWell(one.state) ? '' : 'critical'}>{one.state}</span> },
  { name: 'host', cell: one => one.host !== null && `${one.host} ${one.pid}` },
  { name: 'version', cell: one => one.version },
  { name: 'started-at', cell: one => one.startedAt !== null && moment(one.startedAt), width: 11 },
  { name: 'announced-at', cell: one => one.announcedAt !== null && moment(one.announcedAt), width: 11 },
  { name: 'ordinal', cell: one => one.ordinal ?? '–', isNumber: true },
  { name: 'behind', cell: one => one.behind ?? '–', isNumber: true },
  { name: 'reason', cell: one => one.reason, width: 24 },
];
const BUILDS: readonly Column<Found['projections'][number]>[] = [
  { name: 'read-models', cell: one => one.name, width: 9 },
  { name: 'build', cell: one => `${one.build} ${one.kind}`, width: 7 },
  { name: 'status', cell: one => one.status },
  { name: 'ordinal', cell: one => one.ordinal, isNumber: true },
  { name: 'behind', cell: one => <Behind ordinal={one.ordinal} />, isNumber: true },
  { name: 'parked', cell: one => one.parkedEvents, isNumber: true },
];
const LETTERS: readonly Column<Found['deadLetters'][number]>[] = [
  { name: 'time', cell: one => moment(one.receivedAt), width: 11 },
  { name: 'source', cell: one => one.source },
  { name: 'status', cell: one => one.state },
  { name: 'reason', cell: one => one.reason, width: 30 },
];

export function System({ account }: { readonly account: string }) {
  const words = useWords();
  const found = useQuery(SYSTEM, { account });
  return (
    <Outcome of={found}>
      {({ processes, projections, deadLetters, tradingStates }) => (
        <>
          <h2>{words('processes')}</h2>
          <Table label={words('processes')} columns={PROCESSES} rows={processes} keyOf={one => one.id} />
          <h2>{words('read-models')}</h2>
          <Table label={words('read-models')} columns={BUILDS} rows={projections} keyOf={one => `${one.name} ${one.build}`} />
          <h2>{words('breakers')}</h2>
          {tradingStates.every(state => state.breakers.length === 0) && <p className="empty">{words('no-breakers')}</p>}
          <ul>
            {tradingStates.flatMap(state => state.breakers).map(one => (
              <li key={one.service} className={one.mode === 'CLOSED' ? '' : 'critical'}>
                {one.service}: {one.mode} {one.mode !== 'CLOSED' && `${moment(one.since)} ${one.reason}`}
              </li>
            ))}
          </ul>
          <h2>{words('dead-letters')}</h2>
          {deadLetters.length === 0 ? (
            <p className="empty">{words('no-dead-letters')}</p>
          ) : (
            <Table label={words('dead-letters')} columns={LETTERS} rows={deadLetters} keyOf={one => one.id} />
          )}
        </>
      )}
    </Outcome>
  );
}

function isWell(state: Found['processes'][number]['state']) {
  return state === 'HEALTHY' || state === 'ENDED';
}

function Behind({ ordinal }: { readonly ordinal: number }) {
  const head = useStore(live).ordinal;
  return <>{head === null ? '–' : Math.max(0, head - ordinal)}</>;
}

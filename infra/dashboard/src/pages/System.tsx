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
    projections { name build kind status ordinal parkedEvents parkedSequences }
    deadLetters(first: 50) { id source receivedAt reason state }
    tradingStates(account: $account, asOf: $asOf) {
      reconciling comparedAt openDiscrepancies paused breakers { service mode since reason }
    }
  }
`);

type Found = ResultOf<typeof SYSTEM>;

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
      {({ projections, deadLetters, tradingStates }) => (
        <>
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

function Behind({ ordinal }: { readonly ordinal: number }) {
  const head = useStore(live).ordinal;
  return <>{head === null ? '–' : Math.max(0, head - ordinal)}</>;
}

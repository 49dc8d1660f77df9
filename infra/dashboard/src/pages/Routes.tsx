// The signals that were routed to other engines; a part of the page of decisions, absent from a log without routes.
import { useState } from 'react';
import { graphql, type ResultOf } from '../api/graphql';
import { usePages } from '../api/pages';
import { Choice } from '../parts/Choice';
import { shown } from '../parts/decimal';
import { List } from '../parts/List';
import { Fault } from '../parts/Outcome';
import { goTo } from '../parts/route';
import type { Column } from '../parts/Table';
import { moment } from '../parts/time';
import { useWords } from '../words/words';
import { Direction } from './Now';

const ROUTES = graphql(`
  query Routes($account: String!, $state: RouteState, $first: Int, $after: String, $skip: Int!, $isCounted: Boolean!, $asOf: AsOfInput) {
    routes(where: { account: $account, state: $state }, first: $first, after: $after, skip: $skip, asOf: $asOf) {
      edges {
        node { chainId owner proposed instrument direction intent price state isOpen reasons endReason routedAt endedAt }
      }
      pageInfo { hasNextPage endCursor }
      totalCount @include(if: $isCounted)
    }
  }
`);

type Row = ResultOf<typeof ROUTES>['routes']['edges'][number]['node'];

const STATES = ['UNANSWERED', 'TAKEN', 'REFUSED', 'ENDED', 'ENDED_BY_PERSON'] as const;
const COLUMNS: readonly Column<Row>[] = [
  { name: 'routed', cell: one => moment(one.routedAt), width: 11 },
  { name: 'state', cell: one => one.state, width: 11 },
  { name: 'routed-to', cell: one => one.instrument, width: 13.5 },
  { name: 'intent', cell: one => one.intent, width: 4 },
  { name: 'direction', cell: one => <Direction of={one.direction} /> },
  { name: 'owner', cell: one => one.owner, width: 7 },
  { name: 'price', cell: one => shown(one.price), isNumber: true },
  { name: 'reasons', cell: one => <span title={why(one)}>{why(one) || '–'}</span>, width: 16 },
  { name: 'route-over', cell: one => (one.endedAt === null ? '–' : moment(one.endedAt)), width: 11 },
  { name: 'proposed-in', cell: one => one.proposed, width: 12 },
];

export function Routes({ account }: { readonly account: string }) {
  const words = useWords();
  const [state, setState] = useState('');
  const found = usePages(ROUTES, { account, state: STATES.find(one => one === state) ?? null }, data => data.routes);
  if (found.error) return <Fault error={found.error} />;
  if (state === '' && !found.data?.length) return null;
  return (
    <section aria-label={words('routes')}>
      <h2>{words('routes')}</h2>
      <form className="filters" onSubmit={event => event.preventDefault()}>
        <Choice label="filter-route" value={state} choices={STATES} onChange={setState} />
      </form>
      <List
        label={words('routes')}
        of={found}
        columns={COLUMNS}
        keyOf={one => one.chainId}
        onOpen={one => goTo('chain', one.chainId)}
      />
    </section>
  );
}

/** The reason of the person who has ended it, or those of the other engine. */
function why(one: Row): string {
  return one.endReason ?? one.reasons.join(', ');
}

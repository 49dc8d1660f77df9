import { useState } from 'react';
import { graphql, type ResultOf } from '../api/graphql';
import { usePages } from '../api/pages';
import { Choice } from '../parts/Choice';
import { shown, tone } from '../parts/decimal';
import { List } from '../parts/List';
import { goTo } from '../parts/route';
import type { Column } from '../parts/Table';
import { moment } from '../parts/time';
import { useWords } from '../words/words';
import { Direction } from './Now';

const POSITIONS = graphql(`
  query Positions($account: String!, $status: PositionStatus, $first: Int, $after: String, $skip: Int!, $isCounted: Boolean!, $asOf: AsOfInput) {
    positions(where: { account: $account, status: $status }, first: $first, after: $after, skip: $skip, asOf: $asOf) {
      edges {
        node {
          id instrument direction status maxQuantity averagePrice net fees funding exit closeReason owner openedAt closedAt
        }
      }
      pageInfo { hasNextPage endCursor }
      totalCount @include(if: $isCounted)
    }
  }
`);

type Row = ResultOf<typeof POSITIONS>['positions']['edges'][number]['node'];

const COLUMNS: readonly Column<Row>[] = [
  { name: 'instrument', cell: one => one.instrument, width: 12 },
  { name: 'direction', cell: one => <Direction of={one.direction} /> },
  { name: 'net', cell: one => <span className={tone(one.net)}>{shown(one.net, 4)}</span>, isNumber: true },
  { name: 'reason', cell: one => one.exit ?? one.closeReason ?? '–', width: 7 },
  { name: 'opened', cell: one => moment(one.openedAt), width: 11 },
  { name: 'closed', cell: one => moment(one.closedAt), width: 11 },
  { name: 'quantity', cell: one => shown(one.maxQuantity), isNumber: true },
  { name: 'average-price', cell: one => shown(one.averagePrice), isNumber: true, width: 7 },
  { name: 'fees', cell: one => shown(one.fees, 4), isNumber: true },
  { name: 'funding', cell: one => shown(one.funding, 4), isNumber: true },
  { name: 'owner', cell: one => one.owner, width: 7 },
];
const STATUSES = ['OPEN', 'CLOSED'] as const;

export function Positions({ account }: { readonly account: string }) {
  const words = useWords();
  const [status, setStatus] = useState('');
  const found = usePages(
    POSITIONS,
    { account, status: STATUSES.find(one => one === status) ?? null },
    data => data.positions,
  );
  return (
    <>
      <form className="filters" onSubmit={event => event.preventDefault()}>
        <Choice label="filter-status" value={status} choices={STATUSES} onChange={setStatus} />
      </form>
      <List
        label={words('page-positions')}
        of={found}
        columns={COLUMNS}
        keyOf={one => one.id}
        onOpen={one => goTo('chain', one.id)}
      />
    </>
  );
}

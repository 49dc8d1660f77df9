import { useState } from 'react';
import { graphql, type ResultOf } from '../api/graphql';
import { usePages } from '../api/pages';
import { Choice } from '../parts/Choice';
import { shown } from '../parts/decimal';
import { List } from '../parts/List';
import { goTo } from '../parts/route';
import type { Column } from '../parts/Table';
import { moment } from '../parts/time';
import { useWords } from '../words/words';

const ORDERS = graphql(`
  query Orders($account: String!, $status: [OrderStatus!], $first: Int, $after: String, $skip: Int!, $isCounted: Boolean!, $asOf: AsOfInput) {
    orders(where: { account: $account, status: $status }, first: $first, after: $after, skip: $skip, asOf: $asOf) {
      edges {
        node {
          id instrument side type purpose status reason quantity filled limitPrice triggerPrice averagePrice fees feeCurrency
          actor placedAt
        }
      }
      pageInfo { hasNextPage endCursor }
      totalCount @include(if: $isCounted)
    }
  }
`);

type Row = ResultOf<typeof ORDERS>['orders']['edges'][number]['node'];

const COLUMNS: readonly Column<Row>[] = [
  { name: 'placed', cell: one => moment(one.placedAt), width: 11 },
  { name: 'instrument', cell: one => one.instrument, width: 12 },
  { name: 'side', cell: one => <span className={one.side === 'BUY' ? 'gain' : 'loss'}>{one.side}</span>, width: 3.5 },
  { name: 'type', cell: one => one.type, width: 7 },
  { name: 'purpose', cell: one => one.purpose, width: 6 },
  { name: 'status', cell: one => one.status, width: 9 },
  { name: 'quantity', cell: one => shown(one.quantity), isNumber: true },
  { name: 'filled', cell: one => shown(one.filled), isNumber: true },
  { name: 'limit-price', cell: one => shown(one.limitPrice), isNumber: true },
  { name: 'trigger-price', cell: one => shown(one.triggerPrice), isNumber: true },
  { name: 'average-price', cell: one => shown(one.averagePrice), isNumber: true },
  { name: 'fees', cell: one => `${shown(one.fees, 4)} ${one.feeCurrency}`, isNumber: true, width: 8 },
  { name: 'reason', cell: one => one.reason || '–', width: 9 },
];
const STATUSES = [
  'PLACED', 'SUBMITTED', 'ACCEPTED', 'TRIGGERED', 'PARTIALLY_FILLED', 'CANCEL_REQUESTED', 'AMEND_REQUESTED',
  'OUTCOME_UNKNOWN', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'DENIED',
] as const;

export function Orders({ account }: { readonly account: string }) {
  const words = useWords();
  const [status, setStatus] = useState('');
  const chosen = STATUSES.find(one => one === status);
  const found = usePages(ORDERS, { account, status: chosen ? [chosen] : null }, data => data.orders);
  return (
    <>
      <form className="filters" onSubmit={event => event.preventDefault()}>
        <Choice label="filter-status" value={status} choices={STATUSES} onChange={setStatus} />
      </form>
      <List
        label={words('page-orders')}
        of={found}
        columns={COLUMNS}
        keyOf={one => one.id}
        onOpen={one => goTo('chain', one.id)}
      />
    </>
  );
}

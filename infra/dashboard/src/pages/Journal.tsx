import { useState } from 'react';
import { graphql, type ResultOf } from '../api/graphql';
import { usePages } from '../api/pages';
import { List } from '../parts/List';
import { goTo } from '../parts/route';
import type { Column } from '../parts/Table';
import { moment } from '../parts/time';
import { useWords } from '../words/words';

const JOURNAL = graphql(`
  query Journal($account: String!, $search: String, $noun: String, $first: Int, $after: String, $skip: Int!, $isCounted: Boolean!, $asOf: AsOfInput) {
    journal(where: { account: $account, search: $search, noun: $noun }, first: $first, after: $after, skip: $skip, asOf: $asOf) {
      edges { node { ordinal id type line actor occurredAt } }
      pageInfo { hasNextPage endCursor }
      totalCount @include(if: $isCounted)
    }
  }
`);

type Row = ResultOf<typeof JOURNAL>['journal']['edges'][number]['node'];

const COLUMNS: readonly Column<Row>[] = [
  { name: 'event', cell: one => one.ordinal, isNumber: true, width: 4.5 },
  { name: 'time', cell: one => moment(one.occurredAt), width: 11 },
  { name: 'type', cell: one => one.type.split('.').at(-1), width: 10 },
  { name: 'line', cell: one => one.line, width: 40 },
  { name: 'actor', cell: one => one.actor, width: 7 },
];

export function Journal({ account }: { readonly account: string }) {
  const words = useWords();
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState('');
  const found = usePages(JOURNAL, { account, search: search || null, noun: null }, data => data.journal);
  return (
    <>
      <form
        className="filters"
        role="search"
        onSubmit={event => {
          event.preventDefault();
          setSearch(typed);
        }}
      >
        <label>
          {words('search')}{' '}
          <input type="search" value={typed} placeholder={words('search-help')} onChange={event => setTyped(event.target.value)} />
        </label>
        <button type="submit">{words('find')}</button>
      </form>
      <List
        label={words('page-journal')}
        of={found}
        columns={COLUMNS}
        keyOf={one => one.id}
        onOpen={one => goTo('chain', one.id)}
      />
    </>
  );
}

// A list that is read page by page. New events do not move the rows that are on the screen: the list says that it is old.
import type { AnyVariables, CombinedError, OperationResult, TypedDocumentNode } from '@urql/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import { client } from './client';
import { asOf } from './moment';
import { useStore } from './store';

interface Connection<Row> {
  readonly edges: readonly { readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

export interface Pages<Row> {
  readonly data: readonly Row[] | undefined;
  readonly total: number;
  readonly error: CombinedError | undefined;
  readonly pending: boolean;
  readonly more: () => void;
  readonly again: () => void;
  /** Every row of the list, also those that are not shown yet. Rejects with the error of the API. */
  readonly all: () => Promise<readonly Row[]>;
}

const SIZE = 200;

/** The document has the variables `first`, `after` and `asOf`; `list` takes its connection from the response. */
export function usePages<Data, Variables extends AnyVariables, Row>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'first' | 'after' | 'asOf'>,
  list: (data: Data) => Connection<Row>,
): Pages<Row> {
  const moment = useStore(asOf);
  const [state, setState] = useState<Omit<Pages<Row>, 'more' | 'again' | 'all'>>({
    data: undefined, total: 0, error: undefined, pending: true,
  });
  const [round, setRound] = useState(0);
  const next = useRef<string | null>(null);
  const wanted = useRef(0);
  const busy = useRef(false);
  const key = JSON.stringify([variables, moment, round]);

  const read = useCallback((after: string | null) => {
    const turn = wanted.current;
    busy.current = true;
    const given = { ...variables, first: SIZE, after, asOf: moment } as unknown as Variables;
    void client.query(document, given).toPromise().then(({ data, error }) => {
      if (turn !== wanted.current) return;
      busy.current = false;
      const found = data && list(data);
      next.current = found?.pageInfo.hasNextPage ? found.pageInfo.endCursor : null;
      setState(before => ({
        data: found ? [...(after === null ? [] : before.data ?? []), ...found.edges.map(edge => edge.node)] : before.data,
        total: found?.totalCount ?? before.total,
        error,
        pending: false,
      }));
    });
  }, [key]);

  useEffect(() => {
    wanted.current += 1;
    next.current = null;
    setState(before => ({ ...before, pending: true }));
    read(null);
  }, [key]);

  return {
    ...state,
    more: () => {
      if (next.current !== null && !busy.current) read(next.current);
    },
    again: () => setRound(before => before + 1),
    all: async () => {
      const rows: Row[] = [];
      let after: string | null = null;
      do {
        const given = { ...variables, first: SIZE, after, asOf: moment } as unknown as Variables;
        const answer: OperationResult<Data> = await client.query(document, given).toPromise();
        if (!answer.data) throw answer.error ?? new Error('the API returned nothing');
        const { edges, pageInfo } = list(answer.data);
        for (const { node } of edges) rows.push(node);
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      } while (after !== null);
      return rows;
    },
  };
}

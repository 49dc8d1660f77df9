// All rows of a list from the oldest one on. While the page is live, only the rows after the last one are read again.
import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useEffect, useState } from 'react';
import { client } from './client';
import { live, news } from './live';
import { asOf } from './moment';
import type { Queried } from './query';
import { useStore } from './store';

interface Connection<Row> {
  readonly edges: readonly { readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const SIZE = 200;
const LEAST_MS = 2_000;

/**
 * The document has the variables `first`, `after` and `asOf` and lists in the order of recording; `list` takes its
 * connection from the response.
 */
export function useSeries<Data, Variables extends AnyVariables, Row>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'first' | 'after' | 'asOf'>,
  list: (data: Data) => Connection<Row>,
): Queried<readonly Row[]> {
  const moment = useStore(asOf);
  const [state, setState] = useState<Omit<Queried<readonly Row[]>, 'again' | 'isOld'>>({
    data: undefined, error: undefined, pending: true,
  });
  const [round, setRound] = useState(0);
  const key = JSON.stringify([variables, moment]);

  useEffect(() => {
    let wanted = true;
    let busy = false;
    let after: string | null = null;
    let seen = news();
    let rows: readonly Row[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;

    const read = async (): Promise<void> => {
      busy = true;
      for (let isMore = true; isMore && wanted;) {
        const given = { ...variables, first: SIZE, after, asOf: moment } as unknown as Variables;
        const { data, error } = await client.query(document, given).toPromise();
        if (!wanted) return;
        const found = data && list(data);
        rows = [...rows, ...(found?.edges ?? []).map(edge => edge.node)];
        after = found?.pageInfo.endCursor ?? after;
        isMore = error === undefined && (found?.pageInfo.hasNextPage ?? false);
        setState({ data: found || rows.length > 0 ? rows : undefined, error, pending: isMore });
      }
      busy = false;
      // What came meanwhile may be the last news for hours.
      look();
    };
    const look = () => {
      if (!wanted || moment !== null || busy || timer !== undefined || news() === seen) return;
      seen = news();
      timer = setTimeout(() => {
        timer = undefined;
        void read();
      }, LEAST_MS);
    };
    const stop = live.observe(look);
    setState({ data: undefined, error: undefined, pending: true });
    void read();
    return () => {
      wanted = false;
      clearTimeout(timer);
      stop();
    };
  }, [document, key, round]);

  return { ...state, isOld: false, again: () => setRound(before => before + 1) };
}

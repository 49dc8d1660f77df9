// A list that is read page by page. New events do not move the rows that are on the screen: the list says that it is old.
import type { AnyVariables, CombinedError, TypedDocumentNode } from '@urql/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { client } from './client';
import { live } from './live';
import { asOf } from './moment';
import { ListReader, SIZE, type Connection, type Found, type Rows, type Wanted } from './rows';
import { useStore, type Store } from './store';

export interface Pages<Row> {
  /** All rows of the list, of which those near the rows in sight are read. Undefined before the first page. */
  readonly data: Rows<Row> | undefined;
  readonly error: CombinedError | undefined;
  /** Whether the rows are those of the filter or the moment before. */
  readonly isOld: boolean;
  /** The first and the last index of the rows in sight. */
  readonly inSight: Store<readonly [number, number]>;
  /** Called with the first and the last index of the rows in sight. */
  readonly show: (first: number, last: number) => void;
  readonly again: () => void;
  /** Every row of the list. Rejects with the error of the API. */
  readonly all: () => Promise<readonly Row[]>;
}

/**
 * The document has the variables `first`, `after`, `skip`, `isCounted` and `asOf`, and `totalCount` where it is counted;
 * `list` takes its connection from the response.
 */
export function usePages<Data, Variables extends AnyVariables, Row>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, keyof Wanted | 'asOf'>,
  list: (data: Data) => Connection<Row>,
): Pages<Row> {
  const moment = useStore(asOf);
  const [round, setRound] = useState(0);
  const key = JSON.stringify([variables, moment, round]);
  const read = async (wanted: Wanted): Promise<Found<Row>> => {
    const given = { ...variables, ...wanted, asOf: moment } as unknown as Variables;
    const { data, error } = await client.query(document, given).toPromise();
    return { list: data && list(data), error };
  };
  const reader = useMemo(() => new ListReader(read), [document, key]);
  useEffect(() => {
    reader.begin();
    let { returns } = live.value;
    const stop = live.observe(() => {
      if (live.value.returns === returns) return;
      returns = live.value.returns;
      reader.resume();
    });
    return () => {
      stop();
      reader.close();
    };
  }, [reader]);

  const { rows, error } = useStore(reader.state);
  // The rows of the list before stay in sight until those of the next one, or its error, are there.
  const before = useRef(rows);
  if (rows !== undefined || error !== undefined) before.current = rows;
  return {
    data: rows ?? before.current,
    error,
    isOld: rows === undefined && error === undefined && before.current !== undefined,
    inSight: reader.inSight,
    show: (first, last) => reader.show(first, last),
    again: () => setRound(value => value + 1),
    all: () => allOf(read),
  };
}

async function allOf<Row>(read: (wanted: Wanted) => Promise<Found<Row>>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  do {
    const { list, error }: Found<Row> = await read({ first: SIZE, after, skip: 0, isCounted: false });
    if (list === undefined) throw error ?? new Error('the API returned nothing');
    for (const { node } of list.edges) rows.push(node);
    after = list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null;
  } while (after !== null);
  return rows;
}

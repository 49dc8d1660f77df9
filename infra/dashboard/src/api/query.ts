// A query whose result is kept while it is requested again: at every change of its variables, and while the page is live
// at most once in two seconds after new events.
import type { AnyVariables, CombinedError, TypedDocumentNode } from '@urql/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { client } from './client';
import { live } from './live';
import { asOf } from './moment';
import { useStore } from './store';

export interface Queried<Data> {
  readonly data: Data | undefined;
  readonly error: CombinedError | undefined;
  readonly pending: boolean;
  readonly again: () => void;
}

const LEAST_MS = 2_000;

/** The variables get `asOf` of the whole page, which every query of the dashboard has. */
export function useQuery<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'asOf'>,
  isLive = true,
): Queried<Data> {
  const moment = useStore(asOf);
  const key = JSON.stringify([variables, moment]);
  const [state, setState] = useState<Omit<Queried<Data>, 'again'>>({ data: undefined, error: undefined, pending: true });
  const [round, setRound] = useState(0);
  const last = useRef(0);

  useEffect(() => {
    let wanted = true;
    setState(before => ({ ...before, pending: true }));
    last.current = Date.now();
    const given = { ...variables, asOf: moment } as unknown as Variables;
    void client.query(document, given, { requestPolicy: 'network-only' }).toPromise().then(({ data, error }) => {
      if (wanted) setState(before => ({ data: data ?? (error ? before.data : undefined), error, pending: false }));
    });
    return () => void (wanted = false);
  }, [document, key, round]);

  useEffect(() => {
    if (!isLive || moment !== null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ordinal = live.value.ordinal;
    const stop = live.observe(() => {
      if (live.value.ordinal === ordinal || timer !== undefined) return;
      ordinal = live.value.ordinal;
      timer = setTimeout(() => {
        timer = undefined;
        setRound(before => before + 1);
      }, Math.max(0, last.current + LEAST_MS - Date.now()));
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [isLive, moment]);

  return useMemo(() => ({ ...state, again: () => setRound(before => before + 1) }), [state]);
}

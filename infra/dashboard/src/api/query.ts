// A query whose result is kept while it is requested again: at every change of its variables, and while the page is live
// at most once in two seconds after new events. Of the same variables one request is on its way at a time: where the API
// is slower than events arrive, each response is shown, and the next request follows it.
import type { AnyVariables, CombinedError, TypedDocumentNode } from '@urql/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { client } from './client';
import { live, news } from './live';
import { asOf } from './moment';
import { useStore } from './store';

export interface Queried<Data> {
  readonly data: Data | undefined;
  readonly error: CombinedError | undefined;
  readonly pending: boolean;
  /** Whether the data is that of other variables or another moment, whose response is awaited. */
  readonly isOld: boolean;
  readonly again: () => void;
}

interface State<Data> extends Omit<Queried<Data>, 'again' | 'isOld'> {
  /** The variables that the data is of. */
  readonly key: string;
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
  const [state, setState] = useState<State<Data>>({ data: undefined, error: undefined, pending: true, key });
  const [again, setAgain] = useState(0);
  const round = useRounds(isLive && moment === null);

  const read = useOneAtATime(async isWanted => {
    setState(before => ({ ...before, pending: true }));
    const given = { ...variables, asOf: moment } as unknown as Variables;
    const { data, error } = await client.query(document, given, { requestPolicy: 'network-only' }).toPromise();
    // After an error the data before stays, but only where it is that of the same account and moment.
    if (isWanted()) setState(before => ({ data: data ?? (before.key === key ? before.data : undefined), error, pending: false, key }));
  }, [document, key]);
  useEffect(read, [read, round, again]);

  const isOld = state.key !== key && state.data !== undefined;
  return useMemo(() => ({ ...state, isOld, again: () => setAgain(before => before + 1) }), [state, isOld]);
}

/**
 * A function that runs `work`, and once more after it where it was called meanwhile. With other `of`, what is on its way is
 * no longer wanted.
 */
export function useOneAtATime(work: (isWanted: () => boolean) => Promise<void>, of: readonly unknown[]): () => void {
  const current = useMemo(() => new OneAtATime(work), of);
  useEffect(() => {
    current.isWanted = true;
    return () => void (current.isWanted = false);
  }, [current]);
  return current.run;
}

class OneAtATime {
  isWanted = true;
  #isBusy = false;
  #isDue = false;
  readonly #work: (isWanted: () => boolean) => Promise<void>;

  constructor(work: (isWanted: () => boolean) => Promise<void>) {
    this.#work = work;
  }

  readonly run = (): void => {
    this.#isDue = true;
    if (!this.#isBusy) void this.#repeat();
  };

  async #repeat(): Promise<void> {
    this.#isBusy = true;
    while (this.#isDue && this.isWanted) {
      this.#isDue = false;
      await this.#work(() => this.isWanted);
    }
    this.#isBusy = false;
  }
}

/**
 * A number that changes when queries include new events or when the connection is back, at most once in two seconds; at rest
 * it stays.
 */
export function useRounds(isLive = true): number {
  const [round, setRound] = useState(0);
  const last = useRef(Date.now());
  useEffect(() => {
    if (!isLive) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let seen = news();
    const stop = live.observe(() => {
      if (news() === seen || timer !== undefined) return;
      seen = news();
      timer = setTimeout(() => {
        timer = undefined;
        last.current = Date.now();
        setRound(before => before + 1);
      }, Math.max(0, last.current + LEAST_MS - Date.now()));
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [isLive]);
  return round;
}

// What the log has of an instrument since a time: signals with their decisions, fills, and the stops of its positions.
import type { AnyVariables, CombinedError, TypedDocumentNode } from '@urql/core';
import { useEffect, useRef, useState } from 'react';
import { client } from './client';
import { graphql, type ResultOf } from './graphql';
import { live } from './live';
import { asOf } from './moment';
import { useStore } from './store';

const SIGNALS = graphql(`
  query ChartSignals($account: String!, $instrument: String!, $since: DateTime, $after: String, $asOf: AsOfInput) {
    signals(where: { account: $account, instrument: $instrument, since: $since }, first: 200, after: $after, asOf: $asOf) {
      edges { node { id strategy direction intent price candleClosedAt verdict reasons } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
const FILLS = graphql(`
  query ChartFills($account: String!, $instrument: String!, $since: DateTime, $after: String, $asOf: AsOfInput) {
    fills(where: { account: $account, instrument: $instrument, since: $since }, first: 200, after: $after, asOf: $asOf) {
      edges { node { executionId orderId side purpose price quantity at } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
const PROTECTION = graphql(`
  query ChartProtection($account: String!, $types: [String!], $since: DateTime, $after: String, $asOf: AsOfInput) {
    events(where: { account: $account, noun: "position", types: $types, since: $since }, first: 200, after: $after, asOf: $asOf) {
      edges { node { id type stream occurredAt json } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
const TYPES = ['PositionOpened', 'ProtectionMoved', 'PositionClosed'];
const MOST_PAGES = 25;
const LEAST_MS = 2_000;

export type Signal = ResultOf<typeof SIGNALS>['signals']['edges'][number]['node'];
export type Fill = ResultOf<typeof FILLS>['fills']['edges'][number]['node'];

/** The protective prices of a position from `at` on, by its stream; both null from its close on. */
export interface Protection {
  readonly id: string;
  readonly stream: string;
  readonly at: string;
  readonly isMove: boolean;
  readonly stop: string | null;
  readonly target: string | null;
}

export interface Marks {
  /** In order of time. */
  readonly signals: readonly Signal[];
  readonly fills: readonly Fill[];
  readonly protections: readonly Protection[];
  readonly error: CombinedError | undefined;
  /** Whether there are older ones than were read. */
  readonly isCut: boolean;
}

export const NO_MARKS: Marks = { signals: [], fills: [], protections: [], error: undefined, isCut: false };

/** Read again at a change, and while the page is live at most once in two seconds after new events. */
export function useMarks(account: string, instrument: string, since: string | undefined): Marks {
  const moment = useStore(asOf);
  const [marks, setMarks] = useState(NO_MARKS);
  const [round, setRound] = useState(0);
  const last = useRef(0);

  useEffect(() => {
    if (since === undefined) {
      setMarks(NO_MARKS);
      return undefined;
    }
    let isWanted = true;
    last.current = Date.now();
    const given = { account, instrument, since, asOf: moment };
    void Promise.all([
      readAll(SIGNALS, given, data => data.signals),
      readAll(FILLS, given, data => data.fills),
      readAll(PROTECTION, { account, types: TYPES, since, asOf: moment }, data => data.events),
    ]).then(([signals, fills, events]) => {
      if (!isWanted) return;
      const own = `position-${account}-${instrument}-`;
      setMarks({
        signals: signals.rows,
        fills: fills.rows,
        protections: events.rows.filter(one => one.stream.startsWith(own)).map(protection),
        error: signals.error ?? fills.error ?? events.error,
        isCut: signals.isCut || fills.isCut || events.isCut,
      });
    });
    return () => void (isWanted = false);
  }, [account, instrument, since, JSON.stringify(moment), round]);

  useEffect(() => {
    if (moment !== null) return undefined;
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
  }, [moment]);
  return marks;
}

interface Connection<Row> {
  readonly edges: readonly { readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface Read<Row> {
  readonly rows: readonly Row[];
  readonly error: CombinedError | undefined;
  readonly isCut: boolean;
}

/** All rows of a list, which the API returns latest first; here in order of time. */
async function readAll<Data, Variables extends AnyVariables, Row>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  list: (data: Data) => Connection<Row>,
): Promise<Read<Row>> {
  const rows: Row[] = [];
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { data, error } = await client.query(document, { ...variables, after } as unknown as Variables).toPromise();
    if (data === undefined) return { rows: rows.reverse(), error, isCut: true };
    const { edges, pageInfo } = list(data);
    rows.push(...edges.map(edge => edge.node));
    if (!pageInfo.hasNextPage) return { rows: rows.reverse(), error, isCut: false };
    after = pageInfo.endCursor;
  }
  return { rows: rows.reverse(), error: undefined, isCut: true };
}

type ProtectionEvent = ResultOf<typeof PROTECTION>['events']['edges'][number]['node'];

function protection(event: ProtectionEvent): Protection {
  const { stop = null, target = null } = event.json as { stop?: string | null; target?: string | null };
  const isClosed = event.type.endsWith('PositionClosed');
  return {
    id: event.id,
    stream: event.stream,
    at: event.occurredAt,
    isMove: event.type.endsWith('ProtectionMoved'),
    stop: isClosed ? null : stop,
    target: isClosed ? null : target,
  };
}

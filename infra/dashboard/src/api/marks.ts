// What the log has of an instrument since a time: signals with their decisions, fills, and the stops of its positions.
// Each is read once: earlier ones when the time moves back, later ones when new events have come.
import type { AnyVariables, CombinedError, TypedDocumentNode } from '@urql/core';
import { useEffect, useMemo } from 'react';
import { client } from './client';
import { graphql, type ResultOf } from './graphql';
import { live, news } from './live';
import { asOf, type Moment } from './moment';
import { Store, useStore } from './store';

const SIGNALS = graphql(`
  query ChartSignals(
    $account: String!, $instrument: String!, $since: DateTime, $before: DateTime, $afterOrdinal: Ordinal, $after: String,
    $asOf: AsOfInput
  ) {
    signals(
      where: { account: $account, instrument: $instrument, since: $since, before: $before, afterOrdinal: $afterOrdinal },
      first: 200, after: $after, asOf: $asOf
    ) {
      edges { node { id ordinal strategy direction intent price candleClosedAt verdict reasons } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
const FILLS = graphql(`
  query ChartFills(
    $account: String!, $instrument: String!, $since: DateTime, $before: DateTime, $afterOrdinal: Ordinal, $after: String,
    $asOf: AsOfInput
  ) {
    fills(
      where: { account: $account, instrument: $instrument, since: $since, before: $before, afterOrdinal: $afterOrdinal },
      first: 200, after: $after, asOf: $asOf
    ) {
      edges { node { ordinal executionId orderId side purpose price quantity at } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
const PROTECTION = graphql(`
  query ChartProtection(
    $account: String!, $types: [String!], $since: DateTime, $before: DateTime, $afterOrdinal: Ordinal, $after: String,
    $asOf: AsOfInput
  ) {
    events(
      where: {
        account: $account, noun: "position", types: $types, since: $since, before: $before, afterOrdinal: $afterOrdinal
      },
      first: 200, after: $after, asOf: $asOf
    ) {
      edges { node { id ordinal type stream occurredAt json } }
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
  readonly ordinal: number;
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

/** While the page is live, new ones are read at most once in two seconds after new events. */
export function useMarks(account: string, instrument: string, since: string | undefined): Marks {
  const moment = useStore(asOf);
  const reader = useMemo(
    () => new MarksReader(account, instrument, moment), [account, instrument, JSON.stringify(moment)],
  );
  useEffect(() => () => reader.close(), [reader]);
  useEffect(() => void (since === undefined || reader.reach(since)), [reader, since]);
  useEffect(() => {
    if (moment !== null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let seen = news();
    const stop = live.observe(() => {
      if (news() === seen || timer !== undefined) return;
      seen = news();
      timer = setTimeout(() => {
        timer = undefined;
        reader.follow();
      }, LEAST_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [reader]);
  return useStore(reader.state);
}

/** Earlier ones than those that are there, or those that were recorded or decided since. */
interface Slice {
  readonly since: string;
  readonly before: string | null;
  readonly isNew: boolean;
}

class MarksReader {
  readonly state = new Store<Marks>(NO_MARKS);
  readonly #given: { readonly account: string; readonly asOf: Moment | null };
  readonly #instrument: string;
  #since: string | undefined;
  #isClosed = false;
  /** Slices of earlier ones that an error has left out; they are read again with the next new ones. */
  #missing: readonly Slice[] = [];
  /** One slice is read after the other, so that each one adds to the ones before. */
  #last: Promise<void> = Promise.resolve();

  constructor(account: string, instrument: string, moment: Moment | null) {
    this.#given = { account, asOf: moment };
    this.#instrument = instrument;
  }

  reach(since: string): void {
    const before = this.#since;
    if (before !== undefined && since >= before) return;
    this.#since = since;
    this.#add({ since, before: before ?? null, isNew: false });
  }

  follow(): void {
    const since = this.#since;
    const missing = this.#missing;
    this.#missing = [];
    missing.forEach(slice => this.#add(slice));
    if (since !== undefined) this.#add({ since, before: null, isNew: true });
  }

  close(): void {
    this.#isClosed = true;
  }

  #add(slice: Slice): void {
    this.#last = this.#last.then(() => (this.#isClosed ? undefined : this.#read(slice)));
  }

  async #read(slice: Slice): Promise<void> {
    const { account } = this.#given;
    const { since, before, isNew } = slice;
    const given = { ...this.#given, since, before };
    const own = { ...given, instrument: this.#instrument };
    const known = this.state.value;
    // Each list has a read model of its own, which may be behind the others.
    const after = (ordinal: number) => (isNew ? ordinal : null);
    const [signals, fills, events] = await Promise.all([
      readAll(SIGNALS, { ...own, afterOrdinal: after(decided(known.signals)) }, data => data.signals),
      readAll(FILLS, { ...own, afterOrdinal: after(latest(known.fills)) }, data => data.fills),
      readAll(PROTECTION, { ...given, afterOrdinal: after(latest(known.protections)), types: TYPES }, data => data.events),
    ]);
    if (this.#isClosed) return;
    const error = signals.error ?? fills.error ?? events.error;
    if (error && !isNew) this.#missing = [...this.#missing, slice];
    const stream = `position-${account}-${this.#instrument}-`;
    const protections = events.rows.filter(one => one.stream.startsWith(stream)).map(protection);
    const there = this.state.value;
    this.state.set({
      signals: merged(there.signals, signals.rows),
      fills: merged(there.fills, fills.rows),
      protections: merged(there.protections, protections),
      error,
      isCut: there.isCut || signals.isCut || fills.isCut || events.isCut,
    });
  }
}

interface Placed {
  readonly ordinal: number;
}

/** In the order of the log; a row that is read again replaces the one before. */
function merged<Row extends Placed>(there: readonly Row[], read: readonly Row[]): readonly Row[] {
  if (read.length === 0) return there;
  const rows = new Map([...there, ...read].map(one => [one.ordinal, one]));
  return [...rows.values()].sort((one, other) => one.ordinal - other.ordinal);
}

function latest(rows: readonly Placed[]): number {
  return rows.at(-1)?.ordinal ?? 0;
}

/** The ordinal up to which no signal changes any more: one that is not decided yet is read again. */
function decided(signals: readonly Signal[]): number {
  const undecided = signals.find(one => one.verdict === null);
  return undecided ? undecided.ordinal - 1 : latest(signals);
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
    ordinal: event.ordinal,
    stream: event.stream,
    at: event.occurredAt,
    isMove: event.type.endsWith('ProtectionMoved'),
    stop: isClosed ? null : stop,
    target: isClosed ? null : target,
  };
}

// A live book from its subscription, and what was seen of it since the page was opened.
import type { CombinedError } from '@urql/core';
import { useEffect, useRef, useState } from 'react';
import { client, socket } from './client';
import { onceAFrame } from './frame';
import { graphql, type ResultOf } from './graphql';
import { asOf } from './moment';
import { print } from './print';
import { useStore } from './store';

const BOOK = graphql(`
  subscription Book($instrument: String!, $levels: Int!) {
    book(instrument: $instrument, levels: $levels) {
      instrument readAt isKnown why age gaps updateId
      bids { price size }
      asks { price size }
      figures(names: ["spread", "imbalance_5", "imbalance_20", "microprice", "ofi", "depth_bid", "depth_ask"]) { name value units }
      walls { side price size strength seconds }
      trades { id side price size at }
      suspicions { episode kind side score lowest highest firstAt at walls { price size placedAt withdrawnAt score } }
    }
  }
`);
// A subscription is refused without a word about networks; the query states the reason as every other one of the page.
const REASON = graphql(`
  query BookReason($instrument: String!) {
    book(instrument: $instrument, levels: 1) { isKnown }
  }
`);
const AGAIN_MS = 2_000;
/** After a refusal: its reason rarely goes away by itself. */
const REFUSED_MS = 10_000;
/** Looks that are kept for the heat map and the series: two minutes of five a second. */
export const KEPT = 600;

export type Book = ResultOf<typeof BOOK>['book'];
export type Suspicion = Book['suspicions'][number];

/** One look for the drawings. Where the book was not known, there are no levels and all figures are null. */
export interface Look {
  /** In seconds since 1970. */
  readonly at: number;
  readonly bids: readonly (readonly [price: number, size: number])[];
  readonly asks: readonly (readonly [price: number, size: number])[];
  readonly imbalance: number | null;
  readonly microprice: number | null;
}

export interface Watched {
  readonly book: Book | undefined;
  /** The last known book; shown greyed while the book is not known. */
  readonly known: Book | undefined;
  readonly looks: readonly Look[];
  readonly error: CombinedError | undefined;
}

const NOTHING: Watched = { book: undefined, known: undefined, looks: [], error: undefined };

/** Nothing is subscribed where the instrument is empty, or while the page shows the past. */
export function useBook(instrument: string, levels: number): Watched {
  const moment = useStore(asOf);
  const [state, setState] = useState(NOTHING);
  const current = useRef(state);
  const isLive = instrument !== '' && moment === null;

  useEffect(() => {
    const change = (next: Watched) => {
      current.current = next;
      setState(next);
    };
    change(NOTHING);
    if (!isLive) return undefined;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop = () => {};
    const arrived: Book[] = [];
    const show = onceAFrame(() => {
      const last = arrived.at(-1);
      if (isOver || last === undefined) return;
      const looks = [...current.current.looks, ...arrived.splice(0).map(lookAt)].slice(-KEPT);
      change({ book: last, known: last.isKnown ? last : current.current.known, looks, error: undefined });
    });
    const cut = () => {
      if (isOver) return;
      void client.query(REASON, { instrument }).toPromise().then(({ error }) => {
        if (isOver) return;
        if (error) change({ ...current.current, error });
        timer = setTimeout(begin, error ? REFUSED_MS : AGAIN_MS);
      });
    };
    const begin = () => {
      stop = socket.subscribe<{ book: Book }>(
        { query: print(BOOK), variables: { instrument, levels } },
        {
          next: ({ data }) => {
            if (!data) return;
            arrived.push(data.book);
            show();
          },
          error: cut,
          complete: cut,
        },
      );
    };
    begin();
    return () => {
      isOver = true;
      clearTimeout(timer);
      stop();
    };
  }, [instrument, levels, isLive]);
  return state;
}

export function figure(book: Book | undefined, name: string): number | null {
  return book?.figures.find(one => one.name === name)?.value ?? null;
}

function lookAt(book: Book): Look {
  return {
    at: Date.parse(book.readAt) / 1_000,
    bids: book.bids.map(one => [Number(one.price), Number(one.size)] as const),
    asks: book.asks.map(one => [Number(one.price), Number(one.size)] as const),
    imbalance: figure(book, 'imbalance_5'),
    microprice: figure(book, 'microprice'),
  };
}

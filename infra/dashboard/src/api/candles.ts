// The candles of one instrument and interval: pages that are read back in time, and each new candle as it closes.
import type { CombinedError } from '@urql/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import { client, socket } from './client';
import { onceAFrame } from './frame';
import { graphql, type ResultOf } from './graphql';
import { asOf } from './moment';
import { print } from './print';
import { useStore } from './store';

const CANDLES = graphql(`
  query Candles($instrument: String!, $interval: String!, $before: DateTime, $first: Int!, $asOf: AsOfInput) {
    candles(instrument: $instrument, interval: $interval, before: $before, first: $first, asOf: $asOf) {
      candles { openTime open high low close volume }
      hasEarlier
    }
  }
`);
const NEW_CANDLES = graphql(`
  subscription NewCandles($instrument: String!, $interval: String!) {
    candles(instrument: $instrument, interval: $interval) { openTime open high low close volume }
  }
`);
const SIZE = 1_000;
const AGAIN_MS = 2_000;

type Sent = ResultOf<typeof CANDLES>['candles']['candles'][number];

interface Page {
  readonly page: ResultOf<typeof CANDLES>['candles'] | undefined;
  readonly error: CombinedError | undefined;
}

/** A candle as it is drawn: read from its exact decimals once, when it arrives. */
export interface Candle {
  /** When it opens, in seconds since 1970. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Digits after the point of its close. */
  readonly places: number;
}

export interface Candles {
  /** In order of time; undefined before the first page. */
  readonly candles: readonly Candle[] | undefined;
  readonly error: CombinedError | undefined;
  readonly hasEarlier: boolean;
  readonly more: () => void;
}

type State = Omit<Candles, 'more'>;

const NOTHING: State = { candles: undefined, error: undefined, hasEarlier: false };

/** Nothing is read where the instrument is empty. */
export function useCandles(instrument: string, interval: string): Candles {
  const moment = useStore(asOf);
  const [state, setState] = useState(NOTHING);
  const current = useRef(state);
  const busy = useRef(false);
  const turn = useRef(0);
  const key = JSON.stringify([instrument, interval, moment]);
  const change = useCallback((next: State) => {
    current.current = next;
    setState(next);
  }, []);

  const pageOf = useCallback(async (before: string | null): Promise<Page> => {
    const given = { instrument, interval, before, first: SIZE, asOf: moment };
    const { data, error } = await client.query(CANDLES, given).toPromise();
    return { page: data?.candles, error };
  }, [key]);

  const read = useCallback((before: string | null) => {
    const wanted = turn.current;
    busy.current = true;
    void pageOf(before).then(({ page, error }) => {
      if (wanted !== turn.current) return;
      busy.current = false;
      const later = before === null ? [] : current.current.candles ?? [];
      change({
        candles: page ? [...page.candles.map(candleOf).reverse(), ...later] : current.current.candles,
        hasEarlier: page?.hasEarlier ?? current.current.hasEarlier,
        error,
      });
    });
  }, [key]);

  /** The latest candles back to the last one that is there, before which those that are there stay. */
  const catchUp = useCallback(async () => {
    const wanted = turn.current;
    const there = current.current.candles;
    const last = there?.at(-1);
    if (there === undefined || last === undefined) return read(null);
    const found: Candle[] = [];
    for (let before: string | null = null, isMore = true; isMore;) {
      const { page, error }: Page = await pageOf(before);
      if (wanted !== turn.current) return undefined;
      if (!page) return change({ ...current.current, error });
      const read = page.candles.map(candleOf).reverse();
      found.unshift(...read);
      before = read[0] ? timeText(read[0].time) : null;
      isMore = page.hasEarlier && read[0] !== undefined && read[0].time > last.time;
    }
    const begin = found[0]?.time ?? Infinity;
    // Earlier ones may have been read meanwhile, and new ones may have come.
    const [older, newer] = halves(current.current.candles ?? [], begin);
    const latest = found.at(-1)?.time ?? -Infinity;
    change({ ...current.current, candles: [...older, ...found, ...newer.filter(one => one.time > latest)], error: undefined });
    return undefined;
  }, [key]);

  useEffect(() => {
    turn.current += 1;
    change(NOTHING);
    if (!instrument) return undefined;
    read(null);
    if (moment !== null) return undefined;
    const waiting: Candle[] = [];
    const show = onceAFrame(() => {
      const { candles } = current.current;
      const arrived = waiting.splice(0);
      if (candles && turn.current === own) change({ ...current.current, candles: arrived.reduce(added, candles) });
    });
    const own = turn.current;
    return followed(instrument, interval, sent => {
      waiting.push(candleOf(sent));
      show();
    }, () => void catchUp());
  }, [key]);

  const more = useCallback(() => {
    const [first] = current.current.candles ?? [];
    if (first && current.current.hasEarlier && !busy.current) read(timeText(first.time));
  }, [read]);
  return { ...state, more };
}

export function timeText(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

function candleOf({ openTime, open, high, low, close, volume }: Sent): Candle {
  return {
    time: Date.parse(openTime) / 1_000,
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: Number(volume),
    places: (close.split('.')[1] ?? '').length,
  };
}

/** Those before the time, and the others. */
function halves(candles: readonly Candle[], time: number): readonly [readonly Candle[], readonly Candle[]] {
  const found = candles.findIndex(one => one.time >= time);
  const at = found < 0 ? candles.length : found;
  return [candles.slice(0, at), candles.slice(at)];
}

/** The candle at the end, or in the place of the one that opened at the same time. */
function added(candles: readonly Candle[], candle: Candle): readonly Candle[] {
  const last = candles.at(-1);
  if (last === undefined || candle.time > last.time) return [...candles, candle];
  return candle.time === last.time ? [...candles.slice(0, -1), candle] : candles;
}

/** After a cut the latest candles are read again, because some may have closed meanwhile. Returns what ends it. */
function followed(
  instrument: string, interval: string, take: (candle: Sent) => void, again: () => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end = () => {};
  const begin = () => {
    const cut = () => {
      timer = setTimeout(() => {
        again();
        begin();
      }, AGAIN_MS);
    };
    let isOver = false;
    const stop = socket.subscribe<{ candles: Sent }>(
      { query: print(NEW_CANDLES), variables: { instrument, interval } },
      {
        next: ({ data }) => void (data && take(data.candles)),
        error: () => void (isOver || cut()),
        complete: () => void (isOver || cut()),
      },
    );
    end = () => {
      isOver = true;
      stop();
    };
  };
  begin();
  return () => {
    clearTimeout(timer);
    end();
  };
}

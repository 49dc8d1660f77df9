// The last price of each instrument, shown once a frame.
import { useSyncExternalStore } from 'react';
import { socket } from './client';
import { onceAFrame } from './frame';
import { graphql } from './graphql';
import { heard } from './live';
import { print } from './print';
import { Store } from './store';

export interface Price {
  readonly price: string;
  readonly at: string;
}

const PRICES = graphql(`
  subscription Prices {
    prices { instrument price at }
  }
`);

export const prices = new Store<ReadonlyMap<string, Price>>(new Map());
/** The instruments that have a price, by name. It changes with a new instrument, not with a price. */
export const priced = new Store<readonly string[]>([]);

/** The instrument's last price. The component is rendered again when this price changes, and at no other. */
export function usePrice(instrument: string): Price | undefined {
  return useSyncExternalStore(prices.observe, () => prices.value.get(instrument));
}

export function followPrices(): void {
  socket.subscribe<{ prices: { instrument: string; price: string; at: string } }>(
    { query: print(PRICES) },
    {
      next: ({ data }) => {
        if (data) take(data.prices.instrument, { price: data.prices.price, at: data.prices.at });
      },
      error: again,
      complete: again,
    },
  );
}

function again(): void {
  setTimeout(followPrices, 2_000);
}

const waiting = new Map<string, Price>();
const show = onceAFrame(() => {
  const shown = new Map([...prices.value, ...waiting]);
  waiting.clear();
  prices.set(shown);
  if (shown.size !== priced.value.length) priced.set([...shown.keys()].sort());
});

function take(instrument: string, seen: Price): void {
  heard();
  waiting.set(instrument, seen);
  show();
}

// The last price of each instrument. Prices arrive faster than a screen can show them, so they are shown once a frame.
import { socket } from './client';
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

let waiting: Map<string, Price> | null = null;

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

function take(instrument: string, seen: Price): void {
  heard();
  if (waiting === null) {
    waiting = new Map(prices.value);
    requestAnimationFrame(() => {
      if (waiting !== null) prices.set(waiting);
      waiting = null;
    });
  }
  waiting.set(instrument, seen);
}

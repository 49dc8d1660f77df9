// Queries and mutations over HTTP, subscriptions over graphql-transport-ws.
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { GRAPHQL, socketAddress } from './addresses';
import { takeTime } from './clock';
import { authorization } from './session';

export type Connection = 'connecting' | 'live' | 'cut';

const observers = new Set<(state: Connection) => void>();

export function onConnection(observe: (state: Connection) => void): () => void {
  observers.add(observe);
  return () => void observers.delete(observe);
}

/** A connection whose pings stay without a response for so long is given up: nothing else ends a silent one for minutes. */
const SILENT_MS = 10_000;
let silence: ReturnType<typeof setTimeout> | undefined;

function awaitPong(): void {
  clearTimeout(silence);
  silence = setTimeout(() => socket.terminate(), SILENT_MS);
}

const signs = new Set<() => void>();

/** Calls `observe` at each response to a ping. */
export function onSign(observe: () => void): void {
  signs.add(observe);
}

const report = (state: Connection) => () => observers.forEach(observe => observe(state));

// A subscription that is cut is begun again by its owner, which knows the last ordinal: see `live.ts`.
export const socket = createClient({
  url: socketAddress,
  connectionParams: authorization,
  retryAttempts: 0,
  keepAlive: 10_000,
  lazyCloseTimeout: 1_000,
  on: {
    connecting: report('connecting'),
    connected: report('live'),
    closed: () => {
      clearTimeout(silence);
      report('cut')();
    },
    ping: isReceived => void (isReceived || awaitPong()),
    pong: isReceived => {
      if (!isReceived) return;
      clearTimeout(silence);
      signs.forEach(observe => observe());
    },
  },
});

async function timed(...given: Parameters<typeof fetch>): Promise<Response> {
  const sent = Date.now();
  const response = await fetch(...given);
  takeTime(response.headers.get('date'), sent, Date.now());
  return response;
}

export const client = new Client({
  url: GRAPHQL.href,
  fetch: timed,
  preferGetMethod: false,
  requestPolicy: 'network-only',
  fetchOptions: () => ({ headers: authorization(), credentials: 'omit', redirect: 'error' }),
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: sink => ({ unsubscribe: socket.subscribe({ query, variables: variables as never }, sink as never) }),
      }),
    }),
  ],
});

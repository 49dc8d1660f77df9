// The page's connection to its API: queries over HTTP, subscriptions over graphql-transport-ws, both at GraphQL's
// address beside the page. The token is kept only in this variable, not in storage or a URL, and is lost with the page.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';

const address = new URL('graphql', location.href);

let token = '';

export function takeToken(words) {
  token = words.trim().replace(/^bearer\s+/i, '');
}

function authorization() {
  return token ? { authorization: `Bearer ${token}` } : {};
}

function ask(url, init) {
  const headers = { ...init.headers, ...authorization() };
  return fetch(url, { ...init, headers, credentials: 'omit', redirect: 'error' });
}

function socketAddress() {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${address.host}${address.pathname}`;
}

export const fetcher = createGraphiQLFetcher({
  url: address.pathname,
  fetch: ask,
  enableIncrementalDelivery: false,
  wsClient: createClient({ url: socketAddress, connectionParams: authorization, retryAttempts: 3 }),
});

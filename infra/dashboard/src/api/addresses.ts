// The addresses of the API, relative to the page, so that a proxy may add a prefix to both.
const base = new URL('.', document.baseURI);

export const GRAPHQL = new URL('graphql', base);

export function socketAddress(): string {
  const address = new URL(GRAPHQL);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

/** The key of a value in the browser's storage, which the pages of every prefix of one host share. */
export function storageKey(name: string): string {
  return base.pathname === '/' ? `whence.${name}` : `whence.${name} ${base.pathname}`;
}

// The token of this tab. It is kept in the session's storage, which ends with the tab, and never in an address.
import { storageKey } from './addresses';

const KEY = storageKey('token');

/** What a field for a token takes: a header can have no other characters, and every request would fail with them. */
export const TOKEN = String.raw`\s*([Bb]earer\s+)?[!-~]+\s*`;

export function token(): string {
  return sessionStorage.getItem(KEY) ?? '';
}

export function keepToken(words: string): void {
  const bare = words.trim().replace(/^bearer\s+/i, '');
  if (bare) sessionStorage.setItem(KEY, bare);
  else sessionStorage.removeItem(KEY);
}

export function authorization(): Record<string, string> {
  const held = token();
  return held ? { authorization: `Bearer ${held}` } : {};
}

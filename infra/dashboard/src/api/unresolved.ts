// Requests whose outcome is not known, with their idempotency keys. They are kept in the storage of the tab from before they
// are sent until the API has responded, so each can be sent again after a reload, and is carried out once.
import { storageKey } from './addresses';
import { Store } from './store';

export interface Unresolved {
  readonly key: string;
  /** The name of its word. */
  readonly label: string;
  /** The name of the token that it was sent with: the API compares it when the key is used again. */
  readonly by: string;
  /** The log that it was sent to (`shownLog`). In another one its key is unknown, and it would be carried out anew. */
  readonly log: string;
  readonly at: string;
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const PLACE = storageKey('unresolved');

/** Those that no response is awaited for. */
export const unresolved = new Store<readonly Unresolved[]>(stored());

/** Keeps a request that is about to be sent. */
export function hold(request: Unresolved): void {
  store([...stored().filter(one => one.key !== request.key), request]);
}

/** The outcome of the request is not known. */
export function leaveOpen(request: Unresolved): void {
  unresolved.set([...unresolved.value.filter(one => one.key !== request.key), request]);
}

/** The outcome of the request is known, or a person gives it up. */
export function release(key: string): void {
  store(stored().filter(one => one.key !== key));
  unresolved.set(unresolved.value.filter(one => one.key !== key));
}

function stored(): readonly Unresolved[] {
  return JSON.parse(sessionStorage.getItem(PLACE) ?? '[]') as readonly Unresolved[];
}

function store(requests: readonly Unresolved[]): void {
  if (requests.length > 0) sessionStorage.setItem(PLACE, JSON.stringify(requests));
  else sessionStorage.removeItem(PLACE);
}

// Requests that change something. The key of a request is made when a person begins it, so that a repeated click sends
// the same request again, which is carried out once.
import type { CombinedError, TypedDocumentNode } from '@urql/core';
import { client } from './client';
import { newKey } from './keys';
import { print } from './print';
import { shownLog } from './shownLog';
import { hold, leaveOpen, release, unresolved, type Unresolved } from './unresolved';
import { viewer } from './viewer';

/** A request whose outcome is not known may have been carried out, or may still be. */
export type Outcome = 'done' | 'refused' | 'unknown';

export interface Result {
  readonly outcome: Outcome;
  readonly text: string;
}

export interface RequestKey {
  readonly idempotencyKey: string;
  readonly account: string;
}

export function newRequest(account: string): RequestKey {
  return { idempotencyKey: newKey(), account };
}

interface Response {
  readonly __typename: string;
  readonly reason?: string;
  readonly known?: string;
  readonly note?: string;
}

/** Errors of a request that was not carried out, and neither was an earlier one with its key. */
const SETTLED: readonly unknown[] = ['REFUSED', 'BAD_INPUT'];
/** Errors of a request that no engine got. An earlier one with its key may have been carried out all the same. */
const TURNED_AWAY: readonly unknown[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'TOO_COMPLEX'];
const REQUEST_TIMEOUT = 408;

/** Sends the mutation, whose only field is a response. `label` is the name of the word that names the request. */
export async function send<Data, Variables extends { readonly request: RequestKey }>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  label: string,
): Promise<Result> {
  const key = variables.request.idempotencyKey;
  const by = viewer.value.name;
  const log = shownLog.value;
  const request = { key, label, by, log, at: new Date().toISOString(), document: print(document), variables: { ...variables } };
  const known = unresolved.value.some(one => one.key === key);
  hold(request);
  return sent(request, known);
}

/** Sends a request whose outcome is not known again, with the same key. */
export async function sendAgain(key: string): Promise<Result> {
  const request = unresolved.value.find(one => one.key === key);
  // Another place of the page has sent it again meanwhile, and knows the outcome.
  return request ? sent(request, true) : { outcome: 'done', text: '' };
}

async function sent(request: Unresolved, isRepeated: boolean): Promise<Result> {
  const { data, error } = await client.mutation<Record<string, Response>>(request.document, request.variables).toPromise();
  const [response] = Object.values(data ?? {});
  const result = response && !error ? resultOf(response) : { outcome: outcomeOf(error, isRepeated), text: textOf(error) };
  if (result.outcome === 'unknown') leaveOpen(request);
  else release(request.key);
  return result;
}

const OUTCOMES: Readonly<Record<string, Outcome>> = { Completed: 'done', Refused: 'refused' };

function resultOf({ __typename, note, reason, known }: Response): Result {
  return { outcome: OUTCOMES[__typename] ?? 'unknown', text: note ?? reason ?? known ?? '' };
}

function outcomeOf(error: CombinedError | undefined, isRepeated: boolean): Outcome {
  if (error === undefined) return 'unknown';
  const codes = error.graphQLErrors.map(one => one.extensions['code']);
  if (codes.length > 0 && codes.every(code => SETTLED.includes(code))) return 'refused';
  const status = (error.response as { readonly status?: number } | undefined)?.status ?? 0;
  const isTurnedAway = codes.length > 0
    ? codes.every(code => TURNED_AWAY.includes(code))
    : status >= 400 && status < 500 && status !== REQUEST_TIMEOUT;
  return isTurnedAway && !isRepeated ? 'refused' : 'unknown';
}

/** The messages of the API, or that of the network. */
export function textOf(error: CombinedError | undefined): string {
  return error?.graphQLErrors.map(one => one.message).join(' ') || (error?.message ?? '');
}

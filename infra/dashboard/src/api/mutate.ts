// Requests that change something. The key of a request is made when a person begins it, so that a repeated click sends
// the same request again, which is carried out once.
import type { AnyVariables, CombinedError, TypedDocumentNode } from '@urql/core';
import { client } from './client';
import { newKey } from './keys';

export interface Answered {
  readonly isDone: boolean;
  readonly text: string;
}

export interface RequestKey {
  readonly idempotencyKey: string;
  readonly account: string;
}

export function newRequest(account: string): RequestKey {
  return { idempotencyKey: newKey(), account };
}

interface Answer {
  readonly __typename: string;
  readonly reason?: string;
  readonly known?: string;
  readonly note?: string;
}

/** Sends the mutation, whose only field is an answer, and returns what became of it. */
export async function send<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Answered> {
  const { data, error } = await client.mutation(document, variables).toPromise();
  if (error || !data) return { isDone: false, text: textOf(error) };
  const [answer] = Object.values(data) as Answer[];
  if (answer === undefined) return { isDone: false, text: '' };
  if (answer.__typename === 'Completed') return { isDone: true, text: answer.note ?? '' };
  return { isDone: false, text: answer.reason ?? answer.known ?? answer.__typename };
}

/** The messages of the API, or that of the network. */
export function textOf(error: CombinedError | undefined): string {
  return error?.graphQLErrors.map(one => one.message).join(' ') || (error?.message ?? '');
}

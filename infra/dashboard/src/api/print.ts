// The text of a document, as it is sent.
import { createRequest, stringifyDocument, type TypedDocumentNode } from '@urql/core';

export function print(document: TypedDocumentNode<unknown, never> | TypedDocumentNode<never, never> | object): string {
  return stringifyDocument(createRequest(document as TypedDocumentNode<unknown, Record<string, never>>, {}).query);
}

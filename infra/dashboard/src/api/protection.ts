// The stop and the target of an open position: the request that moves them, and what they are worth.
import { graphql } from './graphql';
import { send, type RequestKey, type Result } from './mutate';

const MOVE = graphql(`
  mutation Move($request: RequestInput!, $position: String!, $stop: Decimal, $target: Decimal) {
    moveProtection(request: $request, position: $position, stop: $stop, target: $target) {
      __typename
      ... on Completed { note }
      ... on Refused { reason }
      ... on TimedOut { known }
    }
  }
`);

export interface Levels {
  readonly stop?: string | null;
  readonly target?: string | null;
}

/** What is left out or null stays as it is. `label` is the name of the word that names the request. */
export function moveProtection(
  request: RequestKey, position: string, { stop = null, target = null }: Levels, label: string,
): Promise<Result> {
  return send(MOVE, { request, position, stop, target }, label);
}

/** The profit of the position at a price, in quote currency before the fees of the exit: for display only. */
export function profitAt(price: string, of: { readonly direction: string; readonly averagePrice: string; readonly quantity: string }): number {
  const sign = of.direction === 'LONG' ? 1 : -1;
  return sign * (Number(price) - Number(of.averagePrice)) * Number(of.quantity);
}

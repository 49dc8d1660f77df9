// The page and its argument are in the fragment of the address: `#/chain/ID`. Reloading shows the same page.
import { Store } from '../api/store';

export interface Route {
  readonly page: string;
  readonly argument: string;
}

export const route = new Store<Route>(read());

export function address(page: string, argument = ''): string {
  return `#/${page}${argument && `/${encodeURIComponent(argument)}`}`;
}

export function goTo(page: string, argument = ''): void {
  location.hash = address(page, argument);
}

window.addEventListener('hashchange', () => route.set(read()));

function read(): Route {
  const [page = '', argument = ''] = location.hash.replace(/^#\//, '').split('/');
  return { page: page || 'now', argument: decoded(argument) };
}

/** An address that a person typed may have a percent sign that begins no code: such a text is taken as it is. */
function decoded(argument: string): string {
  try {
    return decodeURIComponent(argument);
  } catch {
    return argument;
  }
}

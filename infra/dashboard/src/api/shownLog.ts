// The log whose events the page shows.
import { Store } from './store';

/** The id of its first event; empty before it was read. */
export const shownLog = new Store('');

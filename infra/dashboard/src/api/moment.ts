// The past moment that every page shows; null is now.
import { Store } from './store';

export type Moment = { ordinal: number } | { time: string };

export const asOf = new Store<Moment | null>(null);

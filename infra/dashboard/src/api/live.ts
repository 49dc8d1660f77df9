// The events of the log as they are recorded. After a cut the subscription continues with the event after the last one.
// Events arrive before the read models include them, so how far these are is queried until they do.
import { client, onConnection, onSign, socket } from './client';
import { onceAFrame } from './frame';
import { graphql } from './graphql';
import { print } from './print';
import { Store } from './store';

export interface Live {
  /** How often the connection came back after a cut. What failed meanwhile is then read again. */
  readonly returns: number;
  readonly connection: 'connecting' | 'live' | 'cut';
  /** The ordinal of the latest event that was received; null before the first. */
  readonly ordinal: number | null;
  /** Queries include the events up to this ordinal. */
  readonly reached: number;
}

const EVENTS = graphql(`
  subscription Events($after: Ordinal) {
    events(after: $after) { ordinal type stream chainId line recordedAt }
  }
`);
const REACHED = graphql(`
  query Reached {
    projections { kind status ordinal }
  }
`);
const WAIT = { first: 500, most: 15_000 };
const LOOK_MS = 500;

export const live = new Store<Live>({ returns: 0, connection: 'connecting', ordinal: null, reached: 0 });

let wait = WAIT.first;
let isLooking = false;
let last: number | null = null;
let heardLast = [Date.now(), performance.now()] as const;
let isCut = false;
let timer: ReturnType<typeof setTimeout> | undefined;

export function follow(after: number): void {
  last = after;
  change({ ordinal: last });
  look();
  onSign(heard);
  onConnection(connection => {
    change({ connection });
    if (connection === 'cut') isCut = true;
    if (connection !== 'live') return;
    heard();
    if (timer !== undefined) begin();
    if (isCut) change({ returns: live.value.returns + 1 });
    isCut = false;
  });
  begin();
}

/** A text that changes where something is to be read again: queries include new events, or the connection is back. */
export function news(): string {
  return `${live.value.reached} ${live.value.returns}`;
}

/** Called at each sign of life of the connection. */
export function heard(): void {
  heardLast = [Date.now(), performance.now()];
}

/**
 * For how long nothing showed that the connection works, in ms. Nothing observes it: it changes all the time. This machine's
 * clock may be set back, and the other one may stand still while the machine sleeps, so the longer time is returned.
 */
export function unheard(): number {
  return Math.max(Date.now() - heardLast[0], performance.now() - heardLast[1]);
}

const show = onceAFrame(() => change({ ordinal: last }));

function begin(): void {
  clearTimeout(timer);
  timer = undefined;
  const again = () => {
    change({ connection: 'cut' });
    clearTimeout(timer);
    timer = setTimeout(begin, wait);
    wait = Math.min(wait * 2, WAIT.most);
  };
  socket.subscribe<{ events: { ordinal: number } }>(
    { query: print(EVENTS), variables: { after: last } },
    {
      next: ({ data }) => {
        wait = WAIT.first;
        if (!data) return;
        last = data.events.ordinal;
        heard();
        show();
        look();
      },
      error: again,
      complete: again,
    },
  );
}

function look(): void {
  if (isLooking || live.value.reached >= (last ?? 0)) return;
  isLooking = true;
  void client.query(REACHED, {}).toPromise().then(({ data }) => {
    const builds = data?.projections.filter(one => one.kind === 'TODAY' && one.status === 'LIVE') ?? [];
    if (builds.length > 0) change({ reached: Math.min(...builds.map(one => one.ordinal)) });
    setTimeout(() => {
      isLooking = false;
      look();
    }, LOOK_MS);
  });
}

function change(part: Partial<Live>): void {
  live.set({ ...live.value, ...part });
}

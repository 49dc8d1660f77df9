// The events of the log as they are recorded. After a cut the subscription continues with the event after the last one.
// Events arrive before the read models include them, so how far these are is queried until they do.
import { client, onConnection, socket } from './client';
import { onceAFrame } from './frame';
import { graphql } from './graphql';
import { print } from './print';
import { Store } from './store';

export interface Live {
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

export const live = new Store<Live>({ connection: 'connecting', ordinal: null, reached: 0 });

let wait = WAIT.first;
let isLooking = false;
let last: number | null = null;
let heardLast = Date.now();

export function follow(after: number): void {
  last = after;
  change({ ordinal: last });
  look();
  onConnection(connection => {
    if (connection === 'live') heard();
    change({ connection });
  });
  begin();
}

/** Called at each price and each event: both show that the connection works. */
export function heard(): void {
  heardLast = Date.now();
}

/** When the connection was last known to work, in ms of this machine's clock. Nothing observes it: it changes all the time. */
export function heardAt(): number {
  return heardLast;
}

const show = onceAFrame(() => change({ ordinal: last }));

function begin(): void {
  const again = () => {
    change({ connection: 'cut' });
    setTimeout(begin, wait);
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

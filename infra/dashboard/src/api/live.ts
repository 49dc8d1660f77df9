// The events of the log as they are recorded. After a cut the subscription continues with the event after the last one.
// Events arrive before the read models include them, so how far these are is queried until they do.
import { client, onConnection, socket } from './client';
import { graphql } from './graphql';
import { print } from './print';
import { Store } from './store';

export interface Live {
  readonly connection: 'connecting' | 'live' | 'cut';
  /** The ordinal of the latest event that was received; null before the first. */
  readonly ordinal: number | null;
  /** Queries include the events up to this ordinal. */
  readonly reached: number;
  /** When the connection was last known to work, in ms of this machine's clock. */
  readonly heardAt: number;
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

export const live = new Store<Live>({ connection: 'connecting', ordinal: null, reached: 0, heardAt: Date.now() });

let wait = WAIT.first;
let isLooking = false;

export function follow(after: number): void {
  change({ ordinal: after });
  look();
  onConnection(connection => change({ connection, ...(connection === 'live' && { heardAt: Date.now() }) }));
  begin();
}

/** Called at each pong and each event: both show that the connection works. */
export function heard(): void {
  change({ heardAt: Date.now() });
}

function begin(): void {
  const again = () => {
    change({ connection: 'cut' });
    setTimeout(begin, wait);
    wait = Math.min(wait * 2, WAIT.most);
  };
  socket.subscribe<{ events: { ordinal: string } }>(
    { query: print(EVENTS), variables: { after: live.value.ordinal } },
    {
      next: ({ data }) => {
        wait = WAIT.first;
        if (!data) return;
        change({ ordinal: Number(data.events.ordinal), heardAt: Date.now() });
        look();
      },
      error: again,
      complete: again,
    },
  );
}

function look(): void {
  const { ordinal, reached } = live.value;
  if (isLooking || reached >= (ordinal ?? 0)) return;
  isLooking = true;
  void client.query(REACHED, {}).toPromise().then(({ data }) => {
    const builds = data?.projections.filter(one => one.kind === 'TODAY' && one.status === 'LIVE') ?? [];
    if (builds.length > 0) change({ reached: Math.min(...builds.map(one => Number(one.ordinal))) });
    setTimeout(() => {
      isLooking = false;
      look();
    }, LOOK_MS);
  });
}

function change(part: Partial<Live>): void {
  live.set({ ...live.value, ...part });
}

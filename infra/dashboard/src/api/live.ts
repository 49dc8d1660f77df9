// The events of the log as they are recorded. After a cut the subscription continues with the event after the last one.
import { onConnection, socket } from './client';
import { onceAFrame } from './frame';
import { graphql } from './graphql';
import { print } from './print';
import { Store } from './store';

export interface Live {
  readonly connection: 'connecting' | 'live' | 'cut';
  /** The ordinal of the latest event that was received; null before the first. */
  readonly ordinal: number | null;
}

const EVENTS = graphql(`
  subscription Events($after: Ordinal) {
    events(after: $after) { ordinal type stream chainId line recordedAt }
  }
`);
const WAIT = { first: 500, most: 15_000 };

export const live = new Store<Live>({ connection: 'connecting', ordinal: null });

let wait = WAIT.first;
let last: number | null = null;
let heardLast = Date.now();

export function follow(after: number): void {
  last = after;
  change({ ordinal: last });
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
      },
      error: again,
      complete: again,
    },
  );
}

function change(part: Partial<Live>): void {
  live.set({ ...live.value, ...part });
}

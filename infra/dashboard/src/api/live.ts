// The events of the log as they are recorded. After a cut the subscription continues with the event after the last one.
import { onConnection, socket } from './client';
import { graphql } from './graphql';
import { print } from './print';
import { Store } from './store';

export interface Live {
  readonly connection: 'connecting' | 'live' | 'cut';
  /** The ordinal of the latest event that was received; null before the first. */
  readonly ordinal: number | null;
  /** When the connection was last known to work, in ms of this machine's clock. */
  readonly heardAt: number;
}

const EVENTS = graphql(`
  subscription Events($after: Ordinal) {
    events(after: $after) { ordinal type stream chainId line recordedAt }
  }
`);
const WAIT = { first: 500, most: 15_000 };

export const live = new Store<Live>({ connection: 'connecting', ordinal: null, heardAt: Date.now() });

let wait = WAIT.first;

export function follow(after: number | null): void {
  change({ ordinal: after });
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
        if (data) change({ ordinal: Number(data.events.ordinal), heardAt: Date.now() });
      },
      error: again,
      complete: again,
    },
  );
}

function change(part: Partial<Live>): void {
  live.set({ ...live.value, ...part });
}

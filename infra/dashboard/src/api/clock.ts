// The server's time. The clock of this machine may be wrong, so its distance from the header `Date` of the API is kept.

/** A second: the header has no fractions. */
const GRAIN_MS = 1_000;

/** What is added to this machine's time, in ms. */
let offset = 0;
/** The longest that this offset can be wrong, in ms. */
let doubt = Infinity;

/** Takes the time of a response whose request was sent and received at these times of this machine, in ms. */
export function takeTime(date: string | null, sent: number, received: number): void {
  const server = Date.parse(date ?? '');
  if (Number.isNaN(server)) return;
  const [least, most] = [server - received, server + GRAIN_MS - sent];
  const found = (most - least) / 2;
  const isWithin = offset >= least && offset <= most;
  // This machine's clock was set meanwhile, or the offset is known better.
  if (isWithin && found >= doubt) return;
  [offset, doubt] = [(least + most) / 2, found];
}

/** The server's time in ms since 1970. */
export function serverNow(): number {
  return Date.now() + offset;
}

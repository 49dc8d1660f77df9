// Checks in the browser that an event is in a signed checkpoint: RFC 6962 with SHA-256, signed notes with Ed25519 (C2SP).
// The API is not trusted for it: docs/audit.md has the bytes that are hashed and signed.

export interface Proof {
  readonly ordinal: number;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  /** The Avro bytes, in base64. */
  readonly body: string;
  /** The parsing canonical form of the schema that wrote them. */
  readonly schema: string;
  /** The hashes in base64, the leaf's neighbour first. */
  readonly hashes: readonly string[];
  readonly note: string;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

type Bytes = Uint8Array<ArrayBuffer>;

const PURPOSE = 'whence event leaf 1';
const ED25519 = 1;
const KEY_ID_BYTES = 4;

/** Whether the browser gives pages its cryptography: it does over https and on this machine alone. */
export const canCheck = globalThis.crypto.subtle !== undefined;

/** The root, in base64, to which the event's leaf and the hashes lead; null where their number is not that of the tree. */
export async function rootOf(proof: Proof, size: number): Promise<string | null> {
  let found = await sha256(Uint8Array.of(0), await leafOf(proof));
  let at = proof.ordinal - 1;
  let last = size - 1;
  if (at > last) return null;
  // RFC 9162, section 2.1.3.2.
  for (const hash of proof.hashes.map(decoded)) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      found = await sha256(Uint8Array.of(1), hash, found);
      while (at % 2 === 0 && at > 0) [at, last] = [half(at), half(last)];
    } else {
      found = await sha256(Uint8Array.of(1), found, hash);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? encoded(found) : null;
}

/** The checkpoint in a signed note. Throws where it is none. */
export function checkpointOf(note: string): Checkpoint {
  const [origin, size, root] = textOf(note).split('\n');
  if (!origin || !/^(0|[1-9]\d{0,15})$/.test(size ?? '') || !root) throw new Error('the note is no checkpoint');
  return { origin, size: Number(size), root: decoded(root) };
}

/** Whether the note has a valid signature of this verifier key, `NAME+ID+BASE64`. Throws where that is no such key. */
export async function isSigned(note: string, verifier: string): Promise<boolean> {
  const { name, algorithm, bytes } = keyOf(verifier);
  const id = (await sha256(text(`${name}\n`), Uint8Array.of(algorithm), bytes)).slice(0, KEY_ID_BYTES);
  const key = await crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify']);
  const lines = note.slice(textOf(note).length + 1).split('\n').filter(line => line.startsWith(`— ${name} `));
  for (const line of lines) {
    const signed = decoded(line.slice(name.length + 3));
    const isOfKey = signed.slice(0, KEY_ID_BYTES).every((one, place) => one === id[place]);
    if (isOfKey && await crypto.subtle.verify('Ed25519', key, signed.slice(KEY_ID_BYTES), text(textOf(note)))) return true;
  }
  return false;
}

function keyOf(verifier: string): { readonly name: string; readonly algorithm: number; readonly bytes: Bytes } {
  const [name = '', , ...rest] = verifier.trim().split('+');
  const content = /^[A-Za-z0-9+/]{44}$/.test(rest.join('+')) ? decoded(rest.join('+')) : new Uint8Array();
  const algorithm = content[0];
  if (!name || algorithm !== ED25519) throw new Error('the key of a notary is NAME+ID+BASE64 with Ed25519');
  return { name, algorithm, bytes: content.slice(1) };
}

/** The text of a note, which is signed, ends before its last empty line. */
function textOf(note: string): string {
  return note.slice(0, note.lastIndexOf('\n\n') + 1);
}

async function leafOf({ ordinal, stream, version, type, body, schema }: Proof): Promise<Bytes> {
  const parts = [
    text(PURPOSE), number(ordinal), text(stream), number(version), text(type), decoded(body), await sha256(text(schema)),
  ];
  return joined(parts.flatMap(part => [length(part), part]));
}

async function sha256(...parts: readonly Bytes[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined(parts)));
}

function joined(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

function length(part: Bytes): Bytes {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, part.length);
  return four;
}

function number(whole: number): Bytes {
  const eight = new Uint8Array(8);
  new DataView(eight.buffer).setBigUint64(0, BigInt(whole));
  return eight;
}

const text = (value: string): Bytes => new TextEncoder().encode(value);
const decoded = (base64: string): Bytes => Uint8Array.from(atob(base64), one => one.charCodeAt(0));
export const encoded = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));
const half = (value: number): number => Math.floor(value / 2);

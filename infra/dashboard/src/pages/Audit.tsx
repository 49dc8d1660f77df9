import { useState } from 'react';
import { graphql, type ResultOf } from '../api/graphql';
import { client } from '../api/client';
import { canCheck, checkpointOf, encoded, isSigned, rootOf } from '../api/proof';
import { useQuery } from '../api/query';
import { shown } from '../parts/decimal';
import { Figure } from '../parts/Figure';
import { Outcome } from '../parts/Outcome';
import { Reports } from '../parts/Reports';
import { goTo } from '../parts/route';
import { useWords, type Words } from '../words/words';

const CHECKPOINT = graphql(`
  query Checkpoint {
    checkpoint { origin size root note unsigned }
  }
`);
const PROOF = graphql(`
  query Proof($ordinal: Ordinal!) {
    inclusion(ordinal: $ordinal) { ordinal stream version type body schema hashes note }
  }
`);
const VERIFICATION = graphql(`
  query Verification($key: String!) {
    verification(key: $key) { origin size difference compared unsigned }
  }
`);

type Found = NonNullable<ResultOf<typeof CHECKPOINT>['checkpoint']>;

/** What a check has found: each line, and whether it holds. */
interface Finding {
  readonly holds: boolean;
  readonly line: string;
}

/** The notary's public key is the reader's own: it is kept for this log, and never taken from the API. */
const KEY = 'whence.notary';

export function Audit({ account, argument }: { readonly account: string; readonly argument: string }) {
  const words = useWords();
  const found = useQuery(CHECKPOINT, {});
  return (
    <>
      <Outcome of={found}>
        {({ checkpoint }) =>
          checkpoint === null ? <p className="empty">{words('no-checkpoint')}</p> : <Audited of={checkpoint} ordinal={argument} />
        }
      </Outcome>
      <Reports account={account} key={account} />
    </>
  );
}

function Audited({ of, ordinal }: { readonly of: Found; readonly ordinal: string }) {
  const words = useWords();
  const place = `${KEY}.${of.origin}`;
  const [key, setKey] = useState(() => localStorage.getItem(place) ?? '');
  const keep = (typed: string) => {
    localStorage.setItem(place, typed.trim());
    setKey(typed.trim());
  };
  return (
    <>
      <h2>{words('checkpoint')}</h2>
      <dl className="figures">
        <Figure name="signed-events" value={shown(String(of.size))} />
        <Figure name="unsigned-events" value={shown(String(of.unsigned))} />
      </dl>
      <p>{words('log-id')} <code>{of.origin}</code></p>
      <p>{words('root')} <code>{of.root}</code></p>
      <label className="field">
        {words('notary-key')}
        <input name="notary-key" value={key} onChange={event => keep(event.target.value)} spellCheck={false} />
      </label>
      <p className="note">{words('notary-key-help')}</p>
      {!canCheck && <p className="warning">{words('no-cryptography')}</p>}
      <Check label="check-signature" isDisabled={!key || !canCheck} run={() => signature(of.note, key, words)} />
      <h2>{words('verification')}</h2>
      <p className="note">{words('verification-help')}</p>
      <Check label="verify-log" isDisabled={!key} run={() => verification(key, words)} />
      <h2>{words('inclusion')}</h2>
      <p className="note">{words('inclusion-help')}</p>
      <form className="filters" onSubmit={event => {
        event.preventDefault();
        goTo('audit', String(new FormData(event.currentTarget).get('ordinal') ?? ''));
      }}>
        <label>
          {words('event')} <input name="ordinal" type="number" min={1} required key={ordinal} defaultValue={ordinal} />
        </label>
        <button type="submit">{words('find')}</button>
      </form>
      {ordinal && <Check key={ordinal} label="check-event" isDisabled={!canCheck} run={() => inclusion(ordinal, key, words)} />}
    </>
  );
}

/** A button that checks something, and what was found. */
function Check({ label, isDisabled, run }: {
  readonly label: string;
  readonly isDisabled: boolean;
  readonly run: () => Promise<readonly Finding[]>;
}) {
  const words = useWords();
  const [findings, setFindings] = useState<readonly Finding[]>([]);
  const [isRunning, setIsRunning] = useState(false);
  const check = async () => {
    if (isRunning) return;
    setIsRunning(true);
    setFindings(await run().catch((fault: unknown) => [{ holds: false, line: fault instanceof Error ? fault.message : String(fault) }]));
    setIsRunning(false);
  };
  return (
    <>
      <p className="buttons">
        <button type="button" disabled={isDisabled} aria-disabled={isRunning} onClick={() => void check()}>{words(label)}</button>
      </p>
      <div className="findings" role="status" aria-label={words(label)}>
        {isRunning && <p className="pending">{words('loading')}</p>}
        {!isRunning && findings.map(one => (
          <p key={one.line} className={one.holds ? 'gain' : 'loss'}>{one.holds ? '✓' : '✗'} {one.line}</p>
        ))}
      </div>
    </>
  );
}

async function signature(note: string, key: string, words: Words): Promise<readonly Finding[]> {
  const holds = await isSigned(note, key);
  return [{ holds, line: words(holds ? 'signature-holds' : 'signature-fails') }];
}

async function verification(key: string, words: Words): Promise<readonly Finding[]> {
  const { data, error } = await client.query(VERIFICATION, { key }).toPromise();
  if (!data) throw new Error(error?.graphQLErrors.map(one => one.message).join(' ') || error?.message);
  const { difference, size, compared, unsigned } = data.verification;
  if (difference !== null) return [{ holds: false, line: difference }];
  return [{ holds: true, line: words('verification-holds', { size, compared, unsigned }) }];
}

async function inclusion(ordinal: string, key: string, words: Words): Promise<readonly Finding[]> {
  const { data, error } = await client.query(PROOF, { ordinal: Number(ordinal) }).toPromise();
  if (!data) throw new Error(error?.graphQLErrors.map(one => one.message).join(' ') || error?.message);
  const proof = data.inclusion;
  const { size, root } = checkpointOf(proof.note);
  const holds = await rootOf(proof, size) === encoded(root) && proof.ordinal === Number(ordinal);
  const event = { type: proof.type, version: proof.version, stream: proof.stream, size };
  const found = { holds, line: words(holds ? 'inclusion-holds' : 'inclusion-fails', event) };
  return key ? [found, ...await signature(proof.note, key, words)] : [found, { holds: false, line: words('signature-unchecked') }];
}

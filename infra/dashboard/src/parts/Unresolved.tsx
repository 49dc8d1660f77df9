// The requests whose outcome is not known, over every page: each can be sent again with its key, or be given up.
import { useState } from 'react';
import { sendAgain, type Result } from '../api/mutate';
import { shownLog } from '../api/shownLog';
import { useStore } from '../api/store';
import { release, unresolved, type Unresolved } from '../api/unresolved';
import { viewer } from '../api/viewer';
import { useWords } from '../words/words';
import { ResultLine } from './ResultLine';
import { moment } from './time';

interface Settled extends Result {
  readonly label: string;
}

export function UnresolvedRequests() {
  const open = useStore(unresolved);
  const [settled, setSettled] = useState<Settled | null>(null);
  if (open.length === 0 && settled === null) return null;
  return (
    <ul className="unresolved">
      {open.map(one => (
        <Open key={one.key} of={one} onSettled={result => setSettled({ ...result, label: one.label })} />
      ))}
      {settled && <SettledLine of={settled} onClose={() => setSettled(null)} />}
    </ul>
  );
}

function Open({ of, onSettled }: { readonly of: Unresolved; readonly onSettled: (result: Result) => void }) {
  const words = useWords();
  const { name } = useStore(viewer);
  const log = useStore(shownLog);
  const [result, setResult] = useState<Result | null>(null);
  const [isSending, setIsSending] = useState(false);
  const again = async () => {
    if (isSending) return;
    setIsSending(true);
    const found = await sendAgain(of.key);
    if (found.outcome !== 'unknown') return onSettled(found);
    setResult(found);
    setIsSending(false);
  };
  return (
    <li>
      <strong>{words(of.label)}</strong> ({moment(of.at)}): {words('unresolved')} {result?.text}
      <p className="buttons">
        {of.log !== log ? (
          <span className="note">{words('unresolved-log')}</span>
        ) : of.by === name
          ? <button type="button" aria-disabled={isSending} onClick={() => void again()}>{words('send-again')}</button>
          : <span className="note">{words('unresolved-of', { name: of.by })}</span>}
        <a href="#/journal">{words('look-in-journal')}</a>
        <button type="button" aria-disabled={isSending} onClick={() => isSending || release(of.key)}>{words('give-up')}</button>
      </p>
    </li>
  );
}

function SettledLine({ of, onClose }: { readonly of: Settled; readonly onClose: () => void }) {
  const words = useWords();
  return (
    <li>
      <strong>{words(of.label)}</strong> <ResultLine of={of} />
      <p className="buttons"><button type="button" autoFocus onClick={onClose}>{words('dialogue-close')}</button></p>
    </li>
  );
}

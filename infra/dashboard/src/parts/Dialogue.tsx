// The dialogue in which a person confirms a request: what will happen, the fields that it needs, and what became of it.
// It stands outside the pages, so it stays open where a page removes the element that opened it.
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { newRequest, sendAgain, type RequestKey, type Result } from '../api/mutate';
import { Store, useStore } from '../api/store';
import { useWords } from '../words/words';
import { ResultLine } from './ResultLine';

export interface Field {
  readonly name: string;
  readonly kind: 'text' | 'decimal';
  readonly isOptional?: boolean;
  readonly value?: string;
}

export interface Confirmation {
  readonly account: string;
  readonly label: string;
  readonly isGrave?: boolean;
  readonly fields: readonly Field[];
  readonly explained: ReactNode;
  readonly send: (request: RequestKey, values: Readonly<Record<string, string>>) => Promise<Result>;
  /** `isDone` is whether the request was carried out. */
  readonly onClose?: (isDone: boolean) => void;
}

interface Opened {
  readonly of: Confirmation;
  readonly request: RequestKey;
}

const opened = new Store<Opened | null>(null);

/** A key is made for each opening, so that confirming twice is carried out once. */
export function confirm(of: Confirmation): void {
  opened.set({ of, request: newRequest(of.account) });
}

export function isConfirming(): boolean {
  return opened.value !== null;
}

export function Dialogue() {
  const one = useStore(opened);
  return one && <Shown {...one} key={one.request.idempotencyKey} />;
}

function Shown({ of: { label, isGrave, fields, explained, send, onClose }, request }: Opened) {
  const words = useWords();
  const dialogue = useRef<HTMLDialogElement>(null);
  const title = useId();
  const [result, setResult] = useState<Result | null>(null);
  const [isSending, setIsSending] = useState(false);

  useEffect(() => {
    if (!dialogue.current?.open) dialogue.current?.showModal();
  }, []);

  const submit = async (form: FormData) => {
    const values = Object.fromEntries(fields.map(({ name }) => [name, String(form.get(name) ?? '').trim()]));
    setIsSending(true);
    // The terms of a request whose outcome is not known stay as they were sent.
    setResult(result?.outcome === 'unknown' ? await sendAgain(request.idempotencyKey) : await send(request, values));
    setIsSending(false);
  };
  const isDone = result?.outcome === 'done';
  const isUnknown = result?.outcome === 'unknown';
  const close = () => {
    opened.set(null);
    onClose?.(isDone);
  };
  return (
    <dialog
      ref={dialogue}
      aria-labelledby={title}
      onClose={close}
      // A request that is on its way cannot be called back.
      onCancel={event => isSending && event.preventDefault()}
    >
      <h2 id={title}>{words(label)}</h2>
      <div className="explained">{explained}</div>
      <form
        onSubmit={event => {
          event.preventDefault();
          if (!isSending) void submit(new FormData(event.currentTarget));
        }}
      >
        {fields.map(one => (
          <label key={one.name} className="field">
            {words(one.name)}
            <input
              name={one.name}
              required={!one.isOptional}
              readOnly={isUnknown}
              defaultValue={one.value}
              {...(one.kind === 'decimal' && { inputMode: 'decimal' as const, pattern: '[0-9]+([.][0-9]+)?' })}
            />
          </label>
        ))}
        {result && <p><ResultLine of={result} /></p>}
        <p className="buttons">
          {!isDone && (
            <button type="submit" aria-disabled={isSending} className={isGrave ? 'grave' : ''}>
              {words(isUnknown ? 'send-again' : 'confirm')}
            </button>
          )}
          <button type="button" autoFocus={isDone} key={String(isDone)} aria-disabled={isSending} onClick={() => isSending || dialogue.current?.close()}>
            {words(isDone || isUnknown ? 'dialogue-close' : 'dialogue-cancel')}
          </button>
        </p>
      </form>
    </dialog>
  );
}

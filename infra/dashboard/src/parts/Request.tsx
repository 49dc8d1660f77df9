// A request that a person confirms in a dialogue: what will happen, the fields that it needs, and what became of it.
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { newRequest, type Answered, type RequestKey } from '../api/mutate';
import { useMay, type Role } from '../api/viewer';
import { useWords } from '../words/words';

export interface Field {
  readonly name: string;
  readonly kind: 'text' | 'decimal';
  readonly isOptional?: boolean;
  readonly value?: string;
}

interface Props {
  readonly account: string;
  readonly label: string;
  readonly least: Role;
  readonly isGrave?: boolean;
  readonly fields: readonly Field[];
  readonly explained: ReactNode;
  readonly send: (request: RequestKey, values: Readonly<Record<string, string>>) => Promise<Answered>;
}

export function Request({ account, label, least, isGrave, fields, explained, send }: Props) {
  const words = useWords();
  const may = useMay(least);
  const dialogue = useRef<HTMLDialogElement>(null);
  const title = useId();
  const [request, setRequest] = useState<RequestKey | null>(null);
  const [answered, setAnswered] = useState<Answered | null>(null);
  const [isSending, setIsSending] = useState(false);

  useEffect(() => {
    if (request !== null && !dialogue.current?.open) dialogue.current?.showModal();
  }, [request]);

  if (!may) return null;
  const submit = async (form: FormData) => {
    if (request === null) return;
    const values = Object.fromEntries(fields.map(({ name }) => [name, String(form.get(name) ?? '').trim()]));
    setIsSending(true);
    setAnswered(await send(request, values));
    setIsSending(false);
  };
  return (
    <>
      <button
        type="button"
        className={isGrave ? 'grave' : ''}
        onClick={event => {
          event.stopPropagation();
          setAnswered(null);
          setRequest(newRequest(account));
        }}
      >
        {words(label)}
      </button>
      {request !== null && (
        <dialog ref={dialogue} aria-labelledby={title} onClose={() => setRequest(null)} onClick={event => event.stopPropagation()}>
          <h2 id={title}>{words(label)}</h2>
          <p>{explained}</p>
          <form
            onSubmit={event => {
              event.preventDefault();
              void submit(new FormData(event.currentTarget));
            }}
          >
            {fields.map(one => (
              <label key={one.name} className="field">
                {words(one.name)}
                <input
                  name={one.name}
                  required={!one.isOptional}
                  defaultValue={one.value}
                  {...(one.kind === 'decimal' && { inputMode: 'decimal' as const, pattern: '[0-9]+([.][0-9]+)?' })}
                />
              </label>
            ))}
            {answered && (
              <p role="alert" className={answered.isDone ? 'gain' : 'loss'}>
                {words(answered.isDone ? 'request-done' : 'request-refused')} {answered.text}
              </p>
            )}
            <p className="buttons">
              {!answered?.isDone && (
                <button type="submit" disabled={isSending} className={isGrave ? 'grave' : ''}>{words('confirm')}</button>
              )}
              <button type="button" onClick={() => dialogue.current?.close()}>
                {words(answered?.isDone ? 'dialogue-close' : 'dialogue-cancel')}
              </button>
            </p>
          </form>
        </dialog>
      )}
    </>
  );
}

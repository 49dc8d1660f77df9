// The slider that sets the moment of every page: an event of the log, the last one is now.
import { useEffect, useState } from 'react';
import { live } from '../api/live';
import { asOf } from '../api/moment';
import { useStore } from '../api/store';
import { useWords } from '../words/words';

/** A number is typed digit by digit: the pages change when no other one has followed for so long. */
const TYPED_MS = 400;

export function AsOf() {
  const words = useWords();
  const head = useStore(live).ordinal ?? 0;
  const moment = useStore(asOf);
  const [moved, setMoved] = useState<number | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const shown = moved ?? (moment !== null && 'ordinal' in moment ? moment.ordinal : head);
  const settle = (wanted: number) => {
    const ordinal = Math.max(1, Math.trunc(wanted));
    setMoved(null);
    setTyped(null);
    asOf.set(ordinal >= head ? null : { ordinal });
  };
  const take = () => {
    if (typed === null) return;
    if (typed) settle(Number(typed));
    else setTyped(null);
  };
  useEffect(() => {
    if (!typed) return undefined;
    const timer = setTimeout(take, TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <form
      className="as-of"
      title={words('as-of-help')}
      onSubmit={event => {
        event.preventDefault();
        take();
      }}
    >
      <label>
        {words('as-of')}{' '}
        <input
          type="range"
          min={1}
          max={Math.max(1, head)}
          value={shown}
          aria-valuetext={moment === null ? words('as-of-now') : `${words('as-of-ordinal')} ${shown}`}
          onChange={event => setMoved(Number(event.target.value))}
          onPointerUp={event => settle(Number(event.currentTarget.value))}
          onKeyUp={event => settle(Number(event.currentTarget.value))}
        />
      </label>
      <label>
        {words('as-of-ordinal')}{' '}
        <input
          type="number"
          min={1}
          max={Math.max(1, head)}
          value={typed ?? shown}
          onChange={event => setTyped(event.target.value)}
          onBlur={take}
        />
      </label>
      {moment !== null && <button type="button" onClick={() => settle(head)}>{words('as-of-back')}</button>}
    </form>
  );
}

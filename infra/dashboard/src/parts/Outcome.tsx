// What a query returned: its data, or why there is none.
import type { CombinedError } from '@urql/core';
import type { ReactNode } from 'react';
import type { Queried } from '../api/query';
import { useWords } from '../words/words';

interface Props<Data> {
  readonly of: Queried<Data>;
  readonly children: (data: Data) => ReactNode;
}

export function Outcome<Data>({ of, children }: Props<Data>) {
  const words = useWords();
  if (of.data === undefined) {
    return of.error ? <Fault error={of.error} /> : <p className="pending" role="status">{words('loading')}</p>;
  }
  return (
    // A request on what another moment has could be one on what is there no more.
    <div className={of.isOld ? 'older' : ''} aria-busy={of.isOld} inert={of.isOld}>
      {of.error && <Fault error={of.error} />}
      {children(of.data)}
    </div>
  );
}

export function Fault({ error }: { readonly error: CombinedError }) {
  const words = useWords();
  return (
    <div className="fault" role="alert">
      <strong>{words(error.networkError ? 'error-offline' : 'error')}</strong>
      {error.graphQLErrors.map(one => <p key={one.message}>{one.message}</p>)}
    </div>
  );
}

/** A page that could not be loaded or rendered. A file that failed to load is requested again by a reload alone. */
export function Broken({ fault }: { readonly fault: Error }) {
  const words = useWords();
  return (
    <div className="fault" role="alert">
      <strong>{words('page-broken')}</strong>
      <p>{fault.message}</p>
      <button type="button" onClick={() => location.reload()}>{words('load-again')}</button>
    </div>
  );
}

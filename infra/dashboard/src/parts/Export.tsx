// A button that saves every row of a list as CSV.
import { useState } from 'react';
import { CombinedError } from '@urql/core';
import { textOf } from '../api/mutate';
import type { Pages } from '../api/pages';
import { useWords } from '../words/words';
import { csvOf } from './csv';
import { save } from './save';

export function Export<Row extends object>({ label, of }: { readonly label: string; readonly of: Pages<Row> }) {
  const words = useWords();
  const [isReading, setIsReading] = useState(false);
  const [fault, setFault] = useState('');
  const run = async () => {
    if (isReading) return;
    setIsReading(true);
    setFault('');
    await of.all().then(rows => save(`${label}.csv`, `\ufeff${csvOf(rows)}`, 'text/csv'), (error: Error) => {
      if (!(error instanceof CombinedError)) setFault(error.message);
      else setFault(error.networkError ? words('error-offline') : textOf(error));
    });
    setIsReading(false);
  };
  return (
    <>
      <button type="button" aria-disabled={isReading} onClick={() => void run()}>{words('export-csv')}</button>
      {fault && <span role="alert" className="loss"> {fault}</span>}
    </>
  );
}

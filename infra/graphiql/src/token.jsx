import { useGraphiQLActions } from '@graphiql/react';
import { useState } from 'react';
import { takeToken } from './connection.js';

// The field for an API token. Its permissions may differ, so the schema is requested again.
export function TokenField() {
  const { introspect } = useGraphiQLActions();
  const [words, setWords] = useState('');
  const [used, setUsed] = useState('');

  function use(event) {
    event.preventDefault();
    takeToken(words);
    setUsed(words);
    introspect();
  }

  return (
    <form className="token" onSubmit={use} autoComplete="off">
      <label htmlFor="token">Authorization</label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        placeholder="Bearer …; empty: read only"
        value={words}
        onChange={event => setWords(event.target.value)}
      />
      <button type="submit" disabled={words === used}>
        {used && words === used ? 'In use' : 'Use'}
      </button>
    </form>
  );
}

// What every page shows: the account and whether its money is real, the connection, and the moment that is shown.
import { useState } from 'react';
import type { Account } from '../App';
import { live, unheard } from '../api/live';
import { asOf } from '../api/moment';
import { keepToken, TOKEN } from '../api/session';
import { useStore } from '../api/store';
import { viewer } from '../api/viewer';
import { choose, language, LANGUAGES, useWords, type Language } from '../words/words';
import { AsOf } from './AsOf';
import { themes, theme, chooseTheme, type Theme } from './theme';
import { age } from './time';
import { useNow } from './useNow';

interface Props {
  readonly account: Account | undefined;
  readonly accounts: readonly Account[];
  readonly isSynthetic: boolean;
  readonly onChoose: (account: string) => void;
}

/** Beyond this age of the last sign of life, what the page shows is greyed out. */
const OLD_MS = 30_000;

export function Header({ account, accounts, isSynthetic, onChoose }: Props) {
  const words = useWords();
  const chosen = useStore(language);
  const mode = account?.openedBy || 'none';
  const name = words(`mode-${isSynthetic && mode !== 'none' ? 'synthetic' : mode}`);
  return (
    <header>
      <p className={`mode ${mode}`} title={name}>{name}</p>
      {accounts.length > 1 && (
        <label>
          {words('account')}{' '}
          <select value={account?.account} onChange={event => onChoose(event.target.value)}>
            {accounts.map(one => <option key={one.account}>{one.account}</option>)}
          </select>
        </label>
      )}
      <Connected />
      {!isSecureContext && <p className="warning" title={words('insecure-help')}>{words('insecure')}</p>}
      <SignedIn />
      <AsOf />
      <label>
        <span className="label">{words('language')}</span>{' '}
        <select value={chosen} onChange={event => choose(event.target.value as Language)}>
          {Object.entries(LANGUAGES).map(([one, name]) => <option key={one} value={one}>{name}</option>)}
        </select>
      </label>
      <label>
        <span className="label">{words('theme')}</span>{' '}
        <select value={useStore(theme)} onChange={event => chooseTheme(event.target.value as Theme)}>
          {themes.map(one => <option key={one} value={one}>{words(`theme-${one}`)}</option>)}
        </select>
      </label>
    </header>
  );
}

/** The name of the token, or a field for one: it stays in this tab, and the page begins anew with it. */
function SignedIn() {
  const words = useWords();
  const { name, role, isAnonymous } = useStore(viewer);
  const [isTyping, setIsTyping] = useState(false);
  const keep = (typed: string) => {
    keepToken(typed);
    location.reload();
  };
  if (!isAnonymous) {
    return (
      <p>
        {words('signed-in', { name, role })} <button type="button" onClick={() => keep('')}>{words('forget-token')}</button>
      </p>
    );
  }
  if (!isTyping) return <button type="button" onClick={() => setIsTyping(true)}>{words('use-token')}</button>;
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        keep(String(new FormData(event.currentTarget).get('token') ?? ''));
      }}
    >
      <label>
        {words('token-label')} <input name="token" type="password" autoComplete="off" autoFocus pattern={TOKEN} title={words('token-pattern')} />
      </label>{' '}
      <button type="submit">{words('token-keep')}</button>
    </form>
  );
}

function Connected() {
  const words = useWords();
  const { connection } = useStore(live);
  const past = useStore(asOf);
  useNow(1_000);
  const old = unheard();
  document.documentElement.classList.toggle('old', connection !== 'live' && old > OLD_MS && past === null);
  const text = connection === 'cut' ? words('connection-cut', { age: age(old, words) }) : words(`connection-${connection}`);
  return <p className={`connection ${connection}`} role="status">{text}</p>;
}

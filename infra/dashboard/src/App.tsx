import type { CombinedError } from '@urql/core';
import { Suspense, lazy, useEffect, useState, type ComponentType } from 'react';
import { client } from './api/client';
import { graphql, type ResultOf } from './api/graphql';
import { follow } from './api/live';
import { followPrices } from './api/prices';
import { keepToken, token } from './api/session';
import { useStore } from './api/store';
import { viewer } from './api/viewer';
import { Audit } from './pages/Audit';
import { Chain } from './pages/Chain';
import { Decisions } from './pages/Decisions';
import { Journal } from './pages/Journal';
import { Models } from './pages/Models';
import { Now } from './pages/Now';
import { Orders } from './pages/Orders';
import { Performance } from './pages/Performance';
import { Positions } from './pages/Positions';
import { Risk } from './pages/Risk';
import { Strategies } from './pages/Strategies';
import { System } from './pages/System';
import { Trade } from './pages/Trade';
import { Dialogue } from './parts/Dialogue';
import { Header } from './parts/Header';
import { Navigation } from './parts/Navigation';
import { Fault } from './parts/Outcome';
import { route } from './parts/route';
import { useWords } from './words/words';

const FIRST = graphql(`
  query First {
    viewer { name role isAnonymous }
    accounts { account openedBy ordinal }
    events(first: 1) { edges { node { ordinal } } }
  }
`);

export type Account = ResultOf<typeof FIRST>['accounts'][number];

// The library of its chart is as large as the rest of the page, so it is loaded with the page that needs it.
const Chart = lazy(() => import('./pages/Chart').then(({ Chart: page }) => ({ default: page })));

const PAGES: Readonly<Record<string, ComponentType<{ account: string; argument: string }>>> = {
  now: Now,
  chart: Chart,
  positions: Positions,
  orders: Orders,
  decisions: Decisions,
  trade: Trade,
  strategies: Strategies,
  risk: Risk,
  models: Models,
  performance: Performance,
  journal: Journal,
  audit: Audit,
  system: System,
};
export const PAGE_NAMES = [
  'now', 'chart', 'trade', 'positions', 'orders', 'decisions', 'chain', 'performance', 'strategies', 'risk', 'models', 'journal',
  'audit', 'system',
];

export function App() {
  const words = useWords();
  const [accounts, setAccounts] = useState<readonly Account[] | null>(null);
  const [fault, setFault] = useState<CombinedError | undefined>();
  const [round, setRound] = useState(0);

  useEffect(() => {
    void client.query(FIRST, {}).toPromise().then(({ data, error }) => {
      setFault(error);
      if (!data) return;
      viewer.set(data.viewer);
      setAccounts(data.accounts);
      follow(Number(data.events.edges[0]?.node.ordinal ?? 0));
      followPrices();
    });
  }, [round]);

  if (needsToken(fault)) return <TokenForm onKept={() => setRound(round + 1)} fault={token() ? fault : undefined} />;
  if (fault !== undefined) {
    return (
      <main className="alone">
        <Fault error={fault} />
        <button type="button" onClick={() => setRound(round + 1)}>{words('read-again')}</button>
      </main>
    );
  }
  if (accounts === null) return <p className="pending" role="status">{words('loading')}</p>;
  return <Pages accounts={accounts} />;
}

function Pages({ accounts }: { readonly accounts: readonly Account[] }) {
  const words = useWords();
  const [chosen, setChosen] = useState(accounts[0]?.account ?? '');
  const { page, argument } = useStore(route);
  const account = accounts.find(one => one.account === chosen);
  const Page = PAGES[page];
  return (
    <div className="shell">
      <a className="skip" href="#content">{words('skip')}</a>
      <Header account={account} accounts={accounts} onChoose={setChosen} />
      <Navigation page={page} />
      <main id="content" tabIndex={-1}>
        <h1>{words(`page-${PAGE_NAMES.includes(page) ? page : 'now'}`)}</h1>
        <Suspense fallback={<p className="pending" role="status">{words('loading')}</p>}>
          {page === 'chain' ? (
            <Chain id={argument} key={argument} />
          ) : Page ? (
            <Page account={chosen} argument={argument} />
          ) : (
            <Now account={chosen} />
          )}
        </Suspense>
      </main>
      <Dialogue />
    </div>
  );
}

function needsToken(fault: CombinedError | undefined): boolean {
  if (fault === undefined) return false;
  const status = (fault.response as Response | undefined)?.status;
  return status === 401 || fault.graphQLErrors.some(one => one.extensions['code'] === 'UNAUTHENTICATED');
}

function TokenForm({ onKept, fault }: { readonly onKept: () => void; readonly fault: CombinedError | undefined }) {
  const words = useWords();
  const [typed, setTyped] = useState('');
  return (
    <main className="alone">
      <h1>{words('token-title')}</h1>
      <p>{words('token-help')}</p>
      {fault && <Fault error={fault} />}
      <form
        onSubmit={event => {
          event.preventDefault();
          keepToken(typed);
          onKept();
        }}
      >
        <label>
          {words('token-label')}{' '}
          <input type="password" autoComplete="off" value={typed} onChange={event => setTyped(event.target.value)} />
        </label>{' '}
        <button type="submit">{words('token-keep')}</button>
      </form>
    </main>
  );
}

import type { CombinedError } from '@urql/core';
import { Suspense, lazy, useEffect, useState, type ComponentType } from 'react';
import { client, onConnection, type Connection } from './api/client';
import { graphql, type ResultOf } from './api/graphql';
import { follow, live } from './api/live';
import { followPrices } from './api/prices';
import { useOneAtATime, useRounds } from './api/query';
import { keepToken, token, TOKEN } from './api/session';
import { shownLog } from './api/shownLog';
import { useStore } from './api/store';
import { viewer } from './api/viewer';
import { Audit } from './pages/Audit';
import { Book } from './pages/Book';
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
import { Boundary } from './parts/Boundary';
import { Dialogue } from './parts/Dialogue';
import { Header } from './parts/Header';
import { Navigation } from './parts/Navigation';
import { Broken, Fault } from './parts/Outcome';
import { route } from './parts/route';
import { UnresolvedRequests } from './parts/Unresolved';
import { useWords } from './words/words';

const FIRST = graphql(`
  query First {
    viewer { name role isAnonymous }
    accounts { account openedBy }
    events(first: 1) { edges { node { ordinal } } }
    opening: events(first: 1, direction: ASC) { edges { node { id json } } }
  }
`);

export type Account = ResultOf<typeof FIRST>['accounts'][number];

// The library of its chart is as large as the rest of the page, so it is loaded with the page that needs it.
const Chart = lazy(() => import('./pages/Chart').then(({ Chart: page }) => ({ default: page })));

const PAGES: Readonly<Record<string, ComponentType<{ account: string; argument: string }>>> = {
  now: Now,
  chart: Chart,
  book: Book,
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
  'now', 'chart', 'book', 'trade', 'positions', 'orders', 'decisions', 'chain', 'performance', 'strategies', 'risk', 'models',
  'journal', 'audit', 'system',
];

export function App() {
  const words = useWords();
  const [accounts, setAccounts] = useState<readonly Account[] | null>(null);
  const [isSynthetic, setSynthetic] = useState(false);
  const [fault, setFault] = useState<CombinedError | undefined>();
  const [round, setRound] = useState(0);
  const rounds = useRounds();

  // An account may be opened, and the read models may include it, after the page was loaded.
  const read = useOneAtATime(async isWanted => {
    const { data, error } = await client.query(FIRST, {}).toPromise();
    if (!isWanted()) return;
    const isFirst = live.value.ordinal === null;
    setFault(isFirst || needsToken(error) ? error : undefined);
    if (!data) return;
    const opening = data.opening.edges[0]?.node;
    const log = opening?.id ?? '';
    // What is on the screen, and the ordinals that the page continues with, are of the log before.
    if (shownLog.value && shownLog.value !== log) return location.reload();
    shownLog.set(log);
    setSynthetic((opening?.json as { readonly synthetic?: boolean } | undefined)?.synthetic ?? false);
    viewer.set(kept(viewer.value, data.viewer));
    setAccounts(before => kept(before, data.accounts));
    if (!isFirst) return;
    follow(data.events.edges[0]?.node.ordinal ?? 0);
    followPrices();
  }, []);
  useEffect(read, [read, round, rounds]);

  // A token that was revoked ends the connection, and the query then states so.
  useEffect(() => {
    let before: Connection = 'connecting';
    return onConnection(connection => {
      if (connection === 'cut' && before === 'live') setRound(last => last + 1);
      before = connection;
    });
  }, []);

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
  return <Pages accounts={accounts} isSynthetic={isSynthetic} />;
}

interface PagesProps {
  readonly accounts: readonly Account[];
  /** Whether the market of the log was generated. */
  readonly isSynthetic: boolean;
}

function Pages({ accounts, isSynthetic }: PagesProps) {
  const words = useWords();
  const [chosen, setChosen] = useState('');
  const { page, argument } = useStore(route);
  const account = accounts.find(one => one.account === chosen) ?? accounts[0];
  const name = account?.account ?? '';
  const Page = Object.hasOwn(PAGES, page) ? PAGES[page] : undefined;
  return (
    <div className="shell">
      <a className="skip" href="#content">{words('skip')}</a>
      <Header account={account} accounts={accounts} isSynthetic={isSynthetic} onChoose={setChosen} />
      <Navigation page={page} />
      <main id="content" tabIndex={-1}>
        <UnresolvedRequests />
        <h1>{words(`page-${PAGE_NAMES.includes(page) ? page : 'now'}`)}</h1>
        <Boundary key={page} broken={fault => <Broken fault={fault} />}>
          <Suspense fallback={<p className="pending" role="status">{words('loading')}</p>}>
            {page === 'chain' ? (
              <Chain id={argument} key={argument} />
            ) : Page ? (
              <Page account={name} argument={argument} key={name} />
            ) : (
              <Now account={name} key={name} />
            )}
          </Suspense>
        </Boundary>
      </main>
      <Dialogue />
    </div>
  );
}

/** The value before where the new one is equal, so that what is shown is not drawn again. */
function kept<T>(before: T, after: T): T {
  return JSON.stringify(before) === JSON.stringify(after) ? before : after;
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
          <input
            type="password" autoComplete="off" pattern={TOKEN} title={words('token-pattern')} value={typed} onChange={event => setTyped(event.target.value)}
          />
        </label>{' '}
        <button type="submit">{words('token-keep')}</button>
      </form>
    </main>
  );
}

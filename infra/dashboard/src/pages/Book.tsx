import { useMemo, useState } from 'react';
import { figure, useBook, type Book as Seen, type Watched } from '../api/book';
import { graphql, type ResultOf } from '../api/graphql';
import { asOf } from '../api/moment';
import { useQuery } from '../api/query';
import { useStore } from '../api/store';
import { fixed, shown } from '../parts/decimal';
import { DepthMap } from '../parts/DepthMap';
import { Figure } from '../parts/Figure';
import { Ladder } from '../parts/Ladder';
import { LiveCurve } from '../parts/LiveCurve';
import { Fault, Outcome } from '../parts/Outcome';
import { goTo } from '../parts/route';
import { moment } from '../parts/time';
import { useWords } from '../words/words';

const MANIPULATIONS = graphql(`
  query Manipulations($instrument: String!, $asOf: AsOfInput) {
    manipulations(where: { instrument: $instrument }, first: 20, asOf: $asOf) {
      edges {
        node {
          episode kind side score lowest highest firstAt at chainId
          walls { price size placedAt withdrawnAt score }
        }
      }
    }
  }
`);
const TRADED = graphql(`
  query BookInstruments {
    showsBooks
    candleSeries { instrument }
  }
`);
const LEVELS = 40;
const DRAWN = 12;
const TRADES = 15;
const KEY = 'whence.book';
const USUAL = 'BTCUSDT-LINEAR.BYBIT';

type Recorded = ResultOf<typeof MANIPULATIONS>['manipulations']['edges'][number]['node'];

export function Book({ argument }: { readonly argument: string }) {
  const words = useWords();
  const found = useQuery(TRADED, {}, false);
  const known = [...new Set(found.data?.candleSeries.map(one => one.instrument))];
  const instrument = argument || localStorage.getItem(KEY) || known[0] || USUAL;
  const isPast = useStore(asOf) !== null;
  return (
    <>
      <Chosen key={instrument} instrument={instrument} known={known} />
      {isPast
        ? <p className="note">{words('book-past')}</p>
        : <Outcome of={found}>{({ showsBooks }) => showsBooks ? <Live instrument={instrument} key={instrument} /> : <NotShown />}</Outcome>}
      <h2>{words('manipulations')}</h2>
      <Manipulations instrument={instrument} />
    </>
  );
}

function Chosen({ instrument, known }: { readonly instrument: string; readonly known: readonly string[] }) {
  const words = useWords();
  const [typed, setTyped] = useState(instrument);
  return (
    <form
      className="filters"
      onSubmit={event => {
        event.preventDefault();
        localStorage.setItem(KEY, typed.trim());
        goTo('book', typed.trim());
      }}
    >
      <label>
        {words('instrument')}{' '}
        <input list="books" value={typed} required spellCheck={false} onChange={event => setTyped(event.target.value)} />
      </label>
      <datalist id="books">{known.map(one => <option key={one} value={one} />)}</datalist>
      <button type="submit">{words('show-book')}</button>
    </form>
  );
}

function NotShown() {
  const words = useWords();
  return (
    <div className="note" role="note">
      <p>{words('books-not-shown')}</p>
      <pre>{'[book_view]\nshown = true'}</pre>
    </div>
  );
}

function Live({ instrument }: { readonly instrument: string }) {
  const words = useWords();
  const watched = useBook(instrument, LEVELS);
  const { book, known, error } = watched;
  if (book === undefined) {
    return error ? <Fault error={error} /> : <p className="pending" role="status">{words('book-awaited', { instrument })}</p>;
  }
  return (
    <>
      {error && <Fault error={error} />}
      <State of={book} />
      {known && (
        <div className={book.isKnown ? 'book' : 'book stale'}>
          <Figures of={known} />
          <div className="sides">
            <section aria-label={words('ladder')}>
              <Ladder
                book={{ ...known, bids: known.bids.slice(0, DRAWN), asks: known.asks.slice(0, DRAWN) }}
                label={words('ladder')}
              />
            </section>
            <Drawings of={watched} instrument={instrument} />
          </div>
        </div>
      )}
      <h2>{words('book-trades')}</h2>
      <Trades of={book} />
      {book.suspicions.length > 0 && (
        <>
          <h2>{words('suspicions-now')}</h2>
          <p className="note">{words('suspicions-help')}</p>
          <ul className="suspicions">
            {book.suspicions.map(one => <Suspected key={`${one.episode} ${one.at}`} of={one} />)}
          </ul>
        </>
      )}
    </>
  );
}

function State({ of: book }: { readonly of: Seen }) {
  const words = useWords();
  const age = book.age === null ? '–' : fixed(book.age, 1);
  return (
    <p role="status" className={book.isKnown ? 'total' : 'warning'}>
      {book.isKnown ? words('book-known', { age }) : words('book-not-known', { why: book.why, age })}{' '}
      {words('book-gaps', { n: book.gaps })}
    </p>
  );
}

function Figures({ of: book }: { readonly of: Seen }) {
  const value = (name: string, places: number) => fixed(figure(book, name), places);
  return (
    <dl className="figures">
      <Figure name="best-bid" value={shown(book.bids[0]?.price)} />
      <Figure name="best-ask" value={shown(book.asks[0]?.price)} />
      <Figure name="spread" value={value('spread', 2)} unit="bps" />
      <Figure name="imbalance-near" value={value('imbalance_5', 2)} />
      <Figure name="imbalance-far" value={value('imbalance_20', 2)} />
      <Figure name="microprice" value={value('microprice', 2)} unit="bps" />
      <Figure name="order-flow" value={value('ofi', 1)} />
    </dl>
  );
}

function Drawings({ of: { looks }, instrument }: { readonly of: Watched; readonly instrument: string }) {
  const words = useWords();
  const [times, imbalance, microprice] = useMemo(
    () => [looks.map(one => one.at), looks.map(one => one.imbalance), looks.map(one => one.microprice)],
    [looks],
  );
  return (
    <div>
      <h2>{words('depth-map')}</h2>
      <DepthMap looks={looks} label={words('depth-map-of', { instrument })} />
      <h2>{words('imbalance-near')}</h2>
      <LiveCurve label={words('imbalance-near')} times={times} values={imbalance} />
      <h2>{words('microprice')}</h2>
      <LiveCurve label={words('microprice')} times={times} values={microprice} />
    </div>
  );
}

function Trades({ of: book }: { readonly of: Seen }) {
  const words = useWords();
  if (book.trades.length === 0) return <p className="empty">{words('no-book-trades')}</p>;
  return (
    <table className="ladder" aria-label={words('book-trades')}>
      <thead>
        <tr>
          <th scope="col">{words('time')}</th>
          <th scope="col">{words('side')}</th>
          <th scope="col" className="number">{words('price')}</th>
          <th scope="col" className="number">{words('quantity')}</th>
        </tr>
      </thead>
      <tbody>
        {book.trades.slice(0, TRADES).map(one => (
          <tr key={one.id}>
            <td>{one.at.slice(11, 23)}</td>
            <td className={one.side === 'BUY' ? 'gain' : 'loss'}>{one.side}</td>
            <td className="number">{shown(one.price)}</td>
            <td className="number">{shown(one.size)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Manipulations({ instrument }: { readonly instrument: string }) {
  const words = useWords();
  const found = useQuery(MANIPULATIONS, { instrument });
  return (
    <Outcome of={found}>
      {({ manipulations: { edges } }) => edges.length === 0 ? (
        <p className="empty">{words('no-manipulations')}</p>
      ) : (
        <ul className="suspicions" aria-label={words('manipulations')}>
          {edges.map(({ node }) => <Suspected key={`${node.episode} ${node.at}`} of={node} chain={node.chainId} />)}
        </ul>
      )}
    </Outcome>
  );
}

function Suspected({ of, chain }: { readonly of: Omit<Recorded, 'chainId'>; readonly chain?: string }) {
  const words = useWords();
  return (
    <li>
      <details>
        <summary>
          {moment(of.at)} <strong className="warning">{of.kind}</strong> {words(of.side === 'BID' ? 'bid' : 'ask')}{' '}
          {words('suspected', { score: fixed(of.score, 2), walls: of.walls.length, lowest: shown(of.lowest), highest: shown(of.highest) })}
        </summary>
        <ul>
          {of.walls.map(one => (
            <li key={`${one.placedAt} ${one.price}`}>
              {words('withdrawn-wall', {
                size: shown(one.size),
                price: shown(one.price),
                placed: one.placedAt.slice(11, 23),
                withdrawn: one.withdrawnAt.slice(11, 23),
                score: fixed(one.score, 2),
              })}
            </li>
          ))}
        </ul>
        {chain && <button type="button" onClick={() => goTo('chain', chain)}>{words('open-chain')}</button>}
      </details>
    </li>
  );
}

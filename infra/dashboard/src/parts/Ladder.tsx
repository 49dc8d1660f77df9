// The levels of a book: asks above, bids below, each with its size as a bar.
import type { Book } from '../api/book';
import { shown } from './decimal';
import { useWords } from '../words/words';

type Level = Book['bids'][number];

export function Ladder({ book, label }: { readonly book: Book; readonly label: string }) {
  const words = useWords();
  const largest = Math.max(...[...book.bids, ...book.asks].map(one => Number(one.size)), 0);
  const walls = new Set(book.walls.map(one => `${one.side} ${Number(one.price)}`));
  const row = (one: Level, side: 'BID' | 'ASK') => {
    const isWall = walls.has(`${side} ${Number(one.price)}`);
    return (
      <tr key={`${side} ${one.price}`} className={side === 'BID' ? 'bid' : 'ask'}>
        <td>{words(side === 'BID' ? 'bid' : 'ask')}</td>
        <td className="number">{shown(one.price)}</td>
        <td className="number">{shown(one.size)}{isWall && <small> {words('wall')}</small>}</td>
        <td className="bar" aria-hidden="true"><span style={{ inlineSize: `${(100 * Number(one.size)) / largest}%` }} /></td>
      </tr>
    );
  };
  return (
    <table className="ladder" aria-label={label}>
      <thead>
        <tr>
          <th scope="col">{words('side')}</th>
          <th scope="col" className="number">{words('price')}</th>
          <th scope="col" className="number">{words('quantity')}</th>
          <td aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {[...book.asks].reverse().map(one => row(one, 'ASK'))}
        {book.bids.map(one => row(one, 'BID'))}
      </tbody>
    </table>
  );
}

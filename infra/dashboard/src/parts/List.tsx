// A list of the API as a table, with the places of the rows in sight, their number and a button to read it again.
import type { Pages } from '../api/pages';
import { useStore } from '../api/store';
import { useWords } from '../words/words';
import { Export } from './Export';
import { Fault } from './Outcome';
import { Table, type Column } from './Table';

interface Props<Row> {
  readonly label: string;
  readonly of: Pages<Row>;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
}

export function List<Row extends object>({ label, of, columns, keyOf, onOpen }: Props<Row>) {
  const words = useWords();
  return (
    <>
      {of.error && <Fault error={of.error} />}
      {of.data === undefined ? (
        !of.error && <p className="pending" role="status">{words('loading')}</p>
      ) : (
        <div className={of.isOld ? 'older' : ''} aria-busy={of.isOld}>
          <Table label={label} columns={columns} rows={of.data} keyOf={keyOf} onShown={of.show} {...(onOpen && { onOpen })} />
          <p className="total">
            <InSight of={of} total={of.data.length} />{' '}
            <button type="button" onClick={of.again}>{words('read-again')}</button>{' '}
            <Export label={label} of={of} />
          </p>
        </div>
      )}
    </>
  );
}

function InSight<Row>({ of, total }: { readonly of: Pages<Row>; readonly total: number }) {
  const words = useWords();
  const [first, last] = useStore(of.inSight);
  return <>{words('total', { first: Math.min(first + 1, total), last: Math.min(last + 1, total), total })}</>;
}

// The audit reports of an account: of the whole log, or of a period or a strategy, shown and saved as files.
import { useState } from 'react';
import { client } from '../api/client';
import { graphql, type ResultOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { useWords } from '../words/words';
import { shown } from './decimal';
import { Outcome } from './Outcome';
import { save } from './save';
import { moment } from './time';

const DAYS = graphql(`
  query ReportDays($account: String!) {
    days: performance(account: $account, by: DAY) { value }
    strategies: performance(account: $account, by: STRATEGY) { value }
  }
`);
const REPORT = graphql(`
  query Report($account: String!, $first: Date, $last: Date, $strategy: String!) {
    report(account: $account, first: $first, last: $last, strategy: $strategy) {
      name kind currency begun ended first last events root page json
      statement { opening starting deposits withdrawals realised fees funding other closing }
    }
  }
`);
const LINES = ['opening', 'starting', 'deposits', 'withdrawals', 'realised', 'fees', 'funding', 'other', 'closing'] as const;
/** Lines whose amounts are positive where money left the account: with a minus the lines add up to the closing balance. */
const PAID: readonly string[] = ['withdrawals', 'fees'];

type Made = ResultOf<typeof REPORT>['report'];

interface Scope {
  readonly first: string | null;
  readonly last: string | null;
  readonly strategy: string;
}

export function Reports({ account }: { readonly account: string }) {
  const words = useWords();
  const found = useQuery(DAYS, { account });
  const [made, setMade] = useState<Made | null>(null);
  const [fault, setFault] = useState('');
  const [isMaking, setIsMaking] = useState(false);
  const make = async (scope: Scope) => {
    if (isMaking) return;
    setIsMaking(true);
    setMade(null);
    const { data, error } = await client.query(REPORT, { account, ...scope }).toPromise();
    setMade(data?.report ?? null);
    setFault(error ? error.graphQLErrors.map(one => one.message).join(' ') || error.message : '');
    setIsMaking(false);
  };
  return (
    <>
      <h2>{words('reports')}</h2>
      <p className="note">{words('reports-help')}</p>
      <Outcome of={found}>
        {({ days, strategies }) => (
          <>
            <form
              className="filters"
              onSubmit={event => {
                event.preventDefault();
                const given = new FormData(event.currentTarget);
                const day = (name: string) => String(given.get(name) ?? '') || null;
                void make({ first: day('first-day'), last: day('last-day'), strategy: String(given.get('strategy') ?? '') });
              }}
            >
              {(['first-day', 'last-day'] as const).map(name => (
                <label key={name}>{words(name)} <input type="date" name={name} /></label>
              ))}
              <label>
                {words('strategy')}{' '}
                <select name="strategy">
                  <option value="">{words('filter-all')}</option>
                  {strategies.map(one => <option key={one.value}>{one.value}</option>)}
                </select>
              </label>
              <button type="submit" aria-disabled={isMaking}>{words('make-report')}</button>
            </form>
            <ul className="ready" aria-label={words('reports')}>
              {periodsOf(days.map(one => one.value)).map(one => (
                <li key={one.name}>
                  <button type="button" aria-disabled={isMaking} onClick={() => void make({ ...one, strategy: '' })}>
                    {one.name || words('whole-log')}
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
      </Outcome>
      <div role="status" aria-label={words('report')}>
        {isMaking && <p className="pending">{words('loading')}</p>}
        {fault && <p className="loss">{fault}</p>}
        {made && <Shown of={made} />}
      </div>
    </>
  );
}

function Shown({ of }: { readonly of: Made }) {
  const words = useWords();
  return (
    <section className="report">
      <h3>{of.name}</h3>
      <p>{words('report-of', { kind: of.kind, begun: moment(of.begun), ended: moment(of.ended), first: of.first, last: of.last })}</p>
      {of.statement && (
        <dl className="terms">
          {LINES.map(name => {
            const amount = of.statement?.[name] ?? '0';
            return [
              <dt key={`${name} name`}>{words(`statement-${name}`)}</dt>,
              <dd key={name}>{shown(PAID.includes(name) ? negated(amount) : amount, 18)} {of.currency}</dd>,
            ];
          })}
        </dl>
      )}
      <p>{words('report-stands-on', { events: of.events })} <code>{of.root}</code></p>
      <p className="buttons">
        <button type="button" onClick={() => save(`${of.name}.html`, of.page, 'text/html')}>{words('save-page')}</button>
        <button type="button" onClick={() => save(`${of.name}.json`, of.json, 'application/json')}>{words('save-json')}</button>
      </p>
    </section>
  );
}

function negated(decimal: string): string {
  return decimal.startsWith('-') ? decimal.slice(1) : `-${decimal}`;
}

interface Named {
  readonly name: string;
  readonly first: string | null;
  readonly last: string | null;
}

/** The whole log, whose name is empty, and its months, the latest first. */
function periodsOf(days: readonly string[]): readonly Named[] {
  const months = [...new Set(days.map(day => day.slice(0, 7)))].sort().reverse();
  return [{ name: '', first: null, last: null }, ...months.map(month => ({ name: month, first: `${month}-01`, last: endOf(month) }))];
}

function endOf(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
}

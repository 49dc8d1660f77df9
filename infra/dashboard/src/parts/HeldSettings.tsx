// The changes of settings that wait for a review: what, by whom, why and since when; an admin applies or rejects them.
import { graphql } from '../api/graphql';
import { send } from '../api/mutate';
import { useWords } from '../words/words';
import { Request } from './Request';
import { moment } from './time';

export interface Held {
  readonly id: string;
  readonly changes: readonly Change[];
}

interface Change {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly by: string;
  readonly reason: string;
  readonly since: string;
  readonly closes: number;
}

const REVIEW = graphql(`
  mutation Review($request: RequestInput!, $held: ID!, $verdict: Review!, $reason: String!) {
    reviewSettings(request: $request, held: $held, verdict: $verdict, reason: $reason) {
      __typename
      ... on Completed { note }
      ... on Refused { reason }
      ... on TimedOut { known }
    }
  }
`);
const VERDICTS = { APPLY: 'apply-settings', REJECT: 'reject-settings' } as const;
const EXPLAINED = { APPLY: 'apply-settings-explained', REJECT: 'reject-settings-explained' } as const;

export function HeldSettings({ account, of }: { readonly account: string; readonly of: Held }) {
  const words = useWords();
  return (
    <>
      <h2>{words('held-settings')}</h2>
      <List of={of.changes} />
      <p className="buttons">
        {(Object.keys(VERDICTS) as (keyof typeof VERDICTS)[]).map(verdict => (
          <Request
            key={verdict}
            account={account}
            label={VERDICTS[verdict]}
            least="ADMIN"
            isGrave={verdict === 'APPLY'}
            fields={[{ name: 'reason', kind: 'text' }]}
            explained={<Explained verdict={verdict} of={of} />}
            send={(request, { reason = '' }) => send(REVIEW, { request, held: of.id, verdict, reason }, VERDICTS[verdict])}
          />
        ))}
      </p>
    </>
  );
}

function Explained({ verdict, of }: { readonly verdict: keyof typeof VERDICTS; readonly of: Held }) {
  const words = useWords();
  return (
    <>
      {words(EXPLAINED[verdict])}
      <List of={of.changes} />
    </>
  );
}

function List({ of }: { readonly of: readonly Change[] }) {
  const words = useWords();
  return (
    <ul>
      {of.map(one => (
        <li key={one.name}>
          <code>{one.name}</code> {one.before || '""'} → <strong>{one.after || '""'}</strong>{' '}
          {one.closes > 0 && <strong>{words('held-closes', { count: one.closes })}</strong>}{' '}
          {words('held-by', { by: one.by, at: moment(one.since) })} {one.reason}
        </li>
      ))}
    </ul>
  );
}

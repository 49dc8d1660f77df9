import { useState } from 'react';
import { graphql, type ResultOf } from '../api/graphql';
import { usePages } from '../api/pages';
import { useQuery } from '../api/query';
import { Choice } from '../parts/Choice';
import { percent, shown, significantPercent, tone } from '../parts/decimal';
import { List } from '../parts/List';
import { Outcome } from '../parts/Outcome';
import { address } from '../parts/route';
import type { Column } from '../parts/Table';
import { moment } from '../parts/time';
import { VoteTable } from '../parts/VoteTable';
import { useWords } from '../words/words';
import { Direction } from './Now';
import { Routes } from './Routes';

const DECISIONS = graphql(`
  query Decisions(
    $account: String!, $verdict: Verdict, $reason: String, $first: Int, $after: String, $skip: Int!, $isCounted: Boolean!,
    $asOf: AsOfInput
  ) {
    decisions(
      where: { account: $account, verdict: $verdict, reason: $reason }, first: $first, after: $after, skip: $skip, asOf: $asOf
    ) {
      edges { node { id decidedAt strategy instrument direction verdict reasons quantity approvals rejections arm } }
      pageInfo { hasNextPage endCursor }
      totalCount @include(if: $isCounted)
    }
  }
`);
const DECISION = graphql(`
  query Decision($id: ID!, $asOf: AsOfInput) {
    explanation(id: $id, asOf: $asOf) {
      decisions {
        signalId strategy verdict reasons inputs
        toPass { reason needed }
        votes { vote { member chamber approves reasons figures } margins { reason needed } }
      }
    }
    signalScores(id: $id, asOf: $asOf) {
      model name role outcome detail confidence expectedReturn reasons { feature value effect }
    }
  }
`);
const REASONS = graphql(`
  query Reasons($account: String!, $asOf: AsOfInput) {
    objections(account: $account, asOf: $asOf) { reason count }
  }
`);

type Row = ResultOf<typeof DECISIONS>['decisions']['edges'][number]['node'];
type Score = ResultOf<typeof DECISION>['signalScores'][number];
type Explained = NonNullable<ResultOf<typeof DECISION>['explanation']>['decisions'][number];

const COLUMNS: readonly Column<Row>[] = [
  { name: 'decided', cell: one => moment(one.decidedAt), width: 11 },
  { name: 'strategy', cell: one => one.strategy, width: 7 },
  { name: 'instrument', cell: one => one.instrument, width: 12 },
  { name: 'direction', cell: one => <Direction of={one.direction} /> },
  { name: 'verdict', cell: one => one.verdict, width: 5 },
  { name: 'quantity', cell: one => shown(one.quantity), isNumber: true },
  { name: 'votes', cell: one => `${one.approvals} : ${one.rejections}`, isNumber: true, width: 4 },
  { name: 'arm', cell: one => (one.arm === 'NONE' ? '–' : one.arm), width: 4 },
  { name: 'reasons', cell: one => <span title={one.reasons.join(', ')}>{one.reasons.join(', ')}</span>, width: 30 },
];
const VERDICTS = ['ENTER', 'CLOSE', 'SKIP', 'REVERSE'] as const;

export function Decisions({ account }: { readonly account: string }) {
  const words = useWords();
  const [verdict, setVerdict] = useState('');
  const [reason, setReason] = useState('');
  const [opened, setOpened] = useState<string | null>(null);
  const reasons = useQuery(REASONS, { account });
  const found = usePages(
    DECISIONS,
    { account, verdict: VERDICTS.find(one => one === verdict) ?? null, reason: reason || null },
    data => data.decisions,
  );
  const known = [...new Set(reasons.data?.objections.map(one => one.reason))];
  return (
    <>
      <form className="filters" onSubmit={event => event.preventDefault()}>
        <Choice label="filter-verdict" value={verdict} choices={VERDICTS} onChange={setVerdict} />
        <Choice label="filter-reason" value={reason} choices={known} onChange={setReason} />
      </form>
      <List label={words('page-decisions')} of={found} columns={COLUMNS} keyOf={one => one.id} onOpen={one => setOpened(one.id)} />
      {opened !== null && <Opened id={opened} />}
      <Routes account={account} />
    </>
  );
}

function Opened({ id }: { readonly id: string }) {
  const found = useQuery(DECISION, { id }, false);
  return (
    <Outcome of={found}>
      {data => (
        <>
          {data.explanation?.decisions.filter(one => one.signalId === id).map(one => <Votes key={id} of={one} />)}
          {data.signalScores.length > 0 && <Scores of={data.signalScores} />}
        </>
      )}
    </Outcome>
  );
}

function Votes({ of }: { readonly of: Explained }) {
  const words = useWords();
  return (
    <section className="votes scrolled" tabIndex={0} aria-label={words('votes')}>
      <h2>
        {of.strategy}: {of.verdict} {of.reasons.join(', ')}{' '}
        <a href={address('chain', of.signalId)}>{words('open-chain')}</a>
      </h2>
      {of.toPass.length > 0 && (
        <>
          <h3>{words('to-pass')}</h3>
          <ul>{of.toPass.map(one => <li key={one.reason + one.needed}><strong>{one.reason}</strong> {one.needed}</li>)}</ul>
        </>
      )}
      <VoteTable of={of.votes.map(({ vote }) => vote)} />
    </section>
  );
}

function Scores({ of }: { readonly of: readonly Score[] }) {
  const words = useWords();
  return (
    <section className="votes scrolled" tabIndex={0} aria-label={words('scores-of-models')}>
      <h2>{words('scores-of-models')}</h2>
      <table>
        <thead>
          <tr>
            {['model', 'role', 'outcome', 'confidence', 'expected-return', 'moved-by'].map(one => <th key={one}>{words(one)}</th>)}
          </tr>
        </thead>
        <tbody>
          {of.map(one => (
            <tr key={one.model}>
              <td title={one.model}>{one.name}</td>
              <td>{one.role}</td>
              <td>{one.outcome} {one.detail}</td>
              <td>{percent(one.confidence, 1)}</td>
              <td className={tone(one.expectedReturn)}>{percent(one.expectedReturn, 3)}</td>
              <td>{one.reasons.map(({ feature, effect }) => (
                <span className="pair" key={feature}>{feature} <b>{effect > 0 && '+'}{significantPercent(effect)}</b></span>
              ))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

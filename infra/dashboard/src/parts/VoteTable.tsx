// The votes of committee members: on a signal, or on the entry of a draft.
import { useWords } from '../words/words';

export interface Vote {
  readonly member: string;
  readonly chamber: string;
  readonly approves: boolean;
  readonly reasons: readonly string[];
  /** The figures that the member used, by name. */
  readonly figures: unknown;
}

export function VoteTable({ of }: { readonly of: readonly Vote[] }) {
  const words = useWords();
  return (
    <table>
      <thead>
        <tr>{['chamber', 'member', 'approves', 'reasons', 'figures'].map(one => <th key={one}>{words(one)}</th>)}</tr>
      </thead>
      <tbody>
        {of.map(vote => (
          <tr key={vote.member}>
            <td>{vote.chamber}</td>
            <td>{vote.member}</td>
            <td className={vote.approves ? 'gain' : 'loss'}>{words(vote.approves ? 'yes' : 'no')}</td>
            <td>{vote.reasons.join(', ')}</td>
            <td><Figures of={vote.figures} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A figure without a value is left out: `tripped` alone would read as if the kill switch were tripped. */
export function Figures({ of }: { readonly of: unknown }) {
  const pairs = Object.entries((of ?? {}) as Record<string, unknown>).filter(([, value]) => value !== '');
  return <>{pairs.map(([name, value]) => <span className="pair" key={name}>{name} <b>{String(value)}</b></span>)}</>;
}

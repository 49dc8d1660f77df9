import { useState } from 'react';
import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import { Outcome } from '../parts/Outcome';
import { address, goTo } from '../parts/route';
import { moment, since } from '../parts/time';
import { useWords } from '../words/words';

const CHAIN = graphql(`
  query Chain($id: ID!, $asOf: AsOfInput) {
    explanation(id: $id, asOf: $asOf) {
      kind name
      steps { depth because line sinceStart event { id ordinal type stream actor occurredAt json } }
    }
  }
`);

export function Chain({ id }: { readonly id: string }) {
  const words = useWords();
  const [typed, setTyped] = useState(id);
  return (
    <>
      <form
        className="filters"
        role="search"
        onSubmit={event => {
          event.preventDefault();
          goTo('chain', typed.trim());
        }}
      >
        <label className="wide">
          {words('find-chain')}{' '}
          <input type="search" value={typed} onChange={event => setTyped(event.target.value)} />
        </label>
        <button type="submit">{words('find')}</button>
      </form>
      {id ? <Story id={id} key={id} /> : <p className="empty">{words('chain-hint')}</p>}
    </>
  );
}

function Story({ id }: { readonly id: string }) {
  const words = useWords();
  const found = useQuery(CHAIN, { id });
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <Outcome of={found}>
      {({ explanation }) =>
        explanation === null ? (
          <p className="empty">{words('not-found')}</p>
        ) : (
          <ol className="story">
            {explanation.steps.map(step => (
              <li key={step.event.id} style={{ paddingInlineStart: `${Math.min(step.depth, 12)}rem` }}>
                <button
                  type="button"
                  aria-expanded={opened === step.event.id}
                  onClick={() => setOpened(opened === step.event.id ? null : step.event.id)}
                >
                  <span className="when">
                    {moment(step.event.occurredAt)} <small>+{since(Number(step.sinceStart), words)}</small>
                  </span>
                  <strong>{step.event.type.split('.').at(-1)}</strong> <span>{step.line}</span>
                  <small className="because">{step.because}</small>
                </button>
                {opened === step.event.id && (
                  <>
                    <pre>{JSON.stringify(step.event.json, null, 2)}</pre>
                    <a href={address('audit', String(step.event.ordinal))}>{words('prove-event', { ordinal: step.event.ordinal })}</a>
                  </>
                )}
              </li>
            ))}
          </ol>
        )
      }
    </Outcome>
  );
}

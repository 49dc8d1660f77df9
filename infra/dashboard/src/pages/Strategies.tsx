import { graphql } from '../api/graphql';
import { send } from '../api/mutate';
import { useQuery } from '../api/query';
import { shown, tone } from '../parts/decimal';
import { Outcome } from '../parts/Outcome';
import { Request } from '../parts/Request';
import { moment } from '../parts/time';
import { Figures } from '../parts/VoteTable';
import { useWords } from '../words/words';

const STRATEGIES = graphql(`
  query Strategies($account: String!, $asOf: AsOfInput) {
    account(account: $account, asOf: $asOf) { settings }
    tradingStates(account: $account, asOf: $asOf) { paused pauses { strategy losses until } }
    weights(account: $account, asOf: $asOf) { strategy instrument regime weight scales }
    performance(account: $account, by: STRATEGY, asOf: $asOf) { value trades net }
  }
`);
const PAUSE = graphql(`
  mutation Pause($request: RequestInput!, $strategy: String!, $reason: String!) {
    pauseStrategy(request: $request, strategy: $strategy, reason: $reason) {
      __typename
      ... on Completed { note }
      ... on Refused { reason }
      ... on TimedOut { known }
    }
  }
`);
const RESUME = graphql(`
  mutation Resume($request: RequestInput!, $strategy: String!, $reason: String!) {
    resumeStrategy(request: $request, strategy: $strategy, reason: $reason) {
      __typename
      ... on Completed { note }
      ... on Refused { reason }
      ... on TimedOut { known }
    }
  }
`);

interface Instance {
  readonly id: string;
  readonly name: string;
  readonly strategy: string;
  readonly instruments: readonly string[];
  readonly interval: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export function Strategies({ account }: { readonly account: string }) {
  const words = useWords();
  const found = useQuery(STRATEGIES, { account });
  return (
    <Outcome of={found}>
      {({ account: one, tradingStates: [state], weights, performance }) => {
        const instances = (one?.settings as { strategies?: readonly Instance[] } | undefined)?.strategies ?? [];
        if (instances.length === 0) return <p className="empty">{words('no-strategies')}</p>;
        return (
          <ul className="cards">
            {instances.map(instance => {
              const id = instance.id || instance.name;
              const result = performance.find(group => group.value === id);
              const isPaused = state?.paused.includes(id) ?? false;
              const lossPause = state?.pauses.find(pause => pause.strategy === id);
              return (
                <li key={id} className="card">
                  <h2>
                    {id} <small>{instance.strategy || instance.name} {instance.interval}</small>
                  </h2>
                  <p>{instance.instruments.join(', ') || words('every-instrument')}</p>
                  <p><Figures of={instance.parameters} /></p>
                  {result && (
                    <p>
                      {words('trades')} {result.trades}, {words('net')}{' '}
                      <span className={tone(result.net)}>{shown(result.net, 2)}</span>
                    </p>
                  )}
                  {weights.filter(weight => weight.strategy === id).map(weight => (
                    <p key={`${weight.instrument} ${weight.regime}`}>
                      {words('weight')} {shown(weight.weight)} ({weight.scales}) {weight.instrument} {weight.regime}
                    </p>
                  ))}
                  {lossPause && <p className="warning">{words('paused-after-losses')} {moment(lossPause.until)}</p>}
                  {isPaused && <p className="warning">{words('paused')}</p>}
                  <p className="buttons">
                    <Request
                      account={account}
                      label={isPaused ? 'resume-strategy' : 'pause-strategy'}
                      least="TRADER"
                      fields={[{ name: 'reason', kind: 'text' }]}
                      explained={words(isPaused ? 'resume-strategy-explained' : 'pause-strategy-explained', { strategy: id })}
                      send={(request, { reason = '' }) => {
                        const variables = { request, strategy: id, reason };
                        return isPaused ? send(RESUME, variables, 'resume-strategy') : send(PAUSE, variables, 'pause-strategy');
                      }}
                    />
                  </p>
                </li>
              );
            })}
          </ul>
        );
      }}
    </Outcome>
  );
}

import { graphql, type ResultOf } from '../api/graphql';
import { send } from '../api/mutate';
import { useQuery } from '../api/query';
import { percent, shown } from '../parts/decimal';
import { HeldSettings } from '../parts/HeldSettings';
import { Outcome } from '../parts/Outcome';
import { Request } from '../parts/Request';
import { moment } from '../parts/time';
import { useWords } from '../words/words';

const RISK = graphql(`
  query Risk($account: String!, $asOf: AsOfInput) {
    account(account: $account, asOf: $asOf) {
      currency balance equity openRisk openPositions dayBalance dayRealised drawdown available reserved exposure settings settingsVersion
    }
    tradingStates(account: $account, asOf: $asOf) {
      isHalted reasons killSwitch killSwitchAt killSwitchBy paused
      pauses { strategy losses net since until }
      heldSettings { id changes { name before after by reason since closes } }
    }
  }
`);
const TRIP = graphql(`
  mutation Trip($request: RequestInput!, $reason: String!) {
    tripKillSwitch(request: $request, reason: $reason) {
      __typename
      ... on Completed { note }
      ... on Refused { reason }
      ... on TimedOut { known }
    }
  }
`);
const RESET = graphql(`
  mutation Reset($request: RequestInput!, $reason: String!) {
    resetKillSwitch(request: $request, reason: $reason) {
      __typename
      ... on Completed { note }
      ... on Refused { reason }
      ... on TimedOut { known }
    }
  }
`);

type Account = NonNullable<ResultOf<typeof RISK>['account']>;

interface RiskSettings {
  readonly max_positions: number;
  readonly max_total_risk: string;
  readonly max_daily_loss: string;
}

interface Use {
  readonly name: string;
  readonly used: number;
  readonly most: number;
  readonly text: string;
}

export function Risk({ account }: { readonly account: string }) {
  const words = useWords();
  const found = useQuery(RISK, { account });
  return (
    <Outcome of={found}>
      {({ account: one, tradingStates: [state] }) => (
        <>
          <h2>{words('kill-switch')}</h2>
          {!state ? (
            <p className="empty">{words('no-account')}</p>
          ) : state.killSwitch ? (
            <p className="halted">
              <strong>{words('kill-switch-tripped')}</strong> {state.killSwitch} ({moment(state.killSwitchAt)}, {state.killSwitchBy})
            </p>
          ) : (
            <p>{words('kill-switch-armed')}</p>
          )}
          <p className="buttons">
            {state?.killSwitch ? (
              <Request
                account={account}
                label="reset-kill-switch"
                least="ADMIN"
                fields={[{ name: 'reason', kind: 'text' }]}
                explained={words('reset-kill-switch-explained')}
                send={(request, { reason = '' }) => send(RESET, { request, reason }, 'reset-kill-switch')}
              />
            ) : (
              <Request
                account={account}
                label="trip-kill-switch"
                least="TRADER"
                isGrave
                fields={[{ name: 'reason', kind: 'text' }]}
                explained={words('trip-kill-switch-explained')}
                send={(request, { reason = '' }) => send(TRIP, { request, reason }, 'trip-kill-switch')}
              />
            )}
          </p>
          {state && state.pauses.length > 0 && (
            <>
              <h2>{words('pauses')}</h2>
              <ul>
                {state.pauses.map(pause => (
                  <li key={pause.strategy ?? ''}>
                    {pause.strategy ?? words('account')}: {words('pause-of', { losses: pause.losses, net: shown(pause.net, 2) })}{' '}
                    {moment(pause.since)} – {moment(pause.until)}
                  </li>
                ))}
              </ul>
            </>
          )}
          {state?.heldSettings && <HeldSettings account={account} of={state.heldSettings} />}
          <h2>{words('limits')}</h2>
          {one && <Uses of={usesOf(one)} />}
        </>
      )}
    </Outcome>
  );
}

function usesOf(one: Account): readonly Use[] {
  const risk = (one.settings as { risk: RiskSettings }).risk;
  const balance = Number(one.balance);
  const openRisk = one.openRisk === null ? null : Number(one.openRisk) / balance;
  const lost = Math.max(0, -Number(one.dayRealised)) / Number(one.dayBalance);
  return [
    { name: 'max-positions', used: one.openPositions, most: risk.max_positions, text: `${one.openPositions} / ${risk.max_positions}` },
    share('max-total-risk', openRisk, Number(risk.max_total_risk)),
    share('max-daily-loss', lost, Number(risk.max_daily_loss)),
  ];
}

/** `used` is null where it is not known: an open position without a stop may lose any amount. */
function share(name: string, used: number | null, most: number): Use {
  return { name, used: used ?? most, most, text: `${percent(used)} / ${percent(most)}` };
}

function Uses({ of }: { readonly of: readonly Use[] }) {
  const words = useWords();
  return (
    <dl className="uses">
      {of.map(one => (
        <div key={one.name}>
          <dt>{words(one.name)}</dt>
          <dd>
            <meter min={0} max={one.most || 1} high={one.most * 0.8} value={Math.min(one.used, one.most)} aria-label={words(one.name)} />
            {' '}{one.text}
          </dd>
        </div>
      ))}
    </dl>
  );
}

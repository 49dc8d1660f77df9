import { graphql, type ResultOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { fixed, percent, shown, tone } from '../parts/decimal';
import { Figure } from '../parts/Figure';
import { Outcome } from '../parts/Outcome';
import { Table, type Column } from '../parts/Table';
import { moment } from '../parts/time';
import { useWords } from '../words/words';

const MODELS = graphql(`
  query Models($account: String!, $asOf: AsOfInput) {
    models(account: $account, asOf: $asOf) {
      sha256 name role featureSet dataFrom dataUntil labels metrics { name value } registeredBy registeredAt reason passedGate
      outcomes { outcome count } drifts { subject test statistic limit count begin end }
      resolved gainRate accuracy meanConfidence brier meanReturn judged letThrough profit championProfit
    }
  }
`);

type Model = ResultOf<typeof MODELS>['models'][number];
type Drift = Model['drifts'][number];

const CHALLENGERS: readonly Column<Model>[] = [
  { name: 'model', cell: one => <Name of={one} />, width: 12 },
  { name: 'role', cell: one => one.role ?? '–' },
  { name: 'gate', cell: one => <Gate of={one} /> },
  { name: 'resolved', cell: one => one.resolved, isNumber: true },
  { name: 'mean-confidence', cell: one => percent(one.meanConfidence, 1), isNumber: true },
  { name: 'gain-rate', cell: one => percent(one.gainRate, 1), isNumber: true },
  { name: 'accuracy', cell: one => percent(one.accuracy, 1), isNumber: true },
  { name: 'brier', cell: one => measured(one.brier), isNumber: true },
  { name: 'mean-return', cell: one => <span className={tone(one.meanReturn)}>{percent(one.meanReturn, 3)}</span>, isNumber: true },
  { name: 'let-through', cell: one => `${one.letThrough} / ${one.judged}`, isNumber: true },
  { name: 'profit', cell: one => <span className={tone(one.profit)}>{percent(one.profit, 2)}</span>, isNumber: true },
  { name: 'champion-profit', cell: one => percent(one.championProfit, 2), isNumber: true },
  { name: 'drifts', cell: one => one.drifts.length, isNumber: true, width: 4 },
  { name: 'registered', cell: one => moment(one.registeredAt), width: 11 },
  { name: 'reason', cell: one => one.reason || '–', width: 16 },
];
const DRIFTS: readonly Column<Drift>[] = [
  { name: 'feature', cell: one => one.subject, width: 14 },
  { name: 'test', cell: one => one.test },
  { name: 'statistic', cell: one => measured(one.statistic), isNumber: true },
  { name: 'limit-of-test', cell: one => measured(one.limit), isNumber: true },
  { name: 'scores', cell: one => one.count, isNumber: true },
  { name: 'window', cell: one => `${moment(one.begin)} – ${moment(one.end)}`, width: 24 },
];

/** Those of a validation, by name. */
const METRICS: readonly Column<Model['metrics'][number]>[] = [
  { name: 'metric', cell: one => one.name, width: 14 },
  { name: 'metric-value', cell: one => validated(one.value), isNumber: true, width: 8 },
];

export function Models({ account }: { readonly account: string }) {
  const words = useWords();
  const found = useQuery(MODELS, { account });
  return (
    <Outcome of={found}>
      {({ models }) => {
        if (models.length === 0) return <p className="empty">{words('no-models')}</p>;
        const champion = models.find(one => one.role === 'CHAMPION');
        const others = models.filter(one => one !== champion);
        return (
          <>
            <h2>{words('champion')}</h2>
            {champion ? <Champion of={champion} /> : <p className="empty">{words('no-champion')}</p>}
            <h2>{words('other-models')}</h2>
            {others.length === 0 ? (
              <p className="empty">{words('empty')}</p>
            ) : (
              <Table label={words('other-models')} columns={CHALLENGERS} rows={others} keyOf={one => one.sha256} />
            )}
            {others.filter(one => one.drifts.length > 0).map(one => <Drifts key={one.sha256} of={one} />)}
          </>
        );
      }}
    </Outcome>
  );
}

function Champion({ of }: { readonly of: Model }) {
  const words = useWords();
  return (
    <>
      <p>
        <strong><Name of={of} /></strong>{' '}
        {words('trained', { labels: of.labels, begin: moment(of.dataFrom), end: moment(of.dataUntil), set: of.featureSet })}{' '}
        <span className="pair">{words('gate')} <b><Gate of={of} /></b></span>
      </p>
      {of.reason && <p className="note">{words('reason')}: {of.reason}</p>}
      <h3>{words('calibration')}</h3>
      <p className="note">{words('calibration-help')}</p>
      <dl className="figures">
        <Figure name="resolved" value={shown(String(of.resolved))} />
        <Figure name="mean-confidence" value={percent(of.meanConfidence, 1)} />
        <Figure name="gain-rate" value={percent(of.gainRate, 1)} />
        <Figure name="brier" value={measured(of.brier)} />
        <Figure name="accuracy" value={percent(of.accuracy, 1)} />
        <Figure name="mean-return" value={percent(of.meanReturn, 3)} tone={tone(of.meanReturn)} />
      </dl>
      <h3>{words('scores')}</h3>
      <p>
        {of.outcomes.length === 0 && <span className="empty">{words('empty')}</span>}
        {of.outcomes.map(one => <span className="pair" key={one.outcome}>{one.outcome} <b>{shown(String(one.count))}</b></span>)}
      </p>
      <h3>{words('validation')}</h3>
      <Metrics of={of.metrics} />
      <Drifts of={of} />
    </>
  );
}

/** The figures in order of their names. */
function Metrics({ of }: { readonly of: Model['metrics'] }) {
  const words = useWords();
  if (of.length === 0) return <p className="empty">{words('empty')}</p>;
  const rows = [...of].sort((one, other) => (one.name < other.name ? -1 : 1));
  return <Table label={words('validation')} columns={METRICS} rows={rows} keyOf={one => one.name} height={380} />;
}

function Drifts({ of }: { readonly of: Model }) {
  const words = useWords();
  const label = words('drift-of', { model: of.name });
  return (
    <>
      <h3>{label}</h3>
      {of.drifts.length === 0 ? (
        <p className="empty">{words('no-drift')}</p>
      ) : (
        <Table
          label={label}
          columns={DRIFTS}
          rows={[...of.drifts].reverse()}
          keyOf={one => `${one.subject} ${one.test} ${one.end}`}
        />
      )}
    </>
  );
}

/** A line of models has several of one name, so a part of the file's hash follows the name. */
function Name({ of }: { readonly of: Model }) {
  return <span title={of.sha256}>{of.name} <small>{of.sha256.slice(0, 8)}</small></span>;
}

/** What the gate of its training found, as the registration states it. */
function Gate({ of: { passedGate } }: { readonly of: Model }) {
  const words = useWords();
  if (passedGate === null) return <>–</>;
  return <span className={passedGate ? 'gain' : 'loss'}>{words(passedGate ? 'gate-passed' : 'gate-failed')}</span>;
}

/** Counts are whole numbers among the figures of a validation. */
function validated(value: number): string {
  return Number.isInteger(value) ? shown(String(value)) : measured(value);
}

function measured(value: number | null): string {
  return value === null ? '–' : fixed(value, 4);
}

import { useRef, useState } from 'react';
import { client } from '../api/client';
import { graphql, type ResultOf } from '../api/graphql';
import { newRequest, send, sendAgain, textOf, type RequestKey, type Result } from '../api/mutate';
import { priced } from '../api/prices';
import { useStore } from '../api/store';
import { useMay } from '../api/viewer';
import { shown } from '../parts/decimal';
import { Figure } from '../parts/Figure';
import { ResultLine } from '../parts/ResultLine';
import { VoteTable, type Vote } from '../parts/VoteTable';
import { useWords } from '../words/words';

const DRAFT = graphql(`
  mutation Draft($request: RequestInput!, $terms: OrderTerms!) {
    draftOrder(request: $request, terms: $terms) {
      __typename
      ... on Draft {
        confirmation expiresAt price notional margin fee risk warnings
        votes { member chamber approves reasons figures }
      }
      ... on Refused { reason votes { member chamber approves reasons figures } }
      ... on TimedOut { known }
    }
  }
`);
const PLACE = graphql(`
  mutation Place($request: RequestInput!, $confirmation: String!) {
    placeOrder(request: $request, confirmation: $confirmation) {
      __typename
      ... on Completed { note }
      ... on Refused { reason }
      ... on TimedOut { known }
    }
  }
`);

type Drafted = Extract<ResultOf<typeof DRAFT>['draftOrder'], { __typename: 'Draft' }>;

const TYPES = ['MARKET', 'LIMIT', 'STOP'] as const;
const SIDES = ['BUY', 'SELL'] as const;

export function Trade({ account }: { readonly account: string }) {
  // A draft is of one account: with another one the page begins anew.
  return <Order account={account} key={account} />;
}

function Order({ account }: { readonly account: string }) {
  const words = useWords();
  const may = useMay('TRADER');
  const known = useStore(priced);
  const [type, setType] = useState<(typeof TYPES)[number]>('MARKET');
  const [request, setRequest] = useState<RequestKey | null>(null);
  const [draft, setDraft] = useState<Drafted | null>(null);
  const [votes, setVotes] = useState<readonly Vote[]>([]);
  const [result, setResult] = useState<Result | null>(null);
  const [fault, setFault] = useState('');
  const [isPlacing, setIsPlacing] = useState(false);
  const turn = useRef(0);

  if (!may) return <p className="empty">{words('trader-only')}</p>;
  const drafted = async (form: FormData) => {
    const value = (name: string) => String(form.get(name) ?? '').trim() || null;
    const key = newRequest(account);
    const own = (turn.current += 1);
    setRequest(key);
    setResult(null);
    setFault('');
    setDraft(null);
    setVotes([]);
    const { data, error } = await client.mutation(DRAFT, {
      request: key,
      terms: {
        instrument: value('instrument') ?? '',
        side: SIDES.find(one => one === value('side')) ?? 'BUY',
        type,
        quantity: value('quantity') ?? '',
        limitPrice: value('limit-price'),
        triggerPrice: value('trigger-price'),
        stop: value('stop'),
        target: value('target'),
        reduceOnly: form.get('reduce-only') !== null,
      },
    }).toPromise();
    // The form has changed meanwhile, or another draft was requested: this one is not of the terms in sight.
    if (own !== turn.current) return;
    const answer = data?.draftOrder;
    if (answer?.__typename === 'Draft' || answer?.__typename === 'Refused') setVotes(answer.votes);
    if (answer?.__typename === 'Draft') setDraft(answer);
    // A draft records nothing, so one without a response has changed nothing.
    else if (answer?.__typename === 'Refused') setResult({ outcome: 'refused', text: answer.reason });
    else setFault(answer?.known ?? textOf(error));
  };
  const place = async (request: RequestKey, { confirmation }: Drafted) => {
    if (isPlacing) return;
    setIsPlacing(true);
    const own = turn.current;
    const found = result?.outcome === 'unknown'
      ? await sendAgain(request.idempotencyKey)
      : await send(PLACE, { request, confirmation }, 'place-order');
    setIsPlacing(false);
    setResult(found);
    if (found.outcome !== 'done' || own !== turn.current) return;
    setDraft(null);
    setVotes([]);
  };
  return (
    <>
      <form
        className="order"
        onChange={() => {
          turn.current += 1;
          setDraft(null);
          setVotes([]);
          setResult(null);
          setFault('');
        }}
        onSubmit={event => {
          event.preventDefault();
          void drafted(new FormData(event.currentTarget));
        }}
      >
        <label className="field">
          {words('instrument')}
          <input name="instrument" list="instruments" required />
          <datalist id="instruments">{known.map(one => <option key={one} value={one} />)}</datalist>
        </label>
        <label className="field">
          {words('side')}
          <select name="side">{SIDES.map(one => <option key={one}>{one}</option>)}</select>
        </label>
        <label className="field">
          {words('type')}
          <select value={type} onChange={event => setType(TYPES.find(one => one === event.target.value) ?? 'MARKET')}>
            {TYPES.map(one => <option key={one}>{one}</option>)}
          </select>
        </label>
        <Decimal name="quantity" isRequired />
        {type === 'LIMIT' && <Decimal name="limit-price" isRequired />}
        {type === 'STOP' && <Decimal name="trigger-price" isRequired />}
        <Decimal name="stop" />
        <Decimal name="target" />
        <label><input type="checkbox" name="reduce-only" /> {words('reduce-only')}</label>
        <p className="buttons"><button type="submit">{words('check-order')}</button></p>
      </form>
      {result && <p><ResultLine of={result} /></p>}
      {fault && <p role="alert" className="loss">{words('draft-failed')} {fault}</p>}
      {draft && request && (
        <section aria-label={words('draft')}>
          <h2>{words('draft')}</h2>
          <dl className="figures">
            <Figure name="price" value={shown(draft.price)} />
            <Figure name="notional" value={shown(draft.notional, 2)} />
            <Figure name="margin" value={shown(draft.margin, 2)} />
            <Figure name="fees" value={shown(draft.fee, 4)} />
            <Figure name="open-risk" value={shown(draft.risk, 2)} />
          </dl>
          <ul>{draft.warnings.map(one => <li key={one} className="warning">{one}</li>)}</ul>
        </section>
      )}
      {draft && request && (
        <p className="buttons">
          <button
            type="button"
            className="grave"
            aria-disabled={isPlacing}
            onClick={() => void place(request, draft)}
          >
            {words(result?.outcome === 'unknown' ? 'send-again' : 'place-order')}
          </button>
        </p>
      )}
      {votes.length > 0 && (
        <section className="votes scrolled" tabIndex={0} aria-label={words('rules')}>
          <h2>{words('rules')}</h2>
          <VoteTable of={votes} />
        </section>
      )}
    </>
  );
}

function Decimal({ name, isRequired = false }: { readonly name: string; readonly isRequired?: boolean }) {
  const words = useWords();
  return (
    <label className="field">
      {words(name)}
      <input name={name} inputMode="decimal" pattern="[0-9]+([.][0-9]+)?" required={isRequired} />
    </label>
  );
}

"""The explanation of any id as GraphQL objects: the facts of `projections.explained`, as `whence explain` has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import strawberry

from adapters.avro import to_json
from adapters.graphql.decision import Vote
from adapters.graphql.event import Event, recorded_event
from adapters.graphql.moment import Moment
from adapters.graphql.scalars import JSON
from domain import grid, slippage
from domain.committees import margins
from domain.direction import Direction, Purpose, Side
from domain.order import OrderType
from domain.signal import Tier, Verdict
from projections.explained import decisions, orders, positions, settings, timeline
from projections.explained.explained import Explained


@strawberry.type(
    description="What a reason against a trade lacked, from the recorded figures of its vote alone."
)
class Margin:
    reason: str = strawberry.field(description="The reason.")
    needed: str = strawberry.field(description="What had to differ, as a sentence.")
    is_recorded: bool = strawberry.field(
        description="Whether the recorded figures show by how much; if not, the sentence says so."
    )
    must: str | None = strawberry.field(
        description="How the value had to stand to the limit: `at least`, `at most`, `above` or `below`."
    )
    value: Decimal | None = strawberry.field(description="The recorded value; null without a comparison.")
    limit: Decimal | None = strawberry.field(description="The limit; null without a comparison.")
    by: Decimal | None = strawberry.field(
        description="The amount by which the value would have had to change; null without a comparison."
    )
    unit: str = strawberry.field(description="The unit of the three; empty for a plain number.")


@strawberry.type(description="One member's vote, and what it would have taken to change a vote against.")
class ExplainedVote:
    vote: Vote = strawberry.field(description="The vote, with the figures that the member saw.")
    margins: list[Margin] = strawberry.field(description="One for each reason; empty for an approval.")


@strawberry.type(description="The settings of an account that were in force.")
class SettingsInForce:
    account: str = strawberry.field(description="The account.")
    version: int = strawberry.field(description="The version, counted from 1 in the account's settings.")
    settings: JSON = strawberry.field(description="All settings, as recorded.")
    event: Event = strawberry.field(description="The event that put them in force.")


@strawberry.type(description="One level of a grid.")
class GridLevel:
    price: Decimal = strawberry.field(description="The limit price of its entry, in quote currency.")
    target: Decimal = strawberry.field(description="The price of its target, in quote currency.")


@strawberry.type(description="An entry that rests at several prices, with one stop, as it was proposed.")
class Grid:
    levels: list[GridLevel] = strawberry.field(description="From the nearest to the price to the outermost.")
    rounds: int = strawberry.field(description="How often each level is entered at most.")
    lifetime_seconds: int = strawberry.field(
        description="Seconds after the decision until which levels rest."
    )


@strawberry.type(description="A signal, the decision on it, and what a signal that was not traded lacked.")
class ExplainedDecision:
    account: str = strawberry.field(description="The account.")
    signal_id: strawberry.ID = strawberry.field(description="The id of the signal and of its chain.")
    strategy: str = strawberry.field(description="The id of the strategy that raised the signal.")
    parameters: JSON | None = strawberry.field(
        description="The parameters of the strategy in force; null where they are not recorded."
    )
    inputs: JSON = strawberry.field(description="The figures that the strategy used, by name.")
    grid: Grid | None = strawberry.field(description="The proposed grid; null for an entry at the market.")
    verdict: Verdict | None = strawberry.field(description="The verdict; null while undecided.")
    reasons: list[str] = strawberry.field(description="The reasons of the verdict.")
    tier: Tier | None = strawberry.field(description="The tier in force; null while undecided.")
    policy_version: int | None = strawberry.field(description="The policy's version; null while undecided.")
    settings_version: int | None = strawberry.field(
        description="The settings' version; null while undecided."
    )
    is_traded: bool = strawberry.field(description="Whether anything was to be bought or sold.")
    to_pass: list[Margin] = strawberry.field(description="What would have had to differ for it to pass.")
    votes: list[ExplainedVote] = strawberry.field(description="The votes, in the order they were recorded.")
    settings: SettingsInForce | None = strawberry.field(description="Null where they are not recorded.")


@strawberry.type(description="How much worse an order was filled than the price that was decided on.")
class Slippage:
    money: Decimal = strawberry.field(
        description="Over the filled quantity, in quote currency, without fees; positive is worse than decided."
    )
    basis_points: Decimal = strawberry.field(
        description="The same in 1/10,000 of the filled quantity at the decision price, rounded to 0.0001."
    )


@strawberry.type(description="One event by which the exchange answered.")
class OrderAnswer:
    line: str = strawberry.field(description="The event's sentence.")
    after_placed: Decimal = strawberry.field(description="Seconds since the order was placed.")
    event: Event = strawberry.field(description="The event.")


@strawberry.type(description="The fees of an order in one currency.")
class FeeSum:
    currency: str = strawberry.field(description="The currency.")
    amount: Decimal = strawberry.field(description="The sum; negative is a rebate.")


@strawberry.type(description="An order: what was decided, what the exchange answered, and what it cost.")
class ExplainedOrder:
    account: str = strawberry.field(description="The account.")
    order_id: strawberry.ID = strawberry.field(description="The client order id.")
    exchange_order_ids: list[strawberry.ID] = strawberry.field(description="The exchange's ids of the order.")
    instrument: str = strawberry.field(description="The instrument.")
    side: Side = strawberry.field(description="The side.")
    type: OrderType = strawberry.field(description="The type.")
    purpose: Purpose = strawberry.field(description="Why the order exists.")
    quantity: Decimal = strawberry.field(description="The ordered quantity, in base currency.")
    status: str = strawberry.field(description="The status after the story's last event.")
    reason: str = strawberry.field(description="Why it ended without a fill; empty for any other order.")
    filled: Decimal = strawberry.field(description="The filled quantity, in base currency.")
    average_price: Decimal | None = strawberry.field(
        description="In quote currency, rounded to twelve decimals; null without a fill."
    )
    decision_price: Decimal | None = strawberry.field(
        description="The price that was decided on, in quote currency; null where none is recorded."
    )
    decision_price_source: str = strawberry.field(
        description="Where the decision price is from, or why there is none."
    )
    slippage: Slippage | None = strawberry.field(
        description="Null without a fill, and without a decision price."
    )
    fees: list[FeeSum] = strawberry.field(description="The fees of its executions, one for each currency.")
    answers: list[OrderAnswer] = strawberry.field(description="What the exchange answered, in log order.")
    expected_slippage: Decimal | None = strawberry.field(
        description="The slippage of an entry that the order book let expect, in 1/10,000 of the decision price; null "
        "where no book has judged it."
    )


@strawberry.type(description="Stop and target of a position from a time on.")
class ProtectionLevel:
    at: datetime = strawberry.field(description="From this time on.")
    stop: Decimal | None = strawberry.field(description="In quote currency; null without a stop.")
    target: Decimal | None = strawberry.field(description="In quote currency; null without a target.")


@strawberry.type(description="A position and its result.")
class ExplainedPosition:
    account: str = strawberry.field(description="The account.")
    position_id: strawberry.ID = strawberry.field(description="The position's id.")
    instrument: str = strawberry.field(description="The instrument.")
    direction: Direction = strawberry.field(description="The direction.")
    quantity: Decimal = strawberry.field(description="The sum of its entries, in base currency.")
    entry_price: Decimal = strawberry.field(
        description="The average price of its entries, in quote currency, rounded to twelve decimals."
    )
    exit_price: Decimal | None = strawberry.field(description="The mean price of its exits; null while open.")
    opened_at: datetime = strawberry.field(description="When it was opened.")
    closed_at: datetime | None = strawberry.field(description="When it was closed; null while open.")
    reason: str = strawberry.field(description="What closed it; empty while open.")
    gross: Decimal = strawberry.field(description="The realised profit before fees, in quote currency.")
    fees: Decimal = strawberry.field(description="The fees so far, in quote currency.")
    funding: Decimal = strawberry.field(description="The funding so far; negative was paid.")
    net: Decimal = strawberry.field(description="gross - fees + funding.")
    protection: list[ProtectionLevel] = strawberry.field(
        description="Its stops and targets, in order of time."
    )


@strawberry.type(description="One event of a story, with the time since the event above it.")
class ExplainedStep:
    depth: int = strawberry.field(description="The number of events above it.")
    because: str = strawberry.field(
        description="The outside fact of a step without an event above; else empty."
    )
    line: str = strawberry.field(description="The event's sentence.")
    after_cause: Decimal | None = strawberry.field(
        description="Seconds since the event above it; null without one."
    )
    since_start: Decimal = strawberry.field(description="Seconds since the story's first event.")
    until_recorded: Decimal = strawberry.field(description="Seconds from the event to its record.")
    event: Event = strawberry.field(description="The event.")


@strawberry.type(
    description="Everything that is recorded about an id: the facts that `whence explain` prints."
)
class ExplainedStory:
    kind: str = strawberry.field(description="What the id names, such as `client order id` or `signal`.")
    name: str = strawberry.field(description="The named thing's stream, or the id itself.")
    chains: list[strawberry.ID] = strawberry.field(description="The chains of the story.")
    steps: list[ExplainedStep] = strawberry.field(description="Its events, each after the event above it.")
    decisions: list[ExplainedDecision] = strawberry.field(description="Its signals and their decisions.")
    orders: list[ExplainedOrder] = strawberry.field(description="Its orders, in order of their placement.")
    positions: list[ExplainedPosition] = strawberry.field(description="Its positions, with their results.")
    settings: list[SettingsInForce] = strawberry.field(
        description="The settings in force at its first event, one for each account."
    )


def explained_story_of(moment: Moment, facts: Explained) -> ExplainedStory:
    """Makes the GraphQL object of the facts."""
    return ExplainedStory(
        kind=facts.subject.kind.value,
        name=facts.subject.name,
        chains=[strawberry.ID(one) for one in facts.chains],
        steps=[_step(moment, one) for one in facts.steps],
        decisions=[_decision(moment, one) for one in facts.decisions],
        orders=[_order(moment, one) for one in facts.orders],
        positions=[_position(one) for one in facts.positions],
        settings=[_settings(moment, one) for one in facts.settings],
    )


def _step(moment: Moment, one: timeline.TimedStep) -> ExplainedStep:
    return ExplainedStep(
        depth=one.depth,
        because=one.because,
        line=one.line,
        after_cause=None if one.after_cause is None else timeline.seconds(one.after_cause),
        since_start=timeline.seconds(one.since_start),
        until_recorded=timeline.seconds(one.until_recorded),
        event=recorded_event(moment, one.recorded),
    )


def _decision(moment: Moment, one: decisions.ExplainedDecision) -> ExplainedDecision:
    decision = one.decision
    return ExplainedDecision(
        account=one.account,
        signal_id=strawberry.ID(one.signal_id),
        strategy=one.signal.strategy,
        parameters=None if one.strategy is None else _json(one.strategy.parameters),
        inputs=_json(one.signal.inputs),
        grid=None if one.signal.grid is None else _grid(one.signal.grid),
        verdict=None if decision is None else decision.verdict,
        reasons=[] if decision is None else list(decision.reasons),
        tier=None if decision is None else decision.tier,
        policy_version=None if decision is None else decision.policy_version,
        settings_version=None if decision is None else decision.settings_version,
        is_traded=one.is_traded,
        to_pass=[_margin(margin) for margin in one.to_pass],
        votes=[_vote(vote) for vote in one.votes],
        settings=None if one.settings is None else _settings(moment, one.settings),
    )


def _grid(one: grid.Grid) -> Grid:
    return Grid(
        levels=[GridLevel(price=level.price, target=level.target) for level in one.levels],
        rounds=one.rounds,
        lifetime_seconds=one.lifetime_seconds,
    )


def _vote(one: decisions.ExplainedVote) -> ExplainedVote:
    vote = Vote(
        member=one.vote.member,
        chamber=one.vote.chamber,
        approves=one.vote.approves,
        reasons=list(one.vote.reasons),
        figures=_json(one.vote.figures),
    )
    return ExplainedVote(vote=vote, margins=[_margin(margin) for margin in one.margins])


def _margin(one: margins.Margin) -> Margin:
    return Margin(
        reason=one.reason,
        needed=one.needed,
        is_recorded=one.is_recorded,
        must=None if one.must is None else one.must.value,
        value=one.value,
        limit=one.limit,
        by=one.by,
        unit=one.unit,
    )


def _order(moment: Moment, one: orders.ExplainedOrder) -> ExplainedOrder:
    return ExplainedOrder(
        account=one.account,
        order_id=strawberry.ID(one.order_id),
        exchange_order_ids=[strawberry.ID(given) for given in one.venue_order_ids],
        instrument=one.terms.instrument,
        side=one.terms.side,
        type=one.terms.type,
        purpose=one.terms.purpose,
        quantity=one.terms.quantity,
        status=one.status,
        reason=one.reason,
        filled=one.filled,
        average_price=one.average,
        decision_price=one.decided.price,
        decision_price_source=one.decided.source,
        slippage=_slippage(one.slippage),
        fees=[FeeSum(currency=currency, amount=fee) for currency, fee in one.fees.items()],
        answers=[
            OrderAnswer(
                line=answer.line,
                after_placed=timeline.seconds(answer.after),
                event=recorded_event(moment, answer.recorded),
            )
            for answer in one.answers
        ],
        expected_slippage=one.expected,
    )


def _slippage(one: slippage.Slippage | None) -> Slippage | None:
    return None if one is None else Slippage(money=one.money, basis_points=one.basis_points)


def _position(one: positions.ExplainedPosition) -> ExplainedPosition:
    return ExplainedPosition(
        account=one.account,
        position_id=strawberry.ID(one.position_id),
        instrument=one.instrument,
        direction=one.direction,
        quantity=one.quantity,
        entry_price=one.entry,
        exit_price=one.exit,
        opened_at=one.opened_at,
        closed_at=one.closed_at,
        reason=one.reason,
        gross=one.gross,
        fees=one.fees,
        funding=one.funding,
        net=one.net,
        protection=[
            ProtectionLevel(at=level.at, stop=level.stop, target=level.target) for level in one.levels
        ],
    )


def _settings(moment: Moment, one: settings.SettingsInForce) -> SettingsInForce:
    return SettingsInForce(
        account=one.account,
        version=one.event.version,
        settings=_json(to_json(one.event)["settings"]),
        event=recorded_event(moment, one.recorded),
    )


def _json(values: Mapping[str, object]) -> JSON:
    return JSON(dict(values))

"""The queries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, TypeVar

import strawberry

from adapters.dead_letters.state import LetterSource, LetterState
from adapters.graphql.account import ACCOUNTS, Account
from adapters.graphql.alert import ALERTS, Alert, AlertFilter, AlertsBy
from adapters.graphql.as_of import AsOf, AsOfInput, when
from adapters.graphql.audit import (
    InclusionProof,
    LogVerification,
    SignedCheckpoint,
    checkpoint_of,
    proof_of,
    verification_of,
)
from adapters.graphql.book import Book, book_of
from adapters.graphql.candle import Candles, CandleSeries, candle_series_of, candles_of
from adapters.graphql.chain import Chain, Explanation, chain_of, explanation_of
from adapters.graphql.connection import Connection
from adapters.graphql.context import Info
from adapters.graphql.dead_letter import DeadLetter, dead_letters_of
from adapters.graphql.decision import (
    DECISIONS,
    Decision,
    DecisionFilter,
    DecisionsBy,
    Objection,
    objection_of,
)
from adapters.graphql.discrepancy import DISCREPANCIES, DiscrepanciesBy, Discrepancy, DiscrepancyFilter
from adapters.graphql.equity import EQUITY, EquityBy, EquityFilter, EquityPoint
from adapters.graphql.event import EVENTS, Event, EventFilter, EventsBy
from adapters.graphql.explained import ExplainedStory, explained_story_of
from adapters.graphql.fill import FILLS, Fill, FillFilter, FillsBy
from adapters.graphql.holding import BuyAndHold, buy_and_hold_of
from adapters.graphql.instrument import InstrumentRules, rules_of
from adapters.graphql.listed import listed
from adapters.graphql.manipulation import (
    MANIPULATIONS,
    Manipulation,
    ManipulationFilter,
    ManipulationsBy,
)
from adapters.graphql.model import Model, SignalScore, model_of, score_of
from adapters.graphql.nodes import Nodes
from adapters.graphql.notice import Notice, notices_of
from adapters.graphql.order import ORDERS, Order, OrderFilter, OrdersBy
from adapters.graphql.performance import Performance, performance_of
from adapters.graphql.permission import requires
from adapters.graphql.position import POSITIONS, HeldPosition, PositionFilter, PositionsBy
from adapters.graphql.process import Process, processes_of
from adapters.graphql.report import Report, report_of
from adapters.graphql.route import ROUTES, Route, RouteFilter, RoutesBy
from adapters.graphql.scalars import Ordinal
from adapters.graphql.signal import SIGNALS, Signal, SignalFilter, SignalsBy
from adapters.graphql.status import ProjectionBuild, build_of
from adapters.graphql.subscription_messages import PriceSeen, prices_seen
from adapters.graphql.trading import TradingState, trading_state_of
from adapters.graphql.viewer import Viewer, viewer_of
from adapters.graphql.weight_in_force import WeightInForce, weights_of
from commands.roles import Role
from projections.explained.explained import explained_in
from projections.explanation import explain
from projections.questions.accounts import accounts
from projections.questions.alerts import ALERTS as ALERT_LIST
from projections.questions.decisions import DECISIONS as DECISION_LIST
from projections.questions.decisions import objections
from projections.questions.discrepancies import DISCREPANCIES as DISCREPANCY_LIST
from projections.questions.equity import EQUITY as EQUITY_LIST
from projections.questions.fills import FILLS as FILL_LIST
from projections.questions.find import one
from projections.questions.holding import held
from projections.questions.instruments import instruments
from projections.questions.journal import JOURNAL
from projections.questions.manipulations import MANIPULATIONS as MANIPULATION_LIST
from projections.questions.models import models, scores
from projections.questions.orders import ORDERS as ORDER_LIST
from projections.questions.performance import Dimension, performance, ratios_by_account
from projections.questions.positions import POSITIONS as POSITION_LIST
from projections.questions.routes import ROUTES as ROUTE_LIST
from projections.questions.signals import SIGNALS as SIGNAL_LIST
from projections.questions.trading import trading_states
from projections.questions.weights import weights
from projections.standing import standings
from projections.story import story

Node = TypeVar("Node")
Id = Annotated[strawberry.ID, strawberry.argument(name="id", description="Its id.")]
By = Annotated[Dimension, strawberry.argument(description="How the trades are grouped.")]
AnyId = Annotated[
    strawberry.ID,
    strawberry.argument(
        name="id",
        description="The id of an order (the client's or the exchange's), signal, position, event, execution or "
        "chain, or the name of a stream.",
    ),
]
OrderId = Annotated[strawberry.ID, strawberry.argument(description="The client order id.")]
OfAccount = Annotated[str | None, strawberry.argument(description="The account; any account by default.")]
TheAccount = Annotated[str, strawberry.argument(description="The account.")]
Since = Annotated[datetime | None, strawberry.argument(description="From this time on.")]
Instrument = Annotated[str, strawberry.argument(description="The instrument.")]
OfInstrument = Annotated[str | None, strawberry.argument(description="The instrument; every one by default.")]
Interval = Annotated[str, strawberry.argument(description="The interval, as in `5m`, `4h` or `1d`.")]
Levels = Annotated[int, strawberry.argument(description="The levels of each side, 1 to 200.")]
Before = Annotated[datetime | None, strawberry.argument(description="Before this time.")]


@strawberry.type(description="Queries of the log's read models. They change nothing.")
class Query:
    orders: Connection[Order] = listed(
        ORDER_LIST, ORDERS, OrderFilter, OrdersBy, "Orders, by default the latest placed first."
    )
    fills: Connection[Fill] = listed(
        FILL_LIST, FILLS, FillFilter, FillsBy, "Fills, by default the latest first."
    )
    positions: Connection[HeldPosition] = listed(
        POSITION_LIST,
        POSITIONS,
        PositionFilter,
        PositionsBy,
        "Positions, by default the latest opened first.",
    )
    signals: Connection[Signal] = listed(
        SIGNAL_LIST, SIGNALS, SignalFilter, SignalsBy, "Signals, by default the latest first."
    )
    decisions: Connection[Decision] = listed(
        DECISION_LIST,
        DECISIONS,
        DecisionFilter,
        DecisionsBy,
        "Decisions, by default the latest first.",
    )
    routes: Connection[Route] = listed(
        ROUTE_LIST,
        ROUTES,
        RouteFilter,
        RoutesBy,
        "Signals that were routed to other engines, open and over, by default the latest routed first.",
    )
    equity: Connection[EquityPoint] = listed(
        EQUITY_LIST,
        EQUITY,
        EquityFilter,
        EquityBy,
        "The equity curve, by default the latest point first.",
    )
    alerts: Connection[Alert] = listed(
        ALERT_LIST, ALERTS, AlertFilter, AlertsBy, "Alerts, by default the latest first."
    )
    discrepancies: Connection[Discrepancy] = listed(
        DISCREPANCY_LIST,
        DISCREPANCIES,
        DiscrepancyFilter,
        DiscrepanciesBy,
        "Differences between the exchange and the log, by default the latest found first.",
    )
    manipulations: Connection[Manipulation] = listed(
        MANIPULATION_LIST,
        MANIPULATIONS,
        ManipulationFilter,
        ManipulationsBy,
        "Suspicions of manipulation in order books, by default the latest recorded first.",
    )
    events: Connection[Event] = listed(
        JOURNAL,
        EVENTS,
        EventFilter,
        EventsBy,
        "Every event of the log, by default the latest first.",
    )
    journal: Connection[Event] = listed(
        JOURNAL,
        EVENTS,
        EventFilter,
        EventsBy,
        "The same list as `events`, for people: select `line`, and filter by `search`.",
    )

    @strawberry.field(description="One order, by its client order id.", extensions=[requires(Role.VIEWER)])
    async def order(self, info: Info, key: Id, account: OfAccount = None, as_of: AsOf = None) -> Order | None:
        return await _one(info, ORDERS, key, account, as_of)

    @strawberry.field(
        description="One position, by its id: `BTCUSDT-LINEAR.BYBIT-LONG-1`.",
        extensions=[requires(Role.VIEWER)],
    )
    async def position(
        self, info: Info, key: Id, account: OfAccount = None, as_of: AsOf = None
    ) -> HeldPosition | None:
        return await _one(info, POSITIONS, key, account, as_of)

    @strawberry.field(description="One signal.", extensions=[requires(Role.VIEWER)])
    async def signal(
        self, info: Info, key: Id, account: OfAccount = None, as_of: AsOf = None
    ) -> Signal | None:
        return await _one(info, SIGNALS, key, account, as_of)

    @strawberry.field(description="One decision, by its signal's id.", extensions=[requires(Role.VIEWER)])
    async def decision(
        self, info: Info, key: Id, account: OfAccount = None, as_of: AsOf = None
    ) -> Decision | None:
        return await _one(info, DECISIONS, key, account, as_of)

    @strawberry.field(
        description="How many signals were skipped, by member and reason; the most frequent first.",
        extensions=[requires(Role.VIEWER)],
    )
    async def objections(
        self,
        info: Info,
        account: OfAccount = None,
        since: Since = None,
        before: Before = None,
        as_of: AsOf = None,
    ) -> list[Objection]:
        moment = await info.context.moment(when(as_of))
        rows = await moment.run(partial(objections, account=account, since=since, before=before))
        return [objection_of(row) for row in rows]

    @strawberry.field(
        description="An exchange's order book as it is now; it is read while somebody looks at it.",
        extensions=[requires(Role.VIEWER)],
    )
    async def book(self, info: Info, instrument: Instrument, levels: Levels = 20) -> Book:
        return await book_of(info, instrument, levels)

    @strawberry.field(
        description="Whether this API shows live order books: `shown` of the table `[book_view]` of its settings.",
        extensions=[requires(Role.VIEWER)],
    )
    def shows_books(self, info: Info) -> bool:
        return info.context.served.books is not None

    @strawberry.field(description="One account, by its name.", extensions=[requires(Role.VIEWER)])
    async def account(
        self,
        info: Info,
        account: Annotated[str, strawberry.argument(description="Its name.")],
        as_of: AsOf = None,
    ) -> Account | None:
        return await ACCOUNTS.one(await info.context.moment(when(as_of)), account)

    @strawberry.field(
        description="Who sends this query, and what it may do.", extensions=[requires(Role.VIEWER)]
    )
    async def viewer(self, info: Info) -> Viewer:
        return viewer_of(info.context.caller)

    @strawberry.field(
        description="The last price of each instrument that the engine of this process has seen, by instrument; null "
        "in a process without an engine, which receives no prices.",
        extensions=[requires(Role.VIEWER)],
    )
    async def prices(self, info: Info) -> list[PriceSeen] | None:
        return prices_seen(info.context.served.live)

    @strawberry.field(
        description="The rules in force of the instruments that each account may trade, by account and instrument.",
        extensions=[requires(Role.VIEWER)],
    )
    async def instruments(
        self,
        info: Info,
        account: OfAccount = None,
        instrument: OfInstrument = None,
        as_of: AsOf = None,
    ) -> list[InstrumentRules]:
        moment = await info.context.moment(when(as_of))
        found = await moment.run(
            partial(instruments, account=account, instrument=instrument, decode=moment.decode)
        )
        return [rules_of(one) for one in found]

    @strawberry.field(description="Every account, by name.", extensions=[requires(Role.VIEWER)])
    async def accounts(self, info: Info, as_of: AsOf = None) -> list[Account]:
        moment = await info.context.moment(when(as_of))
        return [ACCOUNTS.of(moment, row) for row in await moment.run(accounts)]

    @strawberry.field(
        description="Of every account, by name: whether entries are kept out, and why.",
        extensions=[requires(Role.VIEWER)],
    )
    async def trading_states(
        self, info: Info, account: OfAccount = None, as_of: AsOf = None
    ) -> list[TradingState]:
        moment = await info.context.moment(when(as_of))
        return [trading_state_of(row) for row in await moment.run(partial(trading_states, account=account))]

    @strawberry.field(
        description="The weights in force of every account, by its name and in the order of its settings.",
        extensions=[requires(Role.VIEWER)],
    )
    async def weights(self, info: Info, account: OfAccount = None, as_of: AsOf = None) -> list[WeightInForce]:
        moment = await info.context.moment(when(as_of))
        rows = await moment.run(partial(weights, account=account))
        return [one for row in rows for one in weights_of(row)]

    @strawberry.field(
        description="The registered models, in order of their registration, with their roles, scores and drifts.",
        extensions=[requires(Role.VIEWER)],
    )
    async def models(self, info: Info, account: OfAccount = None, as_of: AsOf = None) -> list[Model]:
        moment = await info.context.moment(when(as_of))
        return [model_of(row) for row in await moment.run(partial(models, account=account))]

    @strawberry.field(
        description="The scores of a signal, the champion's first; none where no model was in force.",
        extensions=[requires(Role.VIEWER)],
    )
    async def signal_scores(self, info: Info, id: Id, as_of: AsOf = None) -> list[SignalScore]:  # noqa: A002
        moment = await info.context.moment(when(as_of))
        return [score_of(row) for row in await moment.run(partial(scores, signal=str(id)))]

    @strawberry.field(
        description="The results of closed positions: all together, or by instrument, strategy, day or hour.",
        extensions=[requires(Role.VIEWER)],
    )
    async def performance(
        self, info: Info, account: OfAccount = None, by: By = Dimension.ALL, as_of: AsOf = None
    ) -> list[Performance]:
        moment = await info.context.moment(when(as_of))
        rows = await moment.run(partial(performance, account=account, by=by))
        if by is not Dimension.ALL:
            return [performance_of(row) for row in rows]
        ratios = await moment.run(partial(ratios_by_account, accounts=[row["account"] for row in rows]))
        return [performance_of(row, ratios[row["account"]]) for row in rows]

    @strawberry.field(
        description="Buy and hold of the instruments that the account has traded; null before its first fill.",
        extensions=[requires(Role.VIEWER)],
    )
    async def buy_and_hold(self, info: Info, account: TheAccount, as_of: AsOf = None) -> BuyAndHold | None:
        moment = await info.context.moment(when(as_of))
        found = await moment.run(partial(held, account=account))
        return None if found is None else buy_and_hold_of(found)

    @strawberry.field(
        description="The whole story around an order, signal, position, event, execution, chain or stream.",
        extensions=[requires(Role.VIEWER)],
    )
    async def chain(self, info: Info, key: AnyId, as_of: AsOf = None) -> Chain | None:
        moment = await info.context.moment(when(as_of))
        found = await moment.run(partial(story, wanted=key, decode=moment.decode))
        return None if found is None else chain_of(moment, found)

    @strawberry.field(
        description="The explanation of an order: the events that led to it and those that followed.",
        extensions=[requires(Role.VIEWER)],
    )
    async def explain(self, info: Info, order_id: OrderId, as_of: AsOf = None) -> Explanation | None:
        moment = await info.context.moment(when(as_of))
        steps = await moment.run(partial(explain, order_id=order_id, decode=moment.decode))
        return explanation_of(moment, order_id, steps) if steps else None

    @strawberry.field(
        description="The facts about an order, signal, position, event, execution, chain or stream: elapsed times, "
        "votes with their margins, what the exchange answered, fees, slippage, results. An ambiguous id is refused.",
        extensions=[requires(Role.VIEWER)],
    )
    async def explanation(self, info: Info, key: AnyId, as_of: AsOf = None) -> ExplainedStory | None:
        moment = await info.context.moment(when(as_of))
        facts = await moment.run(partial(explained_in, wanted=key, decode=moment.decode))
        return None if facts is None else explained_story_of(moment, facts)

    @strawberry.field(
        description="Every build of the read models: its status, its ordinal and its parked events.",
        extensions=[requires(Role.VIEWER)],
    )
    async def projections(self, info: Info) -> list[ProjectionBuild]:
        partition = info.context.served.models.partition
        moment = await info.context.moment()
        found = await moment.run(lambda source: standings(source.connection, partition))
        return [build_of(one) for one in found]

    @strawberry.field(
        description="The processes that have announced themselves within 7 days: what runs, where, how far, and "
        "whether it is healthy.",
        extensions=[requires(Role.VIEWER)],
    )
    async def processes(self, info: Info) -> list[Process]:
        return await processes_of(info, datetime.now(UTC))

    @strawberry.field(
        description="The alerts that are sent until somebody acknowledges them, the latest first, 500 at most.",
        extensions=[requires(Role.VIEWER)],
    )
    async def notices(
        self,
        info: Info,
        every: Annotated[bool, strawberry.argument(description="Acknowledged ones, too.")] = False,  # noqa: FBT002
    ) -> list[Notice]:
        return await notices_of(info, every=every)

    @strawberry.field(
        description="What came from outside and could not be understood, the latest first; 100 without `first`.",
        extensions=[requires(Role.VIEWER)],
    )
    async def dead_letters(
        self,
        info: Info,
        letter_source: Annotated[
            LetterSource | None, strawberry.argument(description="Only of this source.")
        ] = None,
        state: Annotated[
            LetterState | None,
            strawberry.argument(
                description="Only in this state; without it those that nobody has dealt with."
            ),
        ] = None,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 500.")] = 100,
    ) -> list[DeadLetter]:
        return await dead_letters_of(info, letter_source, state, first)

    @strawberry.field(
        description="The last checkpoint that the log's notary has signed; null where there is none.",
        extensions=[requires(Role.VIEWER)],
    )
    async def checkpoint(self, info: Info) -> SignedCheckpoint | None:
        return await checkpoint_of(info)

    @strawberry.field(
        description="The proof that an event is in the last checkpoint. It is made of the notary's tree and the log's "
        "event, so it does not hold where the event was changed.",
        extensions=[requires(Role.VIEWER)],
    )
    async def inclusion(
        self,
        info: Info,
        ordinal: Annotated[Ordinal, strawberry.argument(description="The event's ordinal in the log.")],
    ) -> InclusionProof:
        return await proof_of(info, ordinal)

    @strawberry.field(
        description="Compares every event of the log with every checkpoint; it reads the whole log. One "
        "verification runs at a time.",
        extensions=[requires(Role.VIEWER)],
    )
    async def verification(
        self,
        info: Info,
        key: Annotated[
            str,
            strawberry.argument(description="The notary's public key, as `whence notary key` prints it."),
        ],
    ) -> LogVerification:
        return await verification_of(info, key)

    @strawberry.field(
        description="Makes an audit report; it reads the whole log. One report is made at a time.",
        extensions=[requires(Role.VIEWER)],
    )
    async def report(
        self,
        info: Info,
        account: TheAccount,
        first: Annotated[
            date | None, strawberry.argument(description="The first day (UTC) of the period.")
        ] = None,
        last: Annotated[
            date | None, strawberry.argument(description="The last day (UTC) of the period.")
        ] = None,
        strategy: Annotated[str, strawberry.argument(description="The trades of this strategy alone.")] = "",
    ) -> Report:
        return await report_of(info, account, first, last, strategy)

    @strawberry.field(
        description="The instruments and intervals of which the candle store has candles.",
        extensions=[requires(Role.VIEWER)],
    )
    async def candle_series(self, info: Info) -> list[CandleSeries]:
        return await candle_series_of(info)

    @strawberry.field(
        description="Candles that this log's engine took, the latest first. Coarser ones are built from finer ones.",
        extensions=[requires(Role.VIEWER)],
    )
    async def candles(
        self,
        info: Info,
        instrument: Instrument,
        interval: Interval,
        before: Annotated[
            datetime | None, strawberry.argument(description="Those that open before this time.")
        ] = None,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 1,000.")] = 300,
        as_of: AsOf = None,
    ) -> Candles:
        return await candles_of(info, instrument, interval, before, first, as_of)


async def _one(
    info: Info, nodes: Nodes[Node], key: str, account: str | None, as_of: AsOfInput | None
) -> Node | None:
    moment = await info.context.moment(when(as_of))
    row: Any = await moment.run(partial(one, table=nodes.table, account=account, id=key))
    return None if row is None else nodes.of(moment, row)

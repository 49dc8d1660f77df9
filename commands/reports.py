"""Turns reports into stimuli: reports of orders share one, each report of a position has its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from commands.beyond_order import held_back
from commands.breaker import Answered, CallReport, Unanswered
from commands.exchange import Amended, AnyReport, Filled, Funded, Liquidated, OrderReport
from commands.identity import ENGINE, EXCHANGE
from commands.leverage import LeverageRefused, LeverageReport, LeverageSet, LeverageUnclear
from commands.order import PlaceOrder
from commands.outside_amendments import after_amendment
from commands.position import ApplyFunding
from commands.reconciliation import BeginReconciliation, RecordDiscrepancy
from commands.routes import Command
from commands.settlement_bounds import contradiction
from commands.settlements import is_of_before, is_of_open_position, is_recorded, was_traded
from commands.stimulus import Ask, Stimulus
from commands.world import World
from domain.order import Liquidity, OrderPlaced, OrderType
from domain.order_id import is_of_an_engine
from domain.settings import ExternalRule
from domain.streams import order_stream

_OF_CALLS: Final = (Unanswered, Answered)
_OF_NO_ORDER: Final = (*_OF_CALLS, LeverageSet, LeverageRefused, LeverageUnclear)
_OF_POSITIONS: Final = (Funded, Liquidated)
"""Tuples, because every report is compared with them, and a union is made anew in each comparison."""


def stimuli(
    reports: Sequence[AnyReport | CallReport | LeverageReport],
    world: World,
    account: str,
    at: datetime,
    prices: Mapping[str, Decimal],
) -> Iterator[Stimulus]:
    """The reports in their order, in as few stimuli as possible.

    Each stimulus is made when it is requested, because the position of a report must be looked up after the preceding
    fills are recorded, and what others have amended after the preceding amendments. Repeated funding and liquidations
    are left out here, because no position recognises them; an order recognises a repeated execution by its id. What
    others did on the account before the log began is left out, too: some exchanges repeat it to each new connection,
    and the log's balance and positions begin after it. An execution that contradicts its order begins a comparison.
    `prices` are the last ones by instrument.
    """
    asks: list[Ask] = []
    for report in reports:
        if isinstance(report, _OF_NO_ORDER):
            asks.append(_of_no_order(report, world))
        elif _is_of_before(report, world, account):
            continue
        elif isinstance(report, _OF_POSITIONS):
            if asks:
                yield Stimulus(at, tuple(asks))
                asks = []
            if not is_recorded(report.fact, world):
                yield Stimulus(at, tuple(_of_position(report, world, at)))
        elif isinstance(report, Amended) and (
            _has_amendment(asks) or after_amendment(report, world, account)
        ):
            if asks:
                yield Stimulus(at, tuple(asks))
                asks = []
            yield Stimulus(at, tuple(_of_amendment(report, world, account)))
        else:
            asks.append(_of_order(report, world, account, asks, prices))
    if asks:
        yield Stimulus(at, tuple(asks))


def _of_no_order(report: CallReport | LeverageReport, world: World) -> Ask:
    """A report of a leverage continues the chain of its request."""
    if not isinstance(report, _OF_CALLS):
        return _of_leverage(report, world)
    return Ask(command=report, cause=report.fact, occurred_at=report.at, actor=ENGINE)


def _of_leverage(report: LeverageReport, world: World) -> Ask:
    requested = world.portfolio.leverages.get(report.instrument)
    return Ask(
        command=report,
        cause=report.fact,
        occurred_at=report.at,
        actor=_actor(report.fact),
        chain=None if requested is None else requested.chain,
    )


def _is_of_before(report: AnyReport, world: World, account: str) -> bool:
    """Whether the report is of an instant before the log began, and of no order of the log.

    A clock that is behind ours may date the report of an order of the log so.
    """
    if not is_of_before(report.at, world):
        return False
    return isinstance(report, _OF_POSITIONS) or order_stream(account, report.order_id) not in world.versions


def _of_order(
    report: OrderReport,
    world: World,
    account: str,
    before: Sequence[Ask],
    prices: Mapping[str, Decimal],
) -> Ask:
    known = order_stream(account, report.order_id) in world.versions
    own: Command = held_back(report, before, world, account, prices) or report
    command = own if known else _of_others(report, world)
    return Ask(command=command, cause=report.fact, occurred_at=report.at, actor=_actor(report.fact))


def _has_amendment(asks: Sequence[Ask]) -> bool:
    return any(isinstance(one.command, Amended) for one in asks)


def _of_amendment(report: Amended, world: World, account: str) -> Iterator[Ask]:
    yield _of_order(report, world, account, (), {})
    for command in after_amendment(report, world, account):
        yield Ask(command=command, cause=report.fact, occurred_at=report.at, actor=ENGINE)


def _of_others(report: OrderReport, world: World) -> Command:
    """Where such an order may be adopted, exposure is denied until a comparison has adopted or recorded it."""
    rules = world.portfolio.settings.settings.reconciliation
    kinds = (rules.external_orders, *((rules.external_positions,) if isinstance(report, Filled) else ()))
    if ExternalRule.ADOPT not in kinds or is_of_an_engine(report.order_id):
        return _discrepancy(report.fact, report.order_id, report)
    return BeginReconciliation(
        f"{type(report).__name__} of the order {report.order_id}, which this log does not know"
    )


def _actor(fact: str) -> str:
    return EXCHANGE if fact.startswith(f"{EXCHANGE}:") else ENGINE


def _of_position(report: Funded | Liquidated, world: World, at: datetime) -> Sequence[Ask]:
    held = world.portfolio.positions.get(report.instrument)
    is_late = isinstance(report, Funded) and not is_of_open_position(report, world)
    if held is None or is_late:
        command = _of_no_position(report, world)
        return [Ask(command=command, cause=report.fact, occurred_at=report.at, actor=EXCHANGE)]
    if reason := contradiction(report, held.state):
        refused = RecordDiscrepancy(report.fact, report.instrument, reason)
        return [Ask(command=refused, cause=report.fact, occurred_at=report.at, actor=EXCHANGE)]
    if isinstance(report, Funded):
        return [
            Ask(
                command=ApplyFunding(held.stream, report.amount),
                cause=report.fact,
                occurred_at=report.at,
                actor=EXCHANGE,
            )
        ]
    chain = world.chains[held.stream]
    return [
        Ask(command=command, cause=report.fact, occurred_at=report.at, actor=EXCHANGE, chain=chain)
        for command in _liquidation(report, f"{chain}-l{world.versions[held.stream]}", at)
    ]


def _of_no_position(report: Funded | Liquidated, world: World) -> Command:
    """A comparison settles funding that came after its position was closed (see `of_closed_positions`)."""
    if isinstance(report, Funded) and was_traded(report.instrument, world):
        return BeginReconciliation(f"funding of {report.instrument} came after its position was closed")
    return _discrepancy(report.fact, report.instrument, report)


def _liquidation(report: Liquidated, order_id: str, at: datetime) -> Sequence[Command]:
    terms = OrderPlaced(
        instrument=report.instrument,
        side=report.side,
        type=OrderType.MARKET,
        quantity=report.quantity,
        limit_price=None,
        trigger_price=None,
        reduce_only=True,
        purpose=report.purpose,
        parent=None,
        fresh_until=at,
    )
    fill = Filled(
        order_id=order_id,
        at=report.at,
        fact=report.fact,
        execution_id=report.execution_id,
        price=report.price,
        quantity=report.quantity,
        fee=report.fee,
        fee_currency=report.fee_currency,
        liquidity=Liquidity.TAKER,
    )
    return [PlaceOrder(order_id, terms, rules=None), fill]


def _discrepancy(fact: str, subject: str, report: AnyReport) -> RecordDiscrepancy:
    what = "an order of another log" if is_of_an_engine(subject) else "something this log does not know"
    return RecordDiscrepancy(fact, subject, f"{type(report).__name__} of {what}")

"""A log with rare events of orders, positions and accounts."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from domain.account import DayClosed, KillSwitchReset, KillSwitchTripped
from domain.direction import Direction, Purpose, Side
from domain.order import (
    OrderAccepted,
    OrderAmended,
    OrderAmendRefused,
    OrderAmendRequested,
    OrderCancelled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderDenied,
    OrderExpired,
    OrderOutcomeUnknown,
    OrderOverfilled,
    OrderRejected,
    OrderSubmitted,
)
from domain.position import PositionFunded, PositionIncreased, PositionReduced, ProtectionMoved
from domain.reconciliation import (
    DiscrepancyFound,
    DiscrepancyResolved,
    ReconciliationBegun,
    ReconciliationEnded,
)
from domain.signal import Chamber, Tier, Verdict, Vote
from domain.streams import reconciliation_stream
from tests.domain.history import (
    ACCOUNT,
    BTC,
    ETH,
    NOW,
    D,
    History,
    a_closing,
    a_decision,
    a_fill,
    a_signal,
    a_stop,
    an_open_day,
    an_opening,
    an_order,
    money,
)
from tests.projections.stores import WrittenLog

LATER = NOW + timedelta(minutes=5)

_SKIP = a_decision(
    verdict=Verdict.SKIP,
    reasons=("TOO_UNSURE", "DAILY_LOSS_LIMIT", "mute", "GIVEN_WITHOUT_A_VOTE"),
    votes=(
        Vote(
            member="confidence",
            chamber=Chamber.ALPHA,
            approves=False,
            reasons=("TOO_UNSURE",),
            figures={"minimum": "0.7"},
        ),
        Vote(member="trend", chamber=Chamber.ALPHA, approves=True, reasons=("FINE",), figures={}),
        Vote(
            member="daily_loss",
            chamber=Chamber.RISK,
            approves=False,
            reasons=("DAILY_LOSS_LIMIT", "TOO_UNSURE"),
            figures={"loss": "12.50"},
        ),
        Vote(member="mute", chamber=Chamber.RISK, approves=False, reasons=(), figures={}),
    ),
    tier=Tier.STRICT,
    quantity=D(0),
    stop=D(0),
    target=D(0),
)


@cache
def an_odd_log() -> WrittenLog:
    """At least one event of every type except SettingsChanged."""
    history = an_open_day()
    _signals(history)
    _orders(history)
    _positions(history)
    _people(history)
    return WrittenLog(history.envelopes)


def _signals(history: History) -> None:
    history.signal(a_signal(), a_decision())
    history.signal(a_signal(instrument=ETH, inputs={}), chain="sk")
    history.signal(_SKIP, chain="sk")
    history.signal(a_signal(strategy="undecided"), chain="un")


def _orders(history: History) -> None:
    history.order("abc-e1", an_order(), a_fill(D(4), "x1"), OrderAccepted("v1"), a_fill(D(4), "x1"))
    history.order("abc-e1", a_fill(D(6), "x2"))
    history.order("late-e1", an_order(), OrderSubmitted("v2"), OrderCancelRequested("too old"))
    history.order("late-e1", OrderCancelled("as requested"), a_fill(D(3), "x3"))
    history.order("over-e1", an_order(), a_fill(D(11), "x4"), OrderOverfilled(D(1)))
    history.order("unkn-e1", an_order(), OrderOutcomeUnknown("no answer in 5 s"), OrderAccepted("v5"))
    history.order("unkn-e1", OrderCancelRequested("again"), OrderCancelRefused("filled already"))
    history.order("amnd-e1", an_order(), OrderAccepted("v6"), OrderAmendRequested(D(5), None, None))
    history.order("amnd-e1", OrderAmended(D(5), None, None), OrderAmendRequested(D(9), None, None))
    history.order("amnd-e1", OrderAmendRefused("not now"), a_fill(D("2.50"), "x6"))
    history.order("deny-e1", an_order(), OrderDenied("TOTAL_RISK"))
    history.order("expi-e1", an_order(), OrderExpired("not fresh"))
    history.order("rej-s1", a_stop(), OrderRejected("110007: \x1b[31mnot enough balance"))
    history.order("liq-l1", an_order(side=Side.SELL, purpose=Purpose.LIQUIDATION), a_fill(D(10), "x9"))


def _positions(history: History) -> None:
    history.position(an_opening(), PositionFunded(D("-0.25")))
    history.position(
        PositionIncreased(order_id="abc-e1", quantity=D(5), price=D(110), cost=D(550), fee=D("0.05")),
        PositionReduced(
            order_id="abc-t1",
            quantity=D(6),
            price=D(120),
            released=D("620.000000000001"),
            realised=D("99.999999999999"),
            fee=D("0.07"),
        ),
        ProtectionMoved(D("101.5"), None),
        a_closing(D("7.125"), D("10_007.125")),
        at=LATER,
    )
    by_hand = an_opening(instrument=ETH, direction=Direction.SHORT, stop=None, target=None, order_id="m-e1")
    history.position(by_hand, instrument=ETH, direction=Direction.SHORT)
    history.position(an_opening(), instrument=BTC, n=12)
    history.account(money(D("7.125"), D("10_007.125")))


def _people(history: History) -> None:
    stream = reconciliation_stream(ACCOUNT)
    history.record(stream, ReconciliationBegun("the engine starts"))
    history.record(stream, DiscrepancyFound("d1", "abc-e9", "an order nobody placed"))
    history.record(stream, ReconciliationEnded(0, 1))
    history.record(stream, DiscrepancyResolved("d1", "cancelled by hand"))
    history.account(KillSwitchTripped("enough for today"), KillSwitchReset("looked at"))
    history.account(DayClosed("2025-04-03", D(10_007), D(7)))

"""The limits on risk, recomputed from the fills of a log: grids, additions, waiting entries, both directions.

Nothing of `domain/portfolio.py` or of the committees is used: positions and waiting entries are added up from placed
and filled orders in fractions, and the stop of each is that of the decision which led to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import pytest

from adapters.tapes import synthetic_tape
from domain.account import AccountOpened, BalanceChanged, DayOpened
from domain.direction import Side
from domain.log import Envelope
from domain.order import (
    OrderCancelled,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderPlaced,
    OrderRejected,
)
from domain.settings import IntentSettings, RiskSettings, Settings, StrategySettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.streams import own_id
from tests.commands.list_log import ListLog
from tests.infra.run.test_grid import NEAR
from tests.infra.run.test_reversing import FAST
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

TAPES = synthetic_tape(9, ["BTCUSDT", "ETHUSDT", "SOLUSDT"], candles=1_000)
BTC, ETH, SOL = (tape.instrument for tape in TAPES)
GRID = StrategySettings(
    "grid", parameters=NEAR, minimum_trend=-1.0, minimum_reward_to_risk=Decimal(0), instruments=(BTC,)
)
ADDING = StrategySettings("breakout", instruments=(ETH,))
BUSY: Settings = replace(
    EAGER,
    strategies=(GRID, ADDING, replace(FAST, instruments=(SOL,))),
    intents=IntentSettings(additions=2, reinforce_confidence=0.0, addition_spacing=Decimal("0.0005")),
    risk=RiskSettings(
        cooldown_seconds=0,
        max_risk_per_trade=Decimal("0.0003"),
        max_total_risk=Decimal("0.00045"),
        max_daily_loss=Decimal("0.0015"),
        minimum_win_rate=Decimal(0),
    ),
)
_NO_FIGURES: Mapping[str, str] = {}
_SIGN: Mapping[Side, int] = {Side.BUY: 1, Side.SELL: -1}


@dataclass
class Held:
    """A position: its signed quantity, the cost of that quantity, and the stop of the entry that opened it."""

    quantity: Fraction
    cost: Fraction
    stop: Fraction

    @property
    def heat(self) -> Fraction:
        """The loss at the stop, before fees; none where the stop secures a profit."""
        return max(self.cost - self.quantity * self.stop, Fraction(0))


@dataclass
class Waiting:
    """An entry order: what of it has not filled, its price and its stop."""

    left: Fraction
    price: Fraction
    stop: Fraction

    @property
    def heat(self) -> Fraction:
        return self.left * abs(self.price - self.stop)


@dataclass
class Accountant:
    """Adds up a log, event by event."""

    orders: dict[str, OrderPlaced] = field(default_factory=dict[str, OrderPlaced])
    waiting: dict[str, Waiting] = field(default_factory=dict[str, Waiting])
    held: dict[str, Held] = field(default_factory=dict[str, Held])
    signals: dict[str, SignalDetected] = field(default_factory=dict[str, SignalDetected])
    stops: dict[str, Fraction] = field(default_factory=dict[str, Fraction])
    balance: Fraction = Fraction(0)
    day_balance: Fraction = Fraction(0)

    @property
    def heat(self) -> Fraction:
        """The loss if every stop is hit."""
        held = sum((one.heat for one in self.held.values()), Fraction(0))
        return held + sum((one.heat for one in self.waiting.values()), Fraction(0))

    def take(self, envelope: Envelope) -> None:
        event, chain = envelope.event, envelope.meta.correlation_id
        match event:
            case AccountOpened(balance=balance) | BalanceChanged(balance=balance):
                self.balance = Fraction(balance)
            case DayOpened(balance=balance):
                self.day_balance = Fraction(balance)
            case SignalDetected():
                self.signals[chain] = event
            case DecisionMade(stop=stop):
                self.stops[chain] = Fraction(stop)
            case OrderPlaced():
                self._placed(own_id(envelope.meta.stream), event, chain)
            case OrderFilled():
                self._filled(own_id(envelope.meta.stream), event, chain)
            case OrderCancelled() | OrderDenied() | OrderExpired() | OrderRejected():
                self.waiting.pop(own_id(envelope.meta.stream), None)
            case _:
                pass

    def _placed(self, order_id: str, placed: OrderPlaced, chain: str) -> None:
        self.orders[order_id] = placed
        if not placed.reduce_only:
            price = placed.limit_price or self.signals[chain].price
            self.waiting[order_id] = Waiting(Fraction(placed.quantity), Fraction(price), self.stops[chain])

    def _filled(self, order_id: str, fill: OrderFilled, chain: str) -> None:
        placed, quantity = self.orders[order_id], Fraction(fill.quantity)
        signed = _SIGN[placed.side] * quantity
        if order_id in self.waiting:
            self.waiting[order_id].left -= quantity
        held = self.held.get(placed.instrument)
        if held is None:
            self.held[placed.instrument] = Held(signed, signed * Fraction(fill.price), self.stops[chain])
        elif held.quantity * signed > 0:
            held.quantity, held.cost = held.quantity + signed, held.cost + signed * Fraction(fill.price)
        else:
            held.cost += held.cost / held.quantity * signed
            held.quantity += signed
            if not held.quantity:
                del self.held[placed.instrument]


@pytest.fixture(scope="module")
def busy() -> Sequence[Envelope]:
    return play(plan(TAPES, BUSY), ListLog())


@dataclass(frozen=True)
class Judged:
    """A decision on an entry, with what the log added up to before it."""

    decision: DecisionMade
    signal: SignalDetected
    heat: Fraction
    balance: Fraction
    day_balance: Fraction
    held: Held | None
    is_waiting: bool

    def figures(self, member: str) -> Mapping[str, str]:
        return next((one.figures for one in self.decision.votes if one.member == member), _NO_FIGURES)


def judged(envelopes: Sequence[Envelope]) -> Iterator[Judged]:
    """The decisions that judge an entry on the account as it is: not those of a reversal, which is judged after it."""
    books = Accountant()
    for one in envelopes:
        event, chain = one.event, one.meta.correlation_id
        if isinstance(event, DecisionMade) and event.verdict in (Verdict.ENTER, Verdict.SKIP):
            found = Judged(
                decision=event,
                signal=books.signals[chain],
                heat=books.heat,
                balance=books.balance,
                day_balance=books.day_balance,
                held=copy(books.held.get(books.signals[chain].instrument)),
                is_waiting=any(waiting.left and waiting.heat for waiting in books.waiting.values()),
            )
            if found.figures("total_risk"):
                yield found
        books.take(one)


def same(recorded: str, computed: Fraction) -> bool:
    """Equal up to the twelve places to which a position rounds the cost that a reduction releases."""
    return abs(Fraction(Decimal(recorded)) - computed) < Fraction(1, 10**10)


def test_the_run_is_busy(busy: Sequence[Envelope]) -> None:
    found = list(judged(busy))
    kinds = Counter(
        name
        for one in found
        for name, holds in {
            "grid": one.signal.grid is not None and one.decision.verdict is Verdict.ENTER,
            "addition": "ADDITION" in one.decision.reasons,
            "waiting": one.is_waiting,
            "long": one.signal.direction.value == "LONG",
            "short": one.signal.direction.value == "SHORT",
            "TOTAL_RISK": "TOTAL_RISK" in one.decision.reasons,
            "DAILY_LOSS_LIMIT": "DAILY_LOSS_LIMIT" in one.decision.reasons,
        }.items()
        if holds
    )
    wanted = {"grid", "addition", "waiting", "long", "short", "TOTAL_RISK", "DAILY_LOSS_LIMIT"}
    assert kinds.keys() == wanted


def test_the_open_risk_of_every_decision_is_that_of_the_fills_and_waiting_orders(
    busy: Sequence[Envelope],
) -> None:
    for one in judged(busy):
        figures = one.figures("total_risk")
        assert same(figures["open_risk"], one.heat), (one.signal, figures, float(one.heat))
        total = one.heat + Fraction(Decimal(figures["risk"]))
        limit = one.balance * Fraction(BUSY.risk.max_total_risk)
        assert same(figures["limit"], limit)
        assert ("TOTAL_RISK" in one.decision.reasons) is (total > limit)


def test_the_risk_of_every_trade_is_that_of_its_size_and_stop(busy: Sequence[Envelope]) -> None:
    for one in judged(busy):
        figures = one.figures("risk_per_trade")
        limit = one.balance * Fraction(BUSY.risk.max_risk_per_trade)
        assert same(figures["limit"], limit)
        assert ("RISK_PER_TRADE" in one.decision.reasons) is (Fraction(Decimal(figures["risk"])) > limit)
        quantity, stop = Fraction(Decimal(figures["quantity"])), Fraction(Decimal(figures["stop"]))
        if one.signal.grid is None and "position" not in figures:
            assert same(figures["risk"], quantity * abs(Fraction(one.signal.price) - stop))


def test_after_an_addition_the_whole_position_loses_at_most_the_risk_of_one_trade(
    busy: Sequence[Envelope],
) -> None:
    """Without the fees in and out, which the limit counts as well."""
    added = [one for one in judged(busy) if "ADDITION" in one.decision.reasons]
    assert added
    for one in added:
        assert one.held is not None
        more = Fraction(one.decision.quantity) * abs(Fraction(one.signal.price) - Fraction(one.decision.stop))
        assert one.held.heat + more <= one.balance * Fraction(BUSY.risk.max_risk_per_trade)


def test_the_loss_of_the_day_is_the_change_of_the_balance_and_refuses_at_its_limit(
    busy: Sequence[Envelope],
) -> None:
    for one in judged(busy):
        figures = one.figures("daily_loss")
        assert same(figures["day_balance"], one.day_balance)
        assert same(figures["balance"], one.balance)
        limit = one.day_balance * Fraction(BUSY.risk.max_daily_loss)
        assert ("DAILY_LOSS_LIMIT" in one.decision.reasons) is (one.day_balance - one.balance >= limit)


def test_no_entry_takes_the_account_beyond_the_total_risk_but_by_the_price_of_its_fill(
    busy: Sequence[Envelope],
) -> None:
    """At each decision to enter, what is at risk already and the plan of the entry are within the limit."""
    entered = [one for one in judged(busy) if one.decision.verdict is Verdict.ENTER]
    assert entered
    for one in entered:
        planned = Fraction(Decimal(one.figures("total_risk")["risk"]))
        assert one.heat + planned <= one.balance * Fraction(BUSY.risk.max_total_risk)

"""Requests for another leverage: a few at one instant, none while an outcome is not known, and flat at the exchange."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from commands.breaker import CallReport, Unanswered
from commands.identity import Identity
from commands.leverage import LeverageRefused, LeverageReport, LeverageSet, LeverageUnclear, RequestLeverage
from commands.leverage_sending import Holdings, LeverageSender
from commands.leveraging import Leveraging
from commands.outgoing import OutgoingLeverage
from domain.breaker import Service
from domain.candle import Candle
from domain.direction import Direction, Side
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown
from domain.leverage.change import LeverageChanged, LeverageChangeRequested, LeverageChangeUnclear
from domain.leverage.settings import LeverageSettings
from domain.order import OrderType
from domain.reconciliation import DiscrepancyEnded, DiscrepancyFound, DiscrepancyResolved
from domain.streams import leverage_stream, reconciliation_stream
from domain.venue import VenueOrder, VenuePosition, VenueStatus
from tests.domain.history import ACCOUNT, LOG_ID, NOW, D, History, an_instrument, an_open_day

NAMES = [f"C{number}USDT-LINEAR.BYBIT" for number in range(8)]
INTERVAL = timedelta(minutes=5)
RULES = LeverageSettings(confirmations=1, period=2, steps=("0:20",), least_seconds=600)


def candles(number: int) -> Sequence[Candle]:
    """One of each instrument, which close at one instant."""
    return [
        Candle(
            instrument=name,
            interval=INTERVAL,
            open_time=NOW + INTERVAL * number,
            open=D(100),
            high=D(101),
            low=D(99),
            close=D(100),
            volume=D(1),
        )
        for name in NAMES
    ]


class Desk:
    """Leverages of 20 are confirmed for every instrument; the account's is 5."""

    def __init__(self) -> None:
        self.leveraging = Leveraging(RULES, Identity(LOG_ID, ACCOUNT, "test"))
        self.history: History = an_open_day().listed(*(an_instrument(name) for name in NAMES))
        self.number = -1
        for _ in range(3):
            self.close()

    @property
    def at(self) -> datetime:
        return NOW + INTERVAL * (self.number + 1)

    def close(self) -> None:
        self.number += 1
        for candle in candles(self.number):
            self.leveraging.take(candle)

    def due(self) -> Sequence[LeverageChangeRequested]:
        found = self.leveraging.due(self.at, candles(self.number), self.history.portfolio())
        changes = [one.command.change for one in found if isinstance(one.command, RequestLeverage)]
        assert len(changes) == len(found)
        return changes

    def record(self, *events: LeverageChangeRequested | LeverageChanged | LeverageChangeUnclear) -> None:
        for event in events:
            self.history.record(leverage_stream(ACCOUNT, event.instrument), event, at=self.at)


def test_a_few_changes_are_requested_at_one_instant_and_the_rest_at_the_next_candle() -> None:
    desk = Desk()
    first = desk.due()
    assert [one.instrument for one in first] == NAMES[:5]
    desk.record(*first)
    assert desk.due() == [], "requests of this instant count, also those that a recalled log has already"
    desk.record(*(LeverageChanged(one.instrument, one.leverage, one.before) for one in first))
    idle = desk.leveraging.idle_before(desk.history.portfolio())
    assert idle is not None
    assert idle < desk.at, "no candle is passed over"
    desk.close()
    assert [one.instrument for one in desk.due()] == NAMES[5:]


def test_nothing_is_requested_while_the_outcome_of_another_request_is_not_known() -> None:
    desk = Desk()
    (first, *_) = desk.due()
    desk.record(first, LeverageChangeUnclear(first.instrument, first.leverage, first.before, "timed out"))
    desk.close()
    assert desk.due() == []
    assert desk.leveraging.idle_before(desk.history.portfolio()) is None
    desk.record(LeverageChanged(first.instrument, first.leverage, first.before))
    assert [one.instrument for one in desk.due()] == NAMES[1:6]


class Levers:
    """Raises the error of an instrument; keeps the names of the others."""

    def __init__(self, errors: dict[str, ExchangeError]) -> None:
        self.errors = errors
        self.called: list[str] = []

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        assert leverage == 20
        self.called.append(instrument)
        if instrument in self.errors:
            raise self.errors[instrument]


class Account:
    """It has a position in the first instrument, and an order of others in the second."""

    def __init__(self, error: ExchangeError | None = None) -> None:
        self.error = error

    def open_orders(self) -> Sequence[VenueOrder]:
        return [ORDER]

    def positions(self) -> Sequence[VenuePosition]:
        if self.error is not None:
            raise self.error
        return [POSITION]


POSITION = VenuePosition(
    instrument=NAMES[0],
    direction=Direction.SHORT,
    quantity=D("0.50"),
    average_price=D(100),
    liquidation_price=None,
)
ORDER = VenueOrder(
    order_id="",
    venue_order_id="v-7",
    instrument=NAMES[1],
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=D(1),
    limit_price=D(90),
    trigger_price=None,
    reduce_only=False,
    status=VenueStatus.ACCEPTED,
    filled=D(0),
    notional=D(0),
    fees=D(0),
    reason="",
    created_at=NOW,
    updated_at=NOW,
)


def sent(levers: Levers, queries: Holdings | None = None) -> Sequence[LeverageReport | CallReport]:
    sender = LeverageSender(levers, queries, "test", lambda: NOW)
    return sender.send([OutgoingLeverage(name, D(20)) for name in NAMES[:4]])


@pytest.mark.parametrize("error", [OutcomeUnknown("timed out"), ExchangeUnreachable("no route")])
def test_the_first_request_without_an_answer_ends_the_batch_and_the_rest_is_refused_unsent(
    error: ExchangeError,
) -> None:
    levers = Levers({NAMES[1]: error})
    reports = sent(levers)
    assert levers.called == NAMES[:2]
    assert [type(one) for one in reports] == [
        LeverageSet,
        LeverageUnclear,
        LeverageRefused,
        LeverageRefused,
    ]
    assert [one.instrument for one in reports if not isinstance(one, CallReport)] == NAMES[:4]
    reasons = {one.reason for one in reports if isinstance(one, LeverageRefused)}
    assert reasons == {f"not sent: the request for {NAMES[1]} before it was not answered"}


def test_a_refused_request_does_not_end_the_batch() -> None:
    levers = Levers({NAMES[1]: ExchangeRefused("risk limit")})
    reports = sent(levers)
    assert levers.called == NAMES[:4]
    assert [one.instrument for one in reports if isinstance(one, LeverageRefused)] == [NAMES[1]]


def test_no_leverage_is_changed_under_a_position_or_an_order_that_the_exchange_has() -> None:
    levers = Levers({})
    reports = sent(levers, Account())
    assert levers.called == NAMES[2:4]
    reasons = {one.instrument: one.reason for one in reports if isinstance(one, LeverageRefused)}
    assert reasons == {
        NAMES[0]: "not sent: the exchange has a position, SHORT 0.50",
        NAMES[1]: "not sent: the exchange has an open order v-7",
    }


@pytest.mark.parametrize("error", [ExchangeUnreachable("no route"), ExchangeRefused("hedge mode")])
def test_nothing_is_sent_where_positions_cannot_be_queried(error: ExchangeError) -> None:
    levers = Levers({})
    reports = sent(levers, Account(error))
    assert levers.called == []
    reasons = {one.reason for one in reports if isinstance(one, LeverageRefused)}
    assert reasons == {f"not sent: the exchange's positions and orders cannot be queried: {error}"}
    services = [one.service for one in reports if isinstance(one, Unanswered)]
    assert services == ([Service.QUERIES] if isinstance(error, ExchangeUnreachable) else [])


@pytest.mark.parametrize("kind", ["PositionUnknownToUs", "PositionQuantityDiffers"])
def test_an_accepted_position_of_the_exchange_keeps_the_leverage_until_it_is_over(kind: str) -> None:
    desk = Desk()
    name, stream = f"difference:{kind}:{NAMES[0]}:SHORT:0.5", reconciliation_stream(ACCOUNT)
    desk.history.record(stream, DiscrepancyFound(name, NAMES[0], "SHORT 0.5"))
    assert desk.due() == []
    desk.history.record(stream, DiscrepancyResolved(name, "mine"))
    assert [one.instrument for one in desk.due()] == NAMES[1:6]
    desk.history.record(stream, DiscrepancyEnded(name))
    assert [one.instrument for one in desk.due()] == NAMES[:5]

"""Manual trading on a log that no engine owns: a new log, a log of a tape, and restarts."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from commands.door import Answer, Completed, Declined, Drafted, TimedOut
from commands.request import (
    ClosePosition,
    DraftOrder,
    ManualTerms,
    MoveProtection,
    PlaceOrder,
    Request,
    Requested,
    ResetKillSwitch,
    TripKillSwitch,
)
from commands.world import World
from domain.direction import Side
from domain.errors import InvalidInput, InvalidSettings, OwnershipLost, TapeMismatch
from domain.log import Envelope, EventLog
from domain.mark import AccountMarked
from domain.market import KnownPrice
from domain.opening import Mode
from domain.order import OrderExpired, OrderStatus, OrderType
from domain.settings import Settings, SimulationSettings
from infra.run.beginning import Beginning
from infra.run.last_prices import Feed
from infra.run.manual import ManualRun
from infra.run.stake import Stake
from projections.chain import missing_causes
from tests.commands.list_log import InterruptedLog, ListLog
from tests.domain.history import BTC, ETH, LOG_ID
from tests.infra.run.asking import play_asking
from tests.infra.run.test_by_hand import PLAN, SCRIPT, TAPES
from tests.replacing import replace

D = Decimal
NOON = datetime(2026, 3, 1, 12, 0, 0, 300_000, tzinfo=UTC)
BEGINNING = Beginning("paper", Stake("USDT", D(10_000), D(5)), Settings())
LIMIT = ManualTerms(
    instrument=BTC,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=D("0.1"),
    limit_price=D(50_000),
    stop=D(49_000),
    target=D(52_000),
)


MARKET = replace(LIMIT, type=OrderType.MARKET, limit_price=None)
PRICES = {BTC: D(50_000), ETH: D(3_000)}


def fed(prices: Mapping[str, Decimal]) -> Feed:
    """A feed whose last prices these are."""
    known = [KnownPrice(instrument=name, at=NOON, price=price) for name, price in prices.items()]
    return lambda _log_id, _marked: known


class Hand:
    """A manual run with a clock that the test advances, in a market with these last prices."""

    def __init__(
        self,
        log: EventLog,
        at: datetime = NOON,
        beginning: Beginning = BEGINNING,
        prices: Mapping[str, Decimal] = PRICES,
    ) -> None:
        self.at, self.log, self.seen = at, log, list[Envelope]()
        self.run = ManualRun(
            log,
            beginning,
            self.seen.append,
            clock=lambda: self.at,
            name=lambda: LOG_ID,
            feed=fed(prices),
        )
        self._count = 0

    def ask(self, request: Request, key: str | None = None) -> Answer:
        self._count += 1
        key = key or f"{self.at:%d%H%M%S}-{self._count}"
        return self.run.answer(
            Requested(
                id=key,
                account="paper",
                actor="eve",
                valid_until=self.at + timedelta(minutes=1),
                request=request,
            )
        )

    def accepted(self, request: Request, key: str | None = None) -> list[str]:
        answer = self.ask(request, key)
        assert isinstance(answer, Completed), answer
        return [event.type.rpartition(".")[2] for event in answer.events]

    def pass_seconds(self, count: int) -> None:
        for _second in range(count):
            self.at += timedelta(seconds=1)
            self.run.attend()

    @property
    def world(self) -> World:
        return self.run.world


def test_an_empty_log_is_opened_in_live_mode() -> None:
    hand = Hand(ListLog())
    assert hand.world.state("log").mode is Mode.LIVE
    assert hand.world.portfolio.account.balance == 10_000
    assert {BTC, ETH} <= set(hand.world.portfolio.instruments)
    hand.run.attend()
    assert hand.world.portfolio.account.day == "2026-03-01"
    assert hand.seen == [one.envelope for one in hand.log.read()]
    assert list(missing_causes(hand.log.read())) == []


def test_a_position_is_opened_protected_moved_and_closed_at_the_last_price_of_the_feed() -> None:
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(2)
    held = hand.world.portfolio.positions[BTC]
    assert (held.state.quantity, held.state.stop, held.state.target) == (D("0.1"), D(49_000), D(52_000))
    assert hand.world.portfolio.account.reserved == {}
    hand.accepted(MoveProtection(f"{BTC}-LONG-1", stop=D(49_500)))
    hand.pass_seconds(2)
    assert hand.world.portfolio.positions[BTC].state.stop == 49_500
    hand.accepted(ClosePosition(f"{BTC}-LONG-1", "enough"))
    hand.pass_seconds(2)
    assert not hand.world.portfolio.positions
    assert not hand.world.portfolio.exits
    assert isinstance(hand.ask(DraftOrder(MARKET)), Drafted)
    assert list(missing_causes(hand.log.read())) == []


def test_a_market_at_rest_marks_no_hour() -> None:
    """Its candles are of no feed, so that their hash would not be one of candles that were played."""
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(2)
    for _hour in range(3):
        hand.at += timedelta(hours=1)
        hand.run.attend()
    assert set(hand.world.portfolio.positions) == {BTC}
    assert not any(isinstance(one.event, AccountMarked) for one in hand.seen)


def test_resting_orders_and_positions_are_restored_after_a_restart() -> None:
    log = ListLog()
    first = Hand(log)
    first.accepted(PlaceOrder(LIMIT))
    first.pass_seconds(2)
    first.accepted(
        PlaceOrder(replace(LIMIT, instrument=ETH, limit_price=D(3_000), stop=D(2_900), target=None))
    )
    first.pass_seconds(2)
    first.run.close()
    again = Hand(log, first.at + timedelta(hours=1))
    assert again.seen == log.envelopes
    again.pass_seconds(2)
    assert set(again.world.portfolio.positions) == {BTC, ETH}
    again.accepted(ClosePosition(f"{BTC}-LONG-1", "enough"))
    again.pass_seconds(2)
    assert set(again.world.portfolio.positions) == {ETH}
    assert {order.terms.instrument for order in again.world.portfolio.exits.values()} == {ETH}


def test_an_unsent_entry_expires_after_a_late_restart_and_is_sent_after_a_quick_restart() -> None:
    log = ListLog()
    first = Hand(log)
    first.accepted(PlaceOrder(LIMIT))
    again = Hand(log, first.at + timedelta(hours=1))
    again.pass_seconds(2)
    assert not again.world.portfolio.positions
    assert not again.world.portfolio.entries
    assert again.world.portfolio.account.reserved == {}
    soon = ListLog()
    third = Hand(soon)
    third.accepted(PlaceOrder(LIMIT))
    fourth = Hand(soon, third.at + timedelta(seconds=5))
    fourth.pass_seconds(2)
    assert BTC in fourth.world.portfolio.positions


def test_unsent_orders_of_a_tape_expire_only_with_the_first_request_by_hand() -> None:
    log = ListLog()
    play_asking(PLAN, log, SCRIPT, upto=4)
    head = log.head()
    hand = Hand(log)
    unsent = [one for one in hand.world.portfolio.entries.values() if one.order.status is OrderStatus.PLACED]
    assert len(unsent) == 2
    hand.pass_seconds(3)
    assert log.head() == head
    hand.accepted(TripKillSwitch("enough"))
    expired = [one for one in log.envelopes if isinstance(one.event, OrderExpired)]
    assert {one.meta.causation_id.partition(":")[0] for one in expired} == {"clock"}
    assert len(expired) == 4
    assert not [
        one for one in hand.world.portfolio.entries.values() if one.order.status is OrderStatus.PLACED
    ]
    assert list(missing_causes(log.read())) == []


@pytest.mark.parametrize(("seconds", "is_sent"), [(5, True), (3_600, False)])
def test_an_unsent_order_on_the_log_of_a_tape_is_sent_after_a_quick_restart_and_expires_after_a_late_one(
    seconds: int, is_sent: bool
) -> None:
    """A request that is repeated is not carried out again, so nothing else would send what its first run left."""
    log = ListLog()
    play_asking(PLAN, log, {})
    assert not any(isinstance(one.event, OrderExpired) for one in log.envelopes)
    price = TAPES[0].candles[-1].close * D("0.98") // 1
    terms = replace(LIMIT, quantity=D("0.001"), limit_price=price, stop=price * D("0.98") // 1, target=None)
    killed = Hand(log, prices={})
    killed.accepted(PlaceOrder(terms), "once")
    again = Hand(log, killed.at + timedelta(seconds=seconds), prices={})
    again.pass_seconds(2)
    assert not [
        one for one in again.world.portfolio.entries.values() if one.order.status is OrderStatus.PLACED
    ]
    kinds = {type(one.event) for one in log.envelopes}
    assert (OrderExpired in kinds) is not is_sent
    assert bool(again.world.portfolio.entries) is is_sent


def test_at_midnight_the_day_is_closed_and_the_next_is_opened() -> None:
    hand = Hand(ListLog(), datetime(2026, 3, 1, 23, 59, 58, tzinfo=UTC), prices={})
    hand.pass_seconds(4)
    kinds = [type(envelope.event).__name__ for envelope in hand.log.envelopes]  # type: ignore[attr-defined]  # a list
    assert kinds[-2:] == ["DayClosed", "DayOpened"]
    assert hand.world.portfolio.account.day == "2026-03-02"


def test_new_exposure_is_refused_while_the_clock_is_behind_the_markets_time() -> None:
    """An order's age is measured by the clock. With a clock that is behind, an old order would count as fresh."""
    hand = Hand(ListLog())
    hand.pass_seconds(1)
    hand.at -= timedelta(days=1)
    refused = hand.ask(PlaceOrder(LIMIT))
    assert isinstance(refused, Declined)
    assert (
        "the clock shows 2026-02-28T12:00:01.300000+00:00, and the market's time is 2026-03-01"
        in refused.reason
    )
    hand.accepted(TripKillSwitch("what time is it?"))
    hand.accepted(ResetKillSwitch("it is noon"))
    hand.at += timedelta(days=1, seconds=1)
    hand.accepted(PlaceOrder(LIMIT))


def test_times_in_the_log_do_not_decrease_with_a_clock_that_goes_back() -> None:
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.at -= timedelta(hours=1)
    hand.accepted(TripKillSwitch("lunch"))
    times = [one.envelope.meta.recorded_at for one in hand.log.read()]
    assert times == sorted(times)


def test_the_log_of_a_tape_is_unchanged_until_a_request_by_hand_is_carried_out() -> None:
    log = ListLog()
    play_asking(PLAN, log, {})
    before = log.head()
    hand = Hand(log)
    hand.pass_seconds(3)
    assert log.head() == before
    late = Requested(
        id="late",
        account="paper",
        actor="eve",
        valid_until=hand.at - timedelta(seconds=1),
        request=TripKillSwitch("too late"),
    )
    others = replace(late, account="other", valid_until=hand.at)
    declined = [hand.run.answer(one) for one in (late, others, replace(others, id="no key"))]
    assert [type(one) for one in declined] == [Declined] * 3
    assert log.head() == before, "a declined request must record nothing"
    play_asking(PLAN, log, {})
    assert log.head() == before, "the tape must still be playable on the log"
    price = TAPES[0].candles[-1].close.quantize(D("0.1"))
    terms = ManualTerms(
        instrument=BTC,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=D("0.001"),
        limit_price=price,
        stop=price * D("0.98") // 1,
    )
    hand = Hand(log, prices={})
    hand.accepted(PlaceOrder(terms))
    hand.pass_seconds(2)
    assert log.head() > before
    with pytest.raises(TapeMismatch, match="where somebody has traded manually"):
        play_asking(PLAN, log, {})


def test_a_log_of_another_account_is_refused() -> None:
    log = ListLog()
    Hand(log)
    with pytest.raises(InvalidInput, match="this log is of the account paper, not of other"):
        Hand(log, beginning=replace(BEGINNING, account="other"))


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (replace(BEGINNING, stake=Stake("EUR", D(10_000), D(5))), InvalidSettings),
        (replace(BEGINNING, stake=Stake("USDT", D(-1), D(5))), InvalidInput),
        (replace(BEGINNING, stake=Stake("USDT", D(1), D(500))), InvalidInput),
        (
            replace(BEGINNING, settings=Settings(simulation=SimulationSettings(latency_ms=-1))),
            InvalidSettings,
        ),
    ],
)
def test_an_invalid_beginning_is_refused_and_opens_no_log(
    beginning: Beginning, kind: type[Exception]
) -> None:
    log = ListLog()
    with pytest.raises(kind):
        Hand(log, beginning=beginning)
    assert log.head() == 0


def test_a_request_to_an_engine_that_lost_its_log_is_answered_with_the_reason() -> None:
    def fenced() -> None:
        if log.head():
            raise OwnershipLost("another engine owns this log")

    log = InterruptedLog((), fenced)
    hand = Hand(log)
    with pytest.raises(OwnershipLost):
        hand.run.attend()
    answer = hand.run.door.ask(
        Requested(id="k1", account="paper", actor="eve", valid_until=NOON, request=TripKillSwitch("lunch")), 1
    )
    assert isinstance(answer, TimedOut)
    assert "another engine owns this log" in answer.known


def test_the_door_answers_a_request_from_another_thread() -> None:
    hand = Hand(ListLog())
    requested = Requested(
        id="k1",
        account="paper",
        actor="eve",
        valid_until=NOON + timedelta(minutes=1),
        request=TripKillSwitch("lunch"),
    )
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(hand.run.door.ask, requested, 10)
        while not answer.done():
            hand.run.attend(0.005)
    assert isinstance(answer.result(), Completed)

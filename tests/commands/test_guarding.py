"""The guard of the sender: what it holds back is recorded with its reason, and what reduces always passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commands.exchange import Accepted
from commands.order import AmendOrder, PlaceOrder
from commands.reconciliation import RecordDiscrepancy
from commands.settings import ChangeSettings
from domain.direction import Side
from domain.market import KnownPrice
from domain.order import OrderAmendRefused, OrderExpired, OrderPlaced, OrderStatus, OrderType
from domain.settings import CapSettings, Settings
from domain.streams import order_stream
from projections.chain import missing_causes
from tests.commands.an_order import RULES
from tests.commands.desk import Desk, chain_of, folded, long, names, snapshot
from tests.commands.list_log import ListLog
from tests.domain.history import ACCOUNT, BTC, NOW, D, an_order
from tests.replacing import replace

SECOND = timedelta(seconds=1)
RESTING = an_order(
    type=OrderType.LIMIT, quantity=D(1), limit_price=D(100), fresh_until=NOW + timedelta(hours=1)
)
EXIT = replace(RESTING, reduce_only=True, side=Side.SELL)
STOP = replace(EXIT, type=OrderType.STOP, limit_price=None, trigger_price=D(80))
TINY = CapSettings(max_notional=D(1), max_deviation=D("0.001"), max_orders_per_minute=1)


def a_desk(log: ListLog | None = None, **caps: Any) -> Desk:
    """A desk with these caps, on whose market BTC trades at 100."""
    desk = Desk(log)
    desk.driver.engine.market.take(KnownPrice(instrument=BTC, at=NOW, price=D(100)))
    return desk.opened(Settings(caps=CapSettings(**caps)))


def place(desk: Desk, name: str, terms: OrderPlaced = RESTING) -> list[str]:
    return names(desk.ask(PlaceOrder(name, terms, RULES), cause=f"command:{name}"))


def status(desk: Desk, name: str) -> OrderStatus:
    return desk.world.state(order_stream(ACCOUNT, name)).status  # type: ignore[no-any-return]


def reasons(desk: Desk) -> list[str]:
    return [
        one.event.reason
        for one in desk.log.envelopes
        if isinstance(one.event, OrderExpired | OrderAmendRefused)
    ]


def test_nothing_is_added_while_a_discrepancy_is_unresolved_and_what_reduces_is_sent() -> None:
    """A restart finds it after the entry was decided."""
    desk = a_desk()
    desk.ask(RecordDiscrepancy("difference:PositionUnknownToUs", BTC, "1 more"), cause="exchange:test:d")
    place(desk, "a-e1")
    assert status(desk, "a-e1") is OrderStatus.EXPIRED
    assert reasons(desk) == [
        "not sent: a discrepancy with the exchange is unresolved: difference:PositionUnknownToUs"
    ]
    place(desk, "a-x1", EXIT)
    assert status(desk, "a-x1") is OrderStatus.PLACED


def test_a_capped_entry_of_a_strategy_expires_with_its_protection_and_its_funds_are_released() -> None:
    desk = a_desk(max_notional=D(4_999))
    recorded = desk.see(long())
    assert names(recorded)[-4:] == ["OrderExpired", "FundsReleased", "OrderExpired", "OrderExpired"]
    chain = chain_of(recorded)
    assert reasons(desk) == [
        "not sent: its notional of 5000.000 is above 4999 (caps.max_notional)",
        *[f"not sent: its entry {chain}-e1 was not sent"] * 2,
    ]
    assert desk.exchange.letters == []
    assert list(missing_causes(desk.log.read())) == []
    assert folded(desk.log) == snapshot(desk.world)


def test_an_entry_is_judged_by_the_market_of_its_sending() -> None:
    desk = a_desk(max_deviation=D("0.01"))
    desk.driver.engine.market.take(KnownPrice(instrument=BTC, at=NOW + SECOND, price=D("101.1")))
    desk.see(long())
    assert desk.exchange.letters == []
    assert "its price of 100" in reasons(desk)[0]


@pytest.mark.parametrize("terms", [EXIT, STOP], ids=["exit", "stop"])
def test_an_order_that_reduces_is_sent_whatever_the_caps(terms: OrderPlaced) -> None:
    desk = a_desk(max_notional=D(1), max_deviation=D("0.001"), max_orders_per_minute=1)
    for name in ("one", "two"):
        place(desk, name, terms)
    assert desk.exchange.sent == [("submit", ("one",)), ("submit", ("two",))]


def test_entries_beyond_the_number_of_a_minute_expire_until_the_minute_is_over() -> None:
    desk = a_desk(max_orders_per_minute=2)
    for name in ("one", "two", "three"):
        place(desk, name)
    assert [status(desk, name) for name in ("one", "two", "three")] == [
        *[OrderStatus.PLACED] * 2,
        OrderStatus.EXPIRED,
    ]
    assert reasons(desk) == [
        "not sent: 2 entries were sent in the last 60 seconds (caps.max_orders_per_minute)"
    ]
    desk.at += timedelta(seconds=57)
    place(desk, "four")
    assert status(desk, "four") is OrderStatus.PLACED
    place(desk, "five")
    assert status(desk, "five") is OrderStatus.PLACED, "the second entry is 60 seconds old"


def test_an_entry_that_was_held_back_does_not_count_in_its_minute() -> None:
    desk = a_desk(max_notional=D(100), max_orders_per_minute=1)
    place(desk, "much", replace(RESTING, quantity=D(2)))
    place(desk, "one")
    assert (status(desk, "much"), status(desk, "one")) == (OrderStatus.EXPIRED, OrderStatus.PLACED)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"quantity": D(3)}, True),
        ({"limit_price": D("100.2")}, True),
        ({"quantity": D("0.5")}, False),
    ],
    ids=["more", "a worse price", "less"],
)
def test_an_amendment_is_capped_where_it_may_add_exposure(changes: dict[str, Any], refused: bool) -> None:
    desk = a_desk(max_notional=D(200), max_deviation=D("0.001"))
    place(desk, "mine")
    desk.tell(Accepted(order_id="mine", at=NOW, fact="exchange:test:a", venue_order_id="v1"))
    terms: dict[str, Any] = {"quantity": None, "limit_price": None, "trigger_price": None, **changes}
    desk.ask(AmendOrder(order_id="mine", rules=RULES, **terms), cause="command:amend")
    assert len(reasons(desk)) == int(refused)
    assert [letter.kind for letter in desk.exchange.letters] == ["submit", *["amend"] * (not refused)]


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"quantity": D("0.5"), "limit_price": D(101)}, False),
        ({"limit_price": D(99)}, True),
        ({"quantity": D(2), "limit_price": D(99)}, True),
    ],
    ids=["less at another price", "another price", "more"],
)
def test_in_doubt_an_amendment_passes_where_the_entry_may_fill_less_than_before(
    changes: dict[str, Any], refused: bool
) -> None:
    desk = a_desk()
    place(desk, "mine")
    desk.tell(Accepted(order_id="mine", at=NOW, fact="exchange:test:a", venue_order_id="v1"))
    desk.ask(RecordDiscrepancy("difference:PositionUnknownToUs", BTC, "1 more"), cause="exchange:test:d")
    terms: dict[str, Any] = {"quantity": None, "limit_price": None, "trigger_price": None, **changes}
    desk.ask(AmendOrder(order_id="mine", rules=RULES, **terms), cause="command:amend")
    assert [letter.kind for letter in desk.exchange.letters] == ["submit", *["amend"] * (not refused)]
    assert len(reasons(desk)) == int(refused)


def test_the_price_of_a_smaller_entry_is_capped_all_the_same() -> None:
    desk = a_desk(max_deviation=D("0.001"))
    place(desk, "mine")
    desk.tell(Accepted(order_id="mine", at=NOW, fact="exchange:test:a", venue_order_id="v1"))
    changed = AmendOrder(
        order_id="mine", rules=RULES, quantity=D("0.5"), limit_price=D(101), trigger_price=None
    )
    desk.ask(changed, cause="command:amend")
    assert [letter.kind for letter in desk.exchange.letters] == ["submit"]


def test_without_a_price_of_the_market_a_capped_entry_is_not_sent() -> None:
    desk = Desk().opened(Settings(caps=TINY))
    place(desk, "mine")
    assert reasons(desk) == [f"not sent: no price of {BTC} is known to judge it by"]


def test_a_person_who_raises_the_cap_sends_the_next_entry() -> None:
    desk = a_desk(max_notional=D(99))
    place(desk, "one")
    desk.ask(ChangeSettings(Settings(caps=CapSettings(max_notional=D(100)))), cause="command:more")
    place(desk, "two")
    assert (status(desk, "one"), status(desk, "two")) == (OrderStatus.EXPIRED, OrderStatus.PLACED)

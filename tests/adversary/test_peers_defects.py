"""The known defects of other trading programs (docs/peers.md), on live runs over our venue."""

# pyright: reportPrivateUsage=false
# A test puts pushes into the stream of an adapter.

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.bybit import Credentials, Site
from adapters.bybit.client import http
from adapters.bybit.codes import Verdict, verdict
from adapters.bybit.texts import Texts
from adapters.simulated.venue.order import StopKind
from commands.door import Declined
from domain.errors import OutcomeUnknown
from tests.adapters.bybit.bench import QUICK, SYMBOL, bybit_venue
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.infra.run.live_desk import LIMIT, Desks, LiveDesk, desks_at

CREATE, REALTIME, HISTORY = "/v5/order/create", "/v5/order/realtime", "/v5/order/history"
AMBIGUOUS = (
    429,
    10000,
    10006,
    10016,
    10019,
    10403,
    10429,
    170001,
    170005,
    170007,
    170032,
    20003,
    20006,
    500000,
)
"""Codes that NautilusTrader reconciles and never takes for a rejection (crates/adapters/bybit/src/http/error.rs)."""
PAGE = Path(__file__).parents[2] / "docs" / "peers.md"


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running


@pytest.fixture
def desks(venue: RunningVenue) -> Iterator[Desks]:
    with desks_at(venue) as made:
        yield made


class Late:
    """An exchange that a request reaches only when the test lets it arrive."""

    def __init__(self, exchange: Any) -> None:
        self._exchange, self.held = exchange, list[Any]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def submit(self, tickets: Any) -> None:
        self.held.append(tickets)
        raise OutcomeUnknown("no answer in time")

    def arrive(self) -> None:
        for tickets in self.held:
            self._exchange.submit(tickets)


def session(desk: LiveDesk) -> Any:
    """Another program on the same account."""
    return http(Credentials(desk.key, SECRET), Site(http=desk.venue.url), QUICK)


def test_an_order_whose_acknowledgement_is_lost_is_posted_once(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, posted = desks().started(), list[str]()
    client = desk.exchange.session.client
    send = client.send

    def counted(request: Any, **more: Any) -> Any:
        posted.append(request.path_url)
        return send(request, **more)

    monkeypatch.setattr(client, "send", counted)
    desk.venue.fails(CREATE, "drop", commit=True)
    desk.asks(LIMIT)
    desk.passes(6)
    desk.until(lambda: desk.has("OrderAccepted"))
    desk.passes(60)
    assert posted.count(CREATE) == 1
    assert len(desk.entries()) == 1


def test_a_market_order_that_fills_at_once_without_any_push_is_filled_and_not_rejected(desks: Desks) -> None:
    desk = desks().started()
    for topic in ("order", "execution"):
        desk.venue.fails(topic, "missing", times=0)
    desk.venue.fails(CREATE, "drop", commit=True)
    desk.closes_at("101")
    assert desk.has("OrderOutcomeUnknown")
    desk.passes(6)
    desk.until(lambda: desk.has("PositionOpened"))
    assert not desk.has("OrderRejected")


def test_an_order_whose_queries_all_fail_is_neither_rejected_nor_lost(desks: Desks) -> None:
    desk = desks().started()
    desk.venue.fails(CREATE, "drop", commit=True)
    desk.venue.fails("order", "missing", times=0)
    for path in (REALTIME, HISTORY):
        desk.venue.fails(path, "status", value=502, times=0)
    desk.asks(LIMIT)
    for _ in range(8):
        desk.passes(10)
    assert desk.run.world.portfolio.unknown_orders
    assert not desk.has("OrderRejected")
    desk.venue.do(lambda one: one.faults.clear())
    desk.passes(10)
    desk.until(lambda: desk.has("OrderAccepted"))
    assert len(desk.entries()) == 1


def test_an_order_that_arrives_after_it_was_given_up_is_a_position_with_a_stop_and_halts_entries(
    desks: Desks,
) -> None:
    """The log has given up its stop, too, which the exchange has: a person has to look at that."""
    late: list[Late] = []

    def delayed(exchange: Any) -> Late:
        late.append(Late(exchange))
        return late[0]

    desk = desks(wrapped=delayed).started()
    desk.asks(LIMIT)
    desk.passes(6)
    desk.passes(6)
    assert desk.names().count("OrderRejected") == 3
    late[0].arrive()
    desk.trades_at("98")
    desk.until(lambda: desk.has("PositionOpened"))
    for _ in range(2):
        desk.passes(30)
    assert desk.names().count("DiscrepancyFound") == 2
    assert {one.stop_kind for one in desk.account.orders.values()} == {
        StopKind.PARTIAL_STOP_LOSS,
        StopKind.PARTIAL_TAKE_PROFIT,
    }
    assert isinstance(desk.asks(LIMIT), Declined)
    assert "disagree" in desk.reason


def test_a_position_that_no_fill_explains_ends_no_order_at_a_start(desks: Desks) -> None:
    desk = desks().started()
    desk.asks(LIMIT)
    desk.until(lambda: desk.has("OrderAccepted"))
    desk.run.close()
    session(desk).place_order(category="linear", symbol=SYMBOL, side="Sell", orderType="Market", qty="0.3")
    again = desks(key=desk.key, log=desk.log).started_in_doubt()
    assert again.has("DiscrepancyFound")
    assert isinstance(again.asks(LIMIT), Declined)
    assert "disagree" in again.reason
    (entry,) = again.run.world.portfolio.entries.values()
    assert entry.order.status.value == "ACCEPTED"
    assert [one.link for one in again.entries()] == list(again.run.world.portfolio.entries)


def test_private_pushes_that_are_sent_again_after_a_reconnect_change_nothing(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, take = list[str](), Texts.take

    def kept(self: Texts, text: str) -> None:
        texts.append(text)
        take(self, text)

    monkeypatch.setattr(Texts, "take", kept)
    desk = desks().started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    desk.trades_at("98")
    desk.until(lambda: desk.has("PositionClosed"))
    before = [one for one in desk.names() if not one.startswith("Reconciliation")]
    desk.venue.act("refuse", ms=200)
    desk.until(lambda: not desk.exchange.stream_state.is_live)
    desk.until(lambda: desk.names()[-1] == "ReconciliationEnded")
    for text in list(texts):
        take(desk.exchange._texts, text)
    desk.passes(1)
    assert [one for one in desk.names() if not one.startswith("Reconciliation")] == before
    assert len(texts) >= 4


@pytest.mark.parametrize("code", AMBIGUOUS)
def test_a_code_after_which_an_order_may_exist_is_no_rejection(code: int) -> None:
    assert verdict(code) in (Verdict.AMBIGUOUS, Verdict.RATE_LIMITED)


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)` ([\w\s,]+?)(?= \||;|$)", PAGE.read_text(), re.MULTILINE)
    assert len(named) > 20
    for file, tests in named:
        text = (PAGE.parents[1] / file).read_text()
        for test in re.split(r",\s*", tests.strip()):
            assert f"def {test}(" in text, (file, test)

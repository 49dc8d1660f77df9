"""Live runs on our Bybit venue over loopback: start, trading, gaps, restarts and stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from domain.account import AccountOpened
from domain.opening import LogOpened, Mode
from tests.adapters.bybit.bench import bybit_venue
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.live_desk import D, LiveDesk

Desks = Callable[..., LiveDesk]


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running


@pytest.fixture
def desks(venue: RunningVenue) -> Iterator[Desks]:
    made: list[LiveDesk] = []

    def desk(**given: object) -> LiveDesk:
        made.append(LiveDesk(venue, **given))  # type: ignore[arg-type]
        return made[-1]

    yield desk
    venue.do(lambda one: one.faults.clear())
    for one in made:
        one.close()


def test_an_empty_log_is_opened_with_the_money_and_rules_that_the_exchange_states(desks: Desks) -> None:
    desk = desks().started()
    opened, account = desk.log.envelopes[0].event, desk.log.envelopes[1].event
    assert isinstance(opened, LogOpened)
    assert opened.mode is Mode.LIVE
    assert account == AccountOpened("USDT", D(10_000), D(5))
    assert desk.names()[2:] == [
        "SettingsChanged", "InstrumentListed", "ReconciliationBegun", "DayOpened", "ReconciliationEnded",
    ]  # fmt: skip
    assert desk.account.hedged == set()


def test_a_signal_becomes_an_entry_with_its_stop_at_the_exchange(desks: Desks) -> None:
    desk = desks().started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    assert desk.names().count("OrderPlaced") == 3
    assert len(desk.run.world.portfolio.positions) == 1

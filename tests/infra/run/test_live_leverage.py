"""The leverage by volatility in live runs, by pybit and by ccxt at our venue: refused, lost and after kills."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.avro import AvroCodec
from adapters.bybit.fields import at_ms
from adapters.inputs.sqlite import SqliteTape
from adapters.log.sqlite import open_sqlite
from commands.door import Completed, Declined
from commands.world import World
from domain.leverage.change import LeverageChanged, LeverageChangeRefused, LeverageChangeRequested
from domain.leverage.settings import LeverageSettings
from domain.sizing.size import margin_required
from infra.run.live_plan import LiveVenue, Wake
from projections.chain import missing_causes
from tests.adapters.bybit.bench import SYMBOL
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.demo_desk import DemoDesk
from tests.infra.run.live_desk import BTC, FIVE, LIMIT, PLAN, D, Killed, LiveDesk, desks_at
from tests.infra.run.taped import replayed
from tests.infra.run.test_live_adoption import looks
from tests.infra.run.test_live_ccxt import CcxtDesk
from tests.infra.run.test_live_watch import leverage, unresolved
from tests.replacing import replace

PATH = "/v5/position/set-leverage"
RULES = LeverageSettings(confirmations=1, period=2, steps=("0:20", "0.015:10", "0.03:5"), least_seconds=600)
LEVERED = replace(PLAN, settings=replace(PLAN.settings, leverage=RULES))
ENTRY = replace(LIMIT, terms=replace(LIMIT.terms, stop=D(97)))
"""Its stop is before the liquidation at a leverage of 20."""
KINDS = [LiveDesk, CcxtDesk]


@pytest.fixture(autouse=True)
def faultless(venue: RunningVenue) -> Iterator[None]:
    """Every test ends the venue's faults."""
    with desks_at(venue):
        yield


def calm(desk: LiveDesk) -> None:
    """Three candles without volatility close, one each five minutes."""
    for _ in range(3):
        close(desk, "100")


def close(desk: LiveDesk, price: str) -> None:
    desk.later(300)
    desk.closes_at(price)


def of_leverage(desk: LiveDesk) -> list[str]:
    return [name for name in desk.names() if "Leverage" in name]


@pytest.mark.parametrize("kind", KINDS)
def test_the_exchange_has_the_leverage_of_the_volatility_and_a_change_by_others_is_a_discrepancy(
    venue: RunningVenue, kind: type[LiveDesk]
) -> None:
    desk = kind(venue, plan=LEVERED).started()
    assert leverage(desk) == "5"
    calm(desk)
    assert leverage(desk) == "20"
    assert of_leverage(desk) == ["LeverageChangeRequested", "LeverageChanged"]
    desk.later(600)
    close(desk, "104")
    assert leverage(desk) == "10"
    (_, changed) = [one.event for one in desk.log.envelopes if isinstance(one.event, LeverageChanged)]
    assert changed == LeverageChanged(BTC, D(10), D(20))
    looks(desk)
    assert unresolved(desk) == []
    desk.sets_leverage("7")
    looks(desk)
    assert unresolved(desk) == [f"difference:TradingTermsDiffer:{BTC}:leverage 7"]
    assert list(missing_causes(desk.log.read())) == []
    desk.close()


def test_the_margin_of_an_entry_is_that_of_the_leverage_that_the_exchange_has_set(
    venue: RunningVenue,
) -> None:
    desk = LiveDesk(venue, plan=LEVERED).started()
    calm(desk)
    assert isinstance(desk.asks(ENTRY), Completed)
    portfolio = desk.run.world.portfolio
    (reserved,) = portfolio.account.reserved.values()
    assert reserved == margin_required(portfolio.instruments[BTC], D("0.1"), D(99), D(20))
    desk.later(600)
    close(desk, "104")
    assert of_leverage(desk) == ["LeverageChangeRequested", "LeverageChanged"], "an entry waits"
    desk.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("carried_out", [False, True], ids=["not carried out", "carried out"])
def test_a_request_without_an_answer_holds_entries_back_until_a_query_shows_its_outcome(
    venue: RunningVenue, kind: type[LiveDesk], *, carried_out: bool
) -> None:
    desk = kind(venue, plan=LEVERED).started()
    venue.fails(PATH, "drop", commit=carried_out, times=0)
    calm(desk)
    assert of_leverage(desk) == ["LeverageChangeRequested", "LeverageChangeUnclear"]
    assert isinstance(desk.asks(ENTRY), Declined)
    assert "the outcome of a change of its leverage from 5 to 20 is not known yet" in desk.reason
    looks(desk)
    assert unresolved(desk) == [], "each of the two leverages may be in force"
    desk.passes(PLAN.rhythm.lost)
    looks(desk)
    last = [one.event for one in desk.log.envelopes if "Leverage" in type(one.event).__name__][-1]
    if carried_out:
        assert last == LeverageChanged(BTC, D(20), D(5))
    else:
        reason = "the exchange states a leverage of 5 after the request"
        assert last == LeverageChangeRefused(BTC, D(20), D(5), reason)
    assert leverage(desk) == ("20" if carried_out else "5")
    assert isinstance(desk.asks(ENTRY), Completed)
    desk.close()


def test_after_a_refusal_entries_go_on_with_the_leverage_before_and_the_next_request_waits(
    venue: RunningVenue,
) -> None:
    desk = LiveDesk(venue, plan=LEVERED).started()
    venue.fails(PATH, "code", value=110046)
    calm(desk)
    assert of_leverage(desk) == ["LeverageChangeRequested", "LeverageChangeRefused"]
    calm(desk)
    assert of_leverage(desk)[2:] == ["LeverageChangeRequested", "LeverageChanged"]
    first, second = [
        one.meta.recorded_at for one in desk.log.envelopes if isinstance(one.event, LeverageChangeRequested)
    ]
    assert (second - first).total_seconds() >= RULES.least_seconds
    assert isinstance(desk.asks(ENTRY), Completed)
    desk.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_leverage_is_not_changed_under_an_order_that_others_have_just_placed(
    venue: RunningVenue, kind: type[LiveDesk]
) -> None:
    desk = kind(venue, plan=LEVERED).started()
    close(desk, "100")
    assert of_leverage(desk) == []
    desk.stranger_buys()
    close(desk, "100")
    assert of_leverage(desk) == ["LeverageChangeRequested", "LeverageChangeRefused"]
    (refused,) = [one.event for one in desk.log.envelopes if isinstance(one.event, LeverageChangeRefused)]
    assert refused.reason.startswith("not sent: the exchange has an open order ")
    assert leverage(desk) == "5"
    desk.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_leverage_that_is_set_already_is_no_refusal(venue: RunningVenue, kind: type[LiveDesk]) -> None:
    desk = kind(venue, plan=LEVERED).started()
    desk.sets_leverage("20")
    calm(desk)
    assert of_leverage(desk) == ["LeverageChangeRequested", "LeverageChanged"]
    desk.close()


class DyingAccount:
    """An account whose process ends at the request for another leverage, before or after it was sent."""

    def __init__(self, account: Any, *, sends: bool) -> None:
        self._account, self._sends = account, sends

    def __getattr__(self, name: str) -> Any:
        return getattr(self._account, name)

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        if leverage == D(20):
            if self._sends:
                self._account.set_leverage(instrument, leverage)
            raise Killed
        self._account.set_leverage(instrument, leverage)


class DyingDesk(LiveDesk):
    """A run whose process ends at the request for a leverage of 20."""

    sends = False

    def _connect(self, world: World, wake: Wake) -> LiveVenue:
        venue = super()._connect(world, wake)
        account: Any = DyingAccount(venue.account, sends=self.sends)
        return LiveVenue(venue.exchange, account, venue.start, venue.close)


class DyingAfterSending(DyingDesk):
    """It ends after the request was sent."""

    sends = True


@pytest.mark.parametrize("kind", [DyingDesk, DyingAfterSending])
def test_a_run_killed_at_a_request_holds_entries_back_after_the_restart_until_its_outcome_is_known(
    venue: RunningVenue, kind: type[DyingDesk]
) -> None:
    desk = kind(venue, plan=LEVERED).started()
    with pytest.raises(Killed):
        calm(desk)
    desk.run.close()
    assert of_leverage(desk) == ["LeverageChangeRequested"]
    again = LiveDesk(venue, plan=LEVERED, log=desk.log, key=desk.key).started()
    assert isinstance(again.asks(ENTRY), Declined)
    assert "its leverage" in again.reason
    again.passes(PLAN.rhythm.lost)
    looks(again)
    assert of_leverage(again)[1:] == ["LeverageChanged" if kind.sends else "LeverageChangeRefused"]
    assert leverage(again) == ("20" if kind.sends else "5")
    assert isinstance(again.asks(ENTRY), Completed)
    again.close()


def test_the_tape_of_a_run_leads_to_the_same_events(venue: RunningVenue, tmp_path: Path) -> None:
    path = tmp_path / "whence.db"
    with (
        closing(open_sqlite(path, AvroCodec())) as log,
        closing(SqliteTape(path, lambda: at_ms(venue.server.clock.market()))) as tape,
    ):
        desk = LiveDesk(venue, plan=LEVERED, tape=tape).started()
        venue.fails(PATH, "drop", commit=True, times=0)
        calm(desk)
        desk.passes(PLAN.rhythm.lost)
        looks(desk)
        assert of_leverage(desk)[-2:] == ["LeverageChangeUnclear", "LeverageChanged"]
        desk.close()
        log.append(desk.log.envelopes)
    replay = replayed(path)
    assert (replay.difference, replay.ordinal) == (None, desk.log.head())


def test_a_demo_run_has_the_leverage_of_the_volatility_also_after_a_restart() -> None:
    desk = DemoDesk(plan=LEVERED).started()
    desk.shows("99.9", "100.1")
    for _ in range(3):
        desk.now += FIVE
        desk.closes_at("100")
    assert desk.names()[-2:] == ["LeverageChangeRequested", "LeverageChanged"]
    again = desk.again().started()
    assert again.run.world.portfolio.leverage_in_force(BTC) == 20
    assert isinstance(again.asks(ENTRY), Completed)
    assert "DiscrepancyFound" not in again.names()


def test_a_start_after_changes_leaves_the_leverage_in_force_and_sets_that_of_the_log_where_others_changed_it(
    venue: RunningVenue,
) -> None:
    desk = LiveDesk(venue, plan=LEVERED).started()
    calm(desk)
    desk.run.close()
    again = LiveDesk(venue, plan=LEVERED, log=desk.log, key=desk.key)
    again.sets_leverage("3")
    again.started()
    assert leverage(again) == "20"
    assert of_leverage(again) == ["LeverageChangeRequested", "LeverageChanged"]
    assert SYMBOL in again.account.leverage
    again.close()

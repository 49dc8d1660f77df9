"""The target of a limit entry waits until the entry has filled, also after a restart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.exchange import Amended, AnyReport, Cancelled
from domain.direction import Side
from domain.venue import VenueStatus
from tests.adapters.ccxt.bench import CcxtBench
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.exchange_contract import Session, about
from tests.domain.history import D


@pytest.fixture
def session(venue: RunningVenue) -> Iterator[Session]:
    bench = CcxtBench(venue, streams=True)
    yield Session(bench)
    bench.close()


def resting(session: Session, target: str = "99") -> CcxtBench:
    """The bench, at which a buy of 1 at 97 rests; the market is at 100, beyond the target."""
    bench = session.bench
    assert isinstance(bench, CcxtBench)
    session.send(*session.bracket(session.order("e", Side.BUY, limit="97"), "95", target))
    session.trades_at("100")
    return bench


def trades_at(bench: CcxtBench, *prices: str, volume: str = "1000") -> list[AnyReport]:
    """The market trades at each price; returns the reports, also those of what the adapter sends meanwhile."""
    bench.trades_at(*prices, volume=volume)
    made = list(bench.exchange.reports())
    bench.hear()
    return [*made, *bench.exchange.reports()]


def at_venue(bench: CcxtBench) -> dict[str, str]:
    """The price of each stop and target that the venue works, by its id."""
    return {
        one.link: str(one.trigger_price or one.price) for one in bench.account.orders.values() if one.reduces
    }


def test_a_target_on_the_other_side_of_the_market_is_sent_after_the_first_fill(session: Session) -> None:
    bench = resting(session)
    assert at_venue(bench) == {"e-s": "95"}
    assert session.status("e-t") is VenueStatus.ACCEPTED
    trades_at(bench, "97", volume="0.4")
    assert at_venue(bench) == {"e-s": "95", "e-t": "99"}
    trades_at(bench, "97")
    trades_at(bench, "99")
    assert (session.held(), at_venue(bench)) == ([], {})


def test_a_waiting_target_is_sent_on_amended_terms(session: Session) -> None:
    bench = resting(session)
    session.amend("e-t", limit="98.5")
    (amended,) = (one for one in trades_at(bench, "100") if isinstance(one, Amended))
    assert (amended.order_id, amended.limit_price) == ("e-t", D("98.5"))
    trades_at(bench, "97")
    assert at_venue(bench)["e-t"] == "98.5"


def test_a_waiting_target_that_is_cancelled_is_not_sent(session: Session) -> None:
    bench = resting(session)
    session.cancel("e-t")
    assert [one.order_id for one in trades_at(bench, "100") if isinstance(one, Cancelled)] == ["e-t"]
    trades_at(bench, "97")
    assert at_venue(bench) == {"e-s": "95"}


def test_a_target_whose_price_was_reached_when_its_entry_filled_rests_at_its_price(session: Session) -> None:
    bench = resting(session, target="98")
    bench.venue.fails("/v5/order/create", "code", value=110092)
    trades_at(bench, "97")
    (target,) = (one for one in bench.account.orders.values() if one.link == "e-t")
    assert (str(target.price), target.trigger_price) == ("98", None)
    assert about(trades_at(bench, "98"), "e-t")[-1] == "Filled"
    assert (session.held(), at_venue(bench)) == ([], {})


@pytest.mark.parametrize("fills", [False, True], ids=["entry rests", "entry filled meanwhile"])
def test_a_restarted_adapter_knows_which_targets_were_not_sent(session: Session, *, fills: bool) -> None:
    bench = resting(session)
    if fills:
        bench.trades_at("97")
    placed = dict(session.heard.terms)
    bench.exchange.close()
    again = CcxtBench(bench.venue, streams=True, placed=placed, key=bench.key)
    assert again.exchange.order("e-t") is not None
    trades_at(again, "97")
    assert at_venue(bench) == {"e-s": "95", "e-t": "99"}
    again.close()

"""Live runs on an account whose terms others change, and starts that are refused before they change anything."""

from __future__ import annotations

import pytest

from commands.door import Completed, Declined
from domain.errors import InvalidInput, Refused
from tests.adapters.bybit.bench import SYMBOL
from tests.infra.run.live_desk import BTC, LIMIT, PLAN, D, Desks, LiveDesk
from tests.infra.run.test_live_adoption import looks
from tests.replacing import replace

ANOTHER = "nsvwda8dgah11-e1"
"""A client order id of another log."""


def leverage(desk: LiveDesk) -> str:
    return str(desk.account.leverage.get(SYMBOL, "not set"))


def unresolved(desk: LiveDesk) -> list[str]:
    return sorted(desk.run.world.portfolio.discrepancies.unresolved)


def test_a_leverage_changed_by_others_halts_entries_until_it_is_put_right(desks: Desks) -> None:
    desk = desks().started()
    for number in ("", "#2"):
        desk.sets_leverage("7")
        looks(desk)
        assert unresolved(desk) == [f"difference:TradingTermsDiffer:{BTC}:leverage 7{number}"]
        assert isinstance(desk.asks(LIMIT), Declined)
        assert "disagree" in desk.reason
        looks(desk)
        assert len(unresolved(desk)) == 1, "it stands as long as the leverage"
        desk.sets_leverage("5")
        looks(desk)
        assert unresolved(desk) == []
    assert isinstance(desk.asks(LIMIT), Completed)


def test_a_position_mode_changed_by_others_halts_entries_until_it_is_put_right(desks: Desks) -> None:
    desk = desks().started()
    desk.venue.do(lambda _: desk.account.hedged.add(SYMBOL))
    looks(desk)
    assert unresolved(desk) == [f"difference:TradingTermsDiffer:{BTC}:hedge mode"]
    desk.venue.do(lambda _: desk.account.hedged.discard(SYMBOL))
    looks(desk)
    assert unresolved(desk) == []


@pytest.mark.parametrize("position", [False, True], ids=["an order", "a position"])
def test_a_start_sets_no_leverage_under_another_log(desks: Desks, *, position: bool) -> None:
    desk = desks()
    desk.trades_at("100")
    order = {"orderType": "Market"} if position else {"orderType": "Limit", "price": "95"}
    desk.stranger(side="Buy", qty="0.3", orderLinkId=ANOTHER, **order)
    desk.sets_leverage("3")
    with pytest.raises(
        Refused, match=f"{BTC}: an engine with another log .* leverage 3, .* would set 5: give"
    ):
        desk.run.start()
    assert (leverage(desk), desk.names()) == ("3", [])


def test_a_start_that_is_refused_for_an_instrument_changes_nothing(desks: Desks) -> None:
    desk = desks(plan=replace(PLAN, instruments=(BTC, "NONE-LINEAR.BYBIT")))
    with pytest.raises((InvalidInput, Refused)):
        desk.run.start()
    assert (leverage(desk), desk.names()) == ("not set", [])


def test_a_start_on_an_account_without_money_changes_nothing(desks: Desks) -> None:
    desk = desks()
    desk.venue.do(lambda _: desk.account.wallet.add(D(-10_000)))
    with pytest.raises(InvalidInput, match="holds no USDT"):
        desk.run.start()
    assert (leverage(desk), desk.names()) == ("not set", [])

"""The account beside its orders, at our venue."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.bybit.account import BybitAccount
from adapters.bybit.fields import at_ms
from adapters.simulated.server.account_queries import PERMISSIONS
from commands.venue_account import KeyRights, TradingTerms, VenueAccount
from domain.errors import ExchangeRefused, ExchangeUnreachable
from tests.adapters.bybit.bench import SYMBOL, BybitBench

BTC = "BTCUSDT-LINEAR.BYBIT"


@pytest.fixture
def account(bench: BybitBench) -> VenueAccount:
    return BybitAccount(bench.exchange)


@pytest.mark.parametrize(
    ("group", "names", "rights"),
    [
        ("Wallet", [], KeyRights(may_trade=True, may_withdraw=False)),
        ("Wallet", ["AccountTransfer", "Withdraw"], KeyRights(may_trade=True, may_withdraw=True)),
        ("ContractTrade", ["Position"], KeyRights(may_trade=False, may_withdraw=False)),
    ],
    ids=["trades only", "withdraws", "does not place orders"],
)
def test_the_rights_are_those_of_the_key(
    account: VenueAccount, monkeypatch: pytest.MonkeyPatch, group: str, names: list[str], rights: KeyRights
) -> None:
    monkeypatch.setitem(PERMISSIONS, group, names)
    assert account.rights() == rights


def test_a_response_without_permissions_is_no_key_without_rights(
    account: VenueAccount, bench: BybitBench
) -> None:
    bench.venue.fails("/v5/user/query-api", "html")
    with pytest.raises(ExchangeUnreachable):
        account.rights()


def test_the_time_of_the_market_is_that_of_the_order_book(account: VenueAccount, bench: BybitBench) -> None:
    assert account.market_time(BTC) == at_ms(bench.venue.server.clock.market())


def test_mode_and_leverage_are_shown_as_they_were_set(account: VenueAccount, bench: BybitBench) -> None:
    account.set_leverage(BTC, Decimal(7))
    bench.account.hedged.add(SYMBOL)
    assert account.terms([BTC])[0] == TradingTerms(
        instrument=BTC, is_one_way=False, is_isolated=True, leverage=Decimal(7)
    )
    account.set_one_way(BTC)
    assert account.terms([BTC])[0].is_one_way


def test_a_leverage_beyond_the_contract_is_refused(account: VenueAccount) -> None:
    with pytest.raises(ExchangeRefused):
        account.set_leverage(BTC, Decimal(1000))


def test_silence_states_why_reports_do_not_arrive(account: VenueAccount, bench: BybitBench) -> None:
    assert account.silence() == ""
    bench.venue.act("refuse", ms=200)
    bench.until(lambda: account.silence() != "")
    bench.until(lambda: account.silence() == "")

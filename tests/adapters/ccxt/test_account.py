"""The account beside its orders: at our venue as ccxt's `bybit`, and at Binance and OKX as they document it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from adapters.ccxt import CcxtAccount, CcxtExchange
from adapters.ccxt.account_dialect import account_dialect_of
from adapters.ccxt.site import Site
from adapters.simulated.server.account_queries import PERMISSIONS
from commands.exchange import Funded, Liquidated
from commands.venue_account import KeyRights, TradingTerms, VenueAccount
from domain.direction import Side
from domain.errors import ExchangeRefused, ExchangeUnreachable, Refused
from tests.adapters.bybit.bench import SYMBOL
from tests.adapters.ccxt import binance, okx
from tests.adapters.ccxt.bench import CcxtBench
from tests.adapters.ccxt.served import AT, AT_MS, Answers, Served, exchange_on, ticket
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.exchange_contract import Session
from tests.commands.test_venue_account import prepare

BTC = "BTCUSDT-LINEAR.BYBIT"
D = Decimal
ONLY_TRADES = KeyRights(may_trade=True, may_withdraw=False)
WITHDRAWS = KeyRights(may_trade=True, may_withdraw=True)
ONLY_READS = KeyRights(may_trade=False, may_withdraw=False)


@pytest.fixture(scope="module")
def polling(venue: RunningVenue) -> Iterator[CcxtBench]:
    bench = CcxtBench(venue, streams=False)
    yield bench
    bench.close()


@pytest.fixture
def bench(polling: CcxtBench) -> Iterator[CcxtBench]:
    yield polling
    polling.venue.do(lambda one: one.faults.clear())


@pytest.fixture
def account(bench: CcxtBench) -> VenueAccount:
    return CcxtAccount(bench.exchange)


@pytest.mark.parametrize(
    ("group", "names", "rights"),
    [
        ("Wallet", [], ONLY_TRADES),
        ("Wallet", ["AccountTransfer", "Withdraw"], WITHDRAWS),
        ("ContractTrade", ["Position"], ONLY_READS),
    ],
    ids=["trades only", "withdraws", "does not place orders"],
)
def test_the_rights_are_those_of_the_key(
    account: VenueAccount, monkeypatch: pytest.MonkeyPatch, group: str, names: list[str], rights: KeyRights
) -> None:
    monkeypatch.setitem(PERMISSIONS, group, names)
    assert account.rights() == rights


def test_a_persons_statement_is_not_believed_where_the_exchange_states_the_rights(
    bench: CcxtBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PERMISSIONS, "Wallet", ["Withdraw"])
    assert CcxtAccount(bench.exchange, is_key_checked=True).rights() == WITHDRAWS


def test_a_response_without_permissions_is_no_key_without_rights(
    account: VenueAccount, bench: CcxtBench
) -> None:
    bench.venue.fails("/v5/user/query-api", "html")
    with pytest.raises(ExchangeUnreachable):
        account.rights()


def test_mode_and_leverage_are_shown_as_they_were_set(account: VenueAccount, bench: CcxtBench) -> None:
    account.set_leverage(BTC, D("7.5"))
    bench.account.hedged.add(SYMBOL)
    assert account.terms([BTC])[0] == TradingTerms(
        instrument=BTC, is_one_way=False, is_isolated=True, leverage=D("7.5")
    )
    account.set_one_way(BTC)
    assert account.terms([BTC])[0].is_one_way


def test_an_account_that_fits_is_prepared(account: VenueAccount) -> None:
    prepare(account, [BTC], D(3))
    assert account.terms([BTC])[0].leverage == D(3)


def test_a_clock_that_differs_by_more_than_a_second_is_refused() -> None:
    """The exchange states a time of another month."""
    with (
        account_on("binanceusdm", {}) as (account, _, _),
        pytest.raises(Refused, match=r"clock is [\d,]+ s ahead of the exchange's, .*: set the"),
    ):
        prepare(account, [binance.INSTRUMENT], D(3))


def test_a_leverage_beyond_the_contract_is_refused(account: VenueAccount) -> None:
    with pytest.raises(ExchangeRefused):
        account.set_leverage(BTC, D(1000))


def test_silence_states_why_polls_are_not_answered(account: VenueAccount, bench: CcxtBench) -> None:
    assert account.silence() == ""
    bench.venue.fails("*", "html", times=0)
    bench.exchange.poll_soon()
    bench.until(lambda: "not JSON" in account.silence())
    bench.venue.do(lambda one: one.faults.clear())
    bench.until(lambda: account.silence() == "")


def test_funding_is_a_settlement_and_a_fill_is_none(account: VenueAccount, bench: CcxtBench) -> None:
    session = Session(bench)
    since = bench.now()
    session.send(session.order("m", Side.BUY))
    session.trades_at("100")
    bench.venue.act("fund", symbol=SYMBOL, rate="0.001")
    (funded,) = account.settlements(since)
    assert isinstance(funded, Funded)
    assert funded.amount < 0
    session.send(session.order("x", Side.SELL, reduce_only=True))
    session.trades_at("100")


# -- other exchanges, as they document it


@contextmanager
def account_on(
    name: str, more: Answers, *, is_key_checked: bool = False
) -> Generator[tuple[CcxtAccount, Served, CcxtExchange]]:
    answers = {"binanceusdm": binance.answers, "okx": okx.answers}[name]()
    with exchange_on(name, {**answers, **more}) as (exchange, served):
        yield CcxtAccount(exchange, is_key_checked=is_key_checked), served, exchange


BINANCE_RIGHTS = "GET /sapi/v1/account/apiRestrictions"
CONFIG: dict[str, Any] = {"uid": "1", "acctLv": "2", "posMode": "net_mode", "perm": "read_only,trade"}


@pytest.mark.parametrize(
    ("stated", "rights"),
    [
        ({"enableFutures": True, "enableWithdrawals": False}, ONLY_TRADES),
        ({"enableFutures": True, "enableWithdrawals": True}, WITHDRAWS),
        ({"enableFutures": False, "enableWithdrawals": False}, ONLY_READS),
    ],
    ids=["trades", "withdraws", "reads"],
)
def test_binance_states_the_rights_of_a_key(stated: dict[str, Any], rights: KeyRights) -> None:
    with account_on("binanceusdm", {BINANCE_RIGHTS: {"ipRestrict": False, **stated}}) as (account, _, _):
        assert account.rights() == rights


@pytest.mark.parametrize(
    ("stated", "rights"),
    [("read_only,trade", ONLY_TRADES), ("read_only,trade,withdraw", WITHDRAWS), ("read_only", ONLY_READS)],
)
def test_okx_states_the_rights_of_a_key(stated: str, rights: KeyRights) -> None:
    config = okx.response({**CONFIG, "perm": stated})
    with account_on("okx", {"GET /api/v5/account/config": config}) as (account, _, _):
        assert account.rights() == rights


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("binanceusdm", {BINANCE_RIGHTS: {"enableFutures": True}}),
        ("okx", {"GET /api/v5/account/config": okx.response({"uid": "1"})}),
    ],
)
def test_a_response_that_lacks_a_right_is_no_key_without_it(name: str, more: Answers) -> None:
    with account_on(name, more) as (account, _, _), pytest.raises(ExchangeUnreachable, match="missing"):
        account.rights()


def test_modes_and_leverage_of_binance() -> None:
    config = {"symbol": "BTCUSDT", "marginType": "ISOLATED", "leverage": 21, "maxNotionalValue": "1000000"}
    more: Answers = {
        "GET /fapi/v1/positionSide/dual": {"dualSidePosition": True},
        "GET /fapi/v1/symbolConfig": [config],
        "POST /fapi/v1/positionSide/dual": {"code": 200, "msg": "success"},
        "POST /fapi/v1/leverage": {"leverage": 5, "maxNotionalValue": "1000000", "symbol": "BTCUSDT"},
    }
    with account_on("binanceusdm", more) as (account, served, _):
        found = account.terms([binance.INSTRUMENT])[0]
        assert (found.is_one_way, found.is_isolated, found.leverage) == (False, True, D(21))
        account.set_one_way(binance.INSTRUMENT)
        account.set_leverage(binance.INSTRUMENT, D(5))
        assert served.sent("POST", "/fapi/v1/positionSide/dual")[0]["dualSidePosition"] == "false"
        assert served.sent("POST", "/fapi/v1/leverage")[0]["leverage"] == "5"


def test_modes_and_leverage_of_okx_are_those_of_isolated_orders() -> None:
    leverage = {"instId": "BTC-USDT-SWAP", "lever": "10", "mgnMode": "isolated", "posSide": "net"}
    more: Answers = {
        "GET /api/v5/account/config": okx.response(CONFIG),
        "GET /api/v5/account/leverage-info": okx.response(leverage),
        "POST /api/v5/account/set-leverage": okx.response({**leverage, "lever": "3"}),
    }
    with account_on("okx", more) as (account, served, _):
        found = account.terms([okx.INSTRUMENT])[0]
        assert (found.is_one_way, found.is_isolated, found.leverage) == (True, True, D(10))
        account.set_leverage(okx.INSTRUMENT, D(3))
        assert served.sent("GET", "/api/v5/account/leverage-info")[0]["mgnMode"] == "isolated"
        (sent,) = served.sent("POST", "/api/v5/account/set-leverage")
        assert (sent["mgnMode"], sent["posSide"], sent["lever"]) == ("isolated", "net", 3)


def test_a_liquidation_is_a_settlement_by_the_mark_of_its_order() -> None:
    forced = binance.order("autoclose-1", 1005, side="SELL", status="FILLED", executedQty="0.200")
    more: Answers = {
        f"GET {binance.TRADES}": [binance.trade(1, order=1001), binance.trade(2, order=1005, side="SELL")],
        f"GET {binance.ORDER}": lambda request: (
            forced if str(request.fields.get("orderId")) == "1005" else binance.order("e1")
        ),
        "GET /fapi/v1/time": {"serverTime": AT_MS + 60_000},
    }
    with account_on("binanceusdm", more) as (account, _, exchange):
        exchange.submit([ticket("e1", binance.INSTRUMENT)])
        (found,) = account.settlements(AT)
        assert isinstance(found, Liquidated)
        assert (found.execution_id, found.side) == ("2", Side.SELL)


@pytest.mark.parametrize(
    ("exchange", "site", "knows"),
    [
        ("binanceusdm", Site(), True),
        ("binanceusdm", Site(sandbox=True), False),
        ("binanceusdm", Site(demo=True), False),
        ("okx", Site(sandbox=True), True),
        ("bitget", Site(), False),
    ],
)
def test_where_ccxt_states_the_rights_of_keys(exchange: str, site: Site, knows: bool) -> None:
    assert (account_dialect_of(exchange, site).rights is not None) is knows


def test_rights_that_ccxt_cannot_state_are_refused_until_a_person_states_them() -> None:
    with exchange_on("binanceusdm", binance.answers()) as (exchange, _):
        unknown = account_dialect_of("bitget", Site())
        with pytest.raises(Refused, match="--key-is-checked"):
            CcxtAccount(exchange, dialect=unknown).rights()
        assert CcxtAccount(exchange, dialect=unknown, is_key_checked=True).rights() == ONLY_TRADES


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("fetchPositionMode", "position mode"),
        ("fetchMarginMode", "margin mode"),
        ("fetchLeverage", "leverage"),
    ],
)
def test_terms_that_ccxt_cannot_state_are_refused_and_named(call: str, named: str) -> None:
    config = {"symbol": "BTCUSDT", "marginType": "ISOLATED", "leverage": 21}
    more: Answers = {
        "GET /fapi/v1/positionSide/dual": {"dualSidePosition": False},
        "GET /fapi/v1/symbolConfig": [config],
    }
    with account_on("binanceusdm", more) as (account, _, exchange):
        exchange.ccxt.has[call] = None
        with pytest.raises(ExchangeRefused, match=named):
            account.terms([binance.INSTRUMENT])[0]


def test_a_clock_that_ccxt_cannot_state_is_refused() -> None:
    with account_on("binanceusdm", {}) as (account, _, exchange):
        exchange.ccxt.has["fetchTime"] = None
        with pytest.raises(ExchangeRefused, match="clock"):
            account.clock_reading()

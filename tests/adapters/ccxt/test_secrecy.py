"""Key, secret, passphrase and signature reach no log line, no error and no output, whatever ccxt logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

from adapters.ccxt import CcxtExchange, Credentials, Site
from adapters.ccxt.arrivals import Arrivals
from adapters.ccxt.client import LOGGERS
from adapters.ccxt.failure import of_query
from adapters.secrecy import hidden_from
from commands.exchange import Gap
from domain.errors import ExchangeError, InvalidSettings
from tests.adapters.ccxt import binance, okx
from tests.adapters.ccxt.served import KEY, PASSPHRASE, SECRET, Answers, Page, exchange_on, ticket

Refusal: type[Exception] = import_module("ccxt").ExchangeError
_SIGNATURE = re.compile(r"[0-9a-f]{64}|[A-Za-z0-9+/]{43}=")
_EXCHANGES: Mapping[str, tuple[Answers, str, str]] = {
    "binanceusdm": (binance.answers(), binance.INSTRUMENT, binance.ORDER),
    "okx": (okx.answers(), okx.INSTRUMENT, okx.ORDER),
}


def is_clean(text: str) -> bool:
    """Whether the text has no secret, nor anything that looks like a signature."""
    return not any(hidden in text for hidden in (KEY, SECRET, PASSPHRASE)) and not _SIGNATURE.search(text)


@pytest.mark.parametrize("name", _EXCHANGES)
def test_what_ccxt_logs_and_prints_of_requests_holds_no_secret(
    name: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    answers, instrument, _ = _EXCHANGES[name]
    caplog.set_level(logging.DEBUG)
    with exchange_on(name, answers) as (exchange, served):
        exchange.ccxt.verbose = True
        exchange.submit([ticket("e1", instrument, limit="60000")])
        exchange.balances()
        assert served.requests
    assert "***" in caplog.text
    assert is_clean(caplog.text)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert is_clean(printed.err), "an earlier test may have left a handler that writes there"


@pytest.mark.parametrize("name", _EXCHANGES)
@pytest.mark.parametrize(
    "answer",
    [
        Page(503, f"no service for {KEY}"),
        Page(200, f'{{"code": 1, "msg": "{SECRET} {PASSPHRASE} {"ab" * 32} is wrong"}}'),
        Page(401, f"<html>{KEY}</html>"),
    ],
    ids=["503", "refusal", "401"],
)
def test_errors_that_quote_secrets_are_shown_without_them(name: str, answer: Any) -> None:
    answers, instrument, path = _EXCHANGES[name]
    with exchange_on(name, {**answers, f"POST {path}": answer, f"GET {path}": answer}) as (exchange, _):
        calls: Sequence[Callable[[], object]] = (
            lambda: exchange.submit([ticket("e1", instrument)]),
            lambda: exchange.order("e1"),
        )
        for call in calls:
            with pytest.raises(ExchangeError) as raised:
                call()
            assert is_clean(str(raised.value))
            assert raised.value.__cause__ is None
            assert raised.value.__suppress_context__


def test_credentials_are_not_shown() -> None:
    assert is_clean(repr(Credentials(KEY, SECRET, PASSPHRASE)))


@pytest.mark.parametrize(
    ("name", "key", "secret", "named"),
    [
        ("binanceusdm", "", "secret", "API key"),
        ("binanceusdm", "key", "", "API key"),
        ("binanceusmd", "key", "secret", "binanceusdm"),
        ("bitstamp", "key", "secret", "fetchPositions"),
    ],
    ids=["no key", "no secret", "unknown exchange", "no contracts"],
)
def test_settings_with_which_nothing_can_be_traded_are_refused(
    name: str, key: str, secret: str, named: str
) -> None:
    with pytest.raises(InvalidSettings, match=named):
        CcxtExchange(name, Credentials(key, secret), Site(), streams=False)


@pytest.mark.parametrize(
    ("key", "secret", "name", "named"),
    [("key", "secret", "okx", "passphrase"), ("key", "secret", "hyperliquid", "privateKey, walletAddress")],
)
def test_an_exchange_that_wants_another_kind_of_key_is_refused(
    key: str, secret: str, name: str, named: str
) -> None:
    with pytest.raises(InvalidSettings, match=named):
        CcxtExchange(name, Credentials(key, secret), Site(), streams=False)


@pytest.mark.parametrize(
    ("name", "site", "named"),
    [
        ("kucoinfutures", Site(sandbox=True), "no testnet"),
        ("bitget", Site(demo=True), "no demo trading"),
        ("okx", Site(demo=True), "no demo trading"),
    ],
)
def test_a_test_place_that_ccxt_does_not_have_is_refused_and_not_replaced_by_the_real_one(
    name: str, site: Site, named: str
) -> None:
    with pytest.raises(InvalidSettings, match=named):
        CcxtExchange(name, Credentials(KEY, SECRET, PASSPHRASE), site, streams=False)


def test_gaps_hold_no_secret() -> None:
    arrivals = Arrivals(list[None]().clear, Credentials(KEY, SECRET, PASSPHRASE))
    fault = of_query(
        Refusal(f"GET /v1 apiKey={KEY} signature={'cd' * 32}"), Credentials(KEY, SECRET, PASSPHRASE)
    )
    arrivals.gap(Gap(None, datetime.now(UTC), str(fault)))
    arrivals.refuse({"url": f"/v1?secret={SECRET}"}, f"about {PASSPHRASE}")
    (gap,), (unread,) = arrivals.gaps(), arrivals.unread()
    assert "GET /v1 apiKey=***" in gap.reason
    assert is_clean(gap.reason)
    assert is_clean(unread.content + unread.reason)


SPELLED = Credentials("a/key+1", 's "e" %', "pass ü")
SHOWN: Sequence[str] = (
    "a%2Fkey%2B1", "a/key%2B1", "s%20%22e%22%20%25", "s+%22e%22+%25", r"s \"e\" %", "pass+%C3%BC", r"pass \u00fc",
    "ab" * 48, "AB" * 64, "Z" * 86 + "==", "Z" * 43 + "%3D", "%2B" + "Z" * 42 + "=",
)  # fmt: skip


@pytest.mark.parametrize("shown", SHOWN)
def test_secrets_and_signatures_are_hidden_as_addresses_and_json_spell_them(shown: str) -> None:
    assert SPELLED.hide(f"POST /v1?x={shown}&y=1") == "POST /v1?x=***&y=1"


def test_what_is_no_secret_stays() -> None:
    text = 'order 9xmzqczq11r0s {"price":"60000.5","id":"3f2504e0-4f89-11d3-9a0c-0305e82c3301"} BTC/USDT:USDT'
    assert SPELLED.hide(text) == text


def test_a_logged_exception_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("asyncio")
    with hidden_from(Credentials(KEY, SECRET, PASSPHRASE), LOGGERS):
        fault = ValueError(f"GET /v1?key={KEY}&secret={SECRET}")
        logger.error("Task exception was never retrieved", exc_info=fault)
    assert "GET /v1?key=***" in caplog.text
    assert is_clean(caplog.text)

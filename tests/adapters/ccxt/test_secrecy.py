"""Key, secret, passphrase and signature reach no log line, no error and no output, whatever ccxt logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from adapters.ccxt import CcxtExchange, Credentials, Site
from domain.errors import ExchangeError, InvalidSettings
from tests.adapters.ccxt import binance, okx
from tests.adapters.ccxt.served import KEY, PASSPHRASE, SECRET, Answers, Page, exchange_on, ticket

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

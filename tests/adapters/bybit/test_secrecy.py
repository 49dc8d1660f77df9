"""Key, secret and signature reach no log line, no error and no text of the adapter, whatever pybit logs."""

from __future__ import annotations

import logging
import re
from contextlib import closing
from threading import Event

import pytest

from adapters.bybit import BybitExchange, Credentials, Site
from adapters.bybit.secrecy import LOGGERS
from domain.direction import Side
from domain.errors import ExchangeError
from tests.adapters.bybit.bench import QUICK, BybitBench
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.commands.exchange_contract import Session

KEY = "Qx7hTn2LwPz9"
_SIGNATURE = re.compile("[0-9a-f]{64}")


def is_clean(text: str) -> bool:
    """Whether the text has neither key nor secret, nor anything that looks like a signature."""
    return not any(hidden in text for hidden in (KEY, SECRET)) and _SIGNATURE.search(text) is None


def test_nothing_that_pybit_logs_of_requests_holds_a_secret(
    venue: RunningVenue, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bench = BybitBench(venue, key=KEY)
    bench.exchange.session.log_requests = True
    session = Session(bench)
    session.exchange.submit([session.order("l", Side.BUY, limit="90")])
    for fault in ("html", "drop", "truncated"):
        venue.fails("*", fault)
        with pytest.raises(ExchangeError) as raised:
            session.exchange.open_orders()
        assert is_clean(str(raised.value))
    venue.fails("*", "status", value=403)
    with pytest.raises(ExchangeError):
        session.exchange.submit([session.order("m", Side.BUY)])
    bench.close()
    assert "X-BAPI-SIGN" in caplog.text
    assert "Request -> POST" in caplog.text
    assert "***" in caplog.text
    assert is_clean(caplog.text)


def test_refusals_that_quote_the_key_are_shown_without_it(
    venue: RunningVenue, caplog: pytest.LogCaptureFixture
) -> None:
    """Bybit's refusal of a signature (10004) quotes what was signed, which begins with time and key."""
    caplog.set_level(logging.DEBUG)
    venue.do(lambda one: one.venue.accounts.setdefault(KEY, next(iter(one.venue.accounts.values()))))
    arrived = Event()
    site = Site(http=venue.url, socket=venue.socket_url)
    exchange = BybitExchange(Credentials(KEY, "wrong"), site, timing=QUICK, limits={}, on_arrival=arrived.set)
    with pytest.raises(
        ExchangeError, match=r"the API secret does not belong to the API key.*10004"
    ) as raised:
        exchange.balances()
    exchange.start()
    while not exchange.stream_state.fault:
        assert arrived.wait(30)
        arrived.clear()
    shown = f"{raised.value!r} {exchange.stream_state} {caplog.text}"
    exchange.close()
    assert "***" in shown
    assert is_clean(shown)


def test_a_secret_that_is_a_word_of_a_fault_does_not_mask_it(venue: RunningVenue) -> None:
    arrived = Event()
    site = Site(http=venue.url, socket=venue.socket_url)
    with closing(
        BybitExchange(Credentials("auth", "refused"), site, timing=QUICK, limits={}, on_arrival=arrived.set)
    ) as exchange:
        exchange.start()
        while not exchange.stream_state.fault:
            assert arrived.wait(30)
            arrived.clear()
        assert exchange.stream_state.fault.partition(": ")[0] == "auth refused"


def test_credentials_are_not_shown() -> None:
    assert str(Credentials(KEY, SECRET)) == repr(Credentials(KEY, SECRET)) == "Credentials(***)"


def test_the_logs_are_left_as_they_were_after_the_adapter_is_closed(
    venue: RunningVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])  # then pybit adds a handler of its own
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(list(one.filters), list(one.handlers)) for one in loggers]
    bench = BybitBench(venue)
    bench.close()
    assert [(list(one.filters), list(one.handlers)) for one in loggers] == before

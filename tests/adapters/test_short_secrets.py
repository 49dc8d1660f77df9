"""A secret that is a word of our own sentences masks what came from outside, and not the sentence."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from requests.exceptions import ReadTimeout

from adapters.bybit.failure import of_order, of_query, refusal
from adapters.ccxt.failure import shown
from adapters.secrecy import Credentials

Refusal: type[Exception] = import_module("ccxt").ExchangeError
DEMO = Credentials("trading", "demo")
TIMED_OUT = ReadTimeout("demo")


def refused(message: str) -> Exception:
    return refusal("GET /v5/x?secret=demo", 10003, message, {})


@pytest.mark.parametrize("error_of", [of_order, of_query])
def test_the_advice_for_a_wrong_key_is_whole_and_what_bybit_stated_is_masked(error_of: Any) -> None:
    text = str(error_of(refused("key of demo is unknown"), DEMO))
    assert "a key of Bybit, its testnet or its demo trading is valid there only" in text
    assert "(10003: key of *** is unknown)" in text


@pytest.mark.parametrize("secret", ["response", "arrived", "exchange"])
def test_the_sentence_about_a_connection_is_whole(secret: str) -> None:
    credentials = Credentials("key", secret)
    expected = "the exchange: no response arrived in time"
    assert str(of_query(TIMED_OUT, credentials)) == expected
    error = Refusal("wrapped")
    error.__cause__ = TIMED_OUT
    assert shown(error, credentials) == expected


def test_the_text_of_ccxts_exception_is_masked_and_its_name_is_not() -> None:
    assert shown(Refusal("the demo is over"), Credentials("key", "demo")) == "ExchangeError: the *** is over"
    assert shown(Refusal("why"), Credentials("key", "Exchange")) == "ExchangeError: why"

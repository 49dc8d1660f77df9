"""The topic of a push, as Bybit writes it and in other forms."""

from __future__ import annotations

import msgspec
import pytest

from adapters.bybit.text_topic import text_topic


@pytest.mark.parametrize(
    "text",
    [
        '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1,"data":{}}',
        '{"ts":1,"data":{},"topic":"orderbook.50.BTCUSDT"}',
        '{ "topic": "orderbook.50.BTCUSDT", "ts": 1, "data": {} }',
        '{"topic":"orderbook.50.\\u0042TCUSDT","ts":1,"data":{}}',
    ],
    ids=["first", "last", "with spaces", "with an escape"],
)
def test_the_topic_is_found_in_every_form_of_a_push(text: str) -> None:
    assert text_topic(text) == "orderbook.50.BTCUSDT"


@pytest.mark.parametrize("text", ["", "{", '{"topic":"', '{"topic":""', '{"op":"pong"}'])
def test_what_is_no_push_is_refused(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        text_topic(text)

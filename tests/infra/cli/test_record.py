"""`whence record` refuses what it cannot record, before it connects anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.infra.cli.conftest import Whence


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--instruments", "BTC/USDT"), "is no instrument of bybit"),
        (("--instruments", "BTCUSDT", "--depth", "500"), "not of 500"),
        (("--instruments", "BTCUSDT", "--exchange", "binance", "--testnet"), "--testnet is of bybit alone"),
        (("--instruments", "BTCUSDT", "--to", "kafka"), "beside a log on Kafka"),
    ],
)
def test_what_cannot_be_recorded_is_refused(whence: Whence, words: Sequence[str], reason: str) -> None:
    refused = whence("record", *words)
    assert (refused.code, reason in refused.err) == (2, True), refused.err

"""`whence books publish` refuses what it cannot publish, before it connects anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.infra.cli.conftest import Whence


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--instruments", "BTC/USDT"), "is no instrument of bybit"),
        (("--instruments", "BTCUSDT", "--rate", "11"), "--rate"),
        (("--instruments", "BTCUSDT"), "beside a log on Kafka"),
        (("--instruments", "BTCUSDT-SPOT.BINANCE", "--exchange", "binance", "--testnet", "--log",
          "kafka://127.0.0.1:9/x.events"), "--testnet is of bybit alone"),
        (("--instruments", "BTCUSDT", "--depth", "500", "--log", "kafka://127.0.0.1:9/x.events"), "not of 500"),
    ],
)  # fmt: skip
def test_what_cannot_be_published_is_refused(whence: Whence, words: Sequence[str], reason: str) -> None:
    refused = whence("books", "publish", *words)
    assert (refused.code, reason in refused.err) == (2, True), refused.err

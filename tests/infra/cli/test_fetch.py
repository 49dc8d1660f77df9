"""`whence candles fetch` writes an exchange's past candles, here our venue's, and `whence candles check` reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.history.past import lines, venue_with_a_past
from tests.infra.cli.conftest import Whence

FROM, TO = "2025-06-13", "2025-06-15T15:06"
FETCH = ("candles", "fetch", "BTCUSDT", "--interval", "1m", "--from", FROM)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with venue_with_a_past() as venue:
        yield venue.url


def test_a_fetched_file_is_named_with_the_command_that_trades_it(
    whence: Whence, address: str, tmp_path: Path
) -> None:
    done = whence(*FETCH, "--to", TO, "--address", address)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "candles/bybit_BTCUSDT_1m.csv: 2,390 candles added, up to 2025-06-15 15:06 UTC",
        "  whence paper --candles candles/bybit_BTCUSDT_1m.csv",
    ]
    assert (tmp_path / "candles/bybit_BTCUSDT_1m.csv").read_text().splitlines()[1:] == list(lines())
    again = whence(*FETCH, "--to", TO, "--address", address)
    assert (again.code, again.out.split()[1]) == (0, "0")
    assert whence("candles", "check", "candles/bybit_BTCUSDT_1m.csv").code == 0


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--exchange", "bibit"), "ccxt knows no exchange 'bibit'; did you mean bybit?"),
        (("--interval", "7m"), "bybit has no candles of '7m'; its intervals are: 1m, 3m"),
        (("--from", "yesterday"), "'yesterday' is not a time; write it like 2025-06-30T14:00:00Z"),
        (("--to", FROM), "no candle of 1m is closed between --from, 2025-06-13 00:00 UTC, and"),
        (("--from", "2999-01-01"), "no candle of 1m is closed between --from, 2999-01-01 00:00 UTC, and"),
        (("BTCUSTD",), "'BTCUSTD' is no market of this exchange"),
    ],
)
def test_a_mistake_is_named_before_anything_is_fetched(
    whence: Whence, address: str, tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    done = whence(*FETCH, *words, "--address", address)
    assert (done.code, done.out) == (2, "")
    assert fault in " ".join(done.err.split())
    assert not list(tmp_path.iterdir())

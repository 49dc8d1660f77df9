"""`whence candles fetch` and `whence instruments update` write what an exchange states, here our venue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from adapters.instruments import read_catalogue
from domain.catalogue import known
from tests.adapters.history.past import lines, venue_with_a_past
from tests.infra.cli.conftest import Whence

STATED = ("tick", "lot", "min_quantity", "max_quantity", "min_notional", "max_leverage")
KRAKEN_AT = 1_750_000_020
KRAKEN = {
    "/0/public/AssetPairs": {
        "XXBTZUSD": {
            "altname": "XBTUSD",
            "wsname": "XBT/USD",
            "base": "XXBT",
            "quote": "ZUSD",
            "pair_decimals": 1,
            "lot_decimals": 8,
            "ordermin": "0.00005",
            "costmin": "0.5",
            "tick_size": "0.1",
            "fees": [[0, 0.4]],
            "fees_maker": [[0, 0.25]],
            "leverage_buy": [],
            "leverage_sell": [],
            "status": "online",
        }
    },
    "/0/public/Assets": {},
    "/0/public/Time": {"unixtime": KRAKEN_AT + 90, "rfc1123": ""},
    "/0/public/OHLC": {
        "XXBTZUSD": [
            [KRAKEN_AT, "105000.1", "105010.0", "104990.0", "105000.10", "105000.1", "1.23450000", 7],
            [KRAKEN_AT + 60, "105000.1", "105000.1", "105000.1", "105000.1", "105000.1", "0.1", 1],
        ],
        "last": KRAKEN_AT,
    },
}
"""Responses in the form of Kraken's documentation; the second candle is not closed yet."""
FROM, TO = "2025-06-13", "2025-06-15T15:06"
LATE = f"  the first candle opens at 2025-06-13 23:06 UTC: bybit has no earlier one from --from, {FROM} 00:00 UTC, on"
FETCH = ("candles", "fetch", "BTCUSDT", "--interval", "1m", "--from", FROM)


class Kraken(BaseHTTPRequestHandler):
    """Answers with `KRAKEN`."""

    def do_GET(self) -> None:
        body = json.dumps({"error": [], "result": KRAKEN[self.path.partition("?")[0]]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Nothing is printed."""


@pytest.fixture
def kraken() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Kraken) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


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
        "candles/bybit_BTCUSDT_1m.csv: 2,390 candles added; the last one closes at 2025-06-15 15:06 UTC",
        LATE,
        "  whence paper --candles candles/bybit_BTCUSDT_1m.csv --log sqlite:///bybit_BTCUSDT_1m.db",
    ]
    assert (tmp_path / "candles/bybit_BTCUSDT_1m.csv").read_text().splitlines()[1:] == list(lines())
    begins = ("--from", "2025-06-13T23:06", "--to", TO, "--address", address, "--folder", "at-once")
    assert LATE.partition(":")[0] not in whence(*FETCH, *begins).out
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
        (("BTCUSTD",), "'BTCUSTD' is no market of this exchange; did you mean BTCUSDT?"),
        (("BTC/USTD",), "'BTC/USTD' is no market of this exchange; did you mean BTC/USDT:USDT?"),
        (("BTC/USTD", "--spot"), "'BTC/USTD' is no market of this exchange; did you mean BTC/USDT?"),
    ],
)
def test_a_mistake_is_named_before_anything_is_fetched(
    whence: Whence, address: str, tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    done = whence(*FETCH, *words, "--address", address)
    assert (done.code, done.out) == (2, "")
    assert fault in " ".join(done.err.split())
    assert not list(tmp_path.iterdir())


def test_the_rules_that_an_exchange_states_are_fetched(whence: Whence, address: str, tmp_path: Path) -> None:
    done = whence("instruments", "update", "--address", address)
    assert (done.code, done.err) == (0, "")
    assert [line.partition("; assumed")[0] for line in done.out.splitlines()[:2]] == [
        "bybit: 4 instruments of Bybit v5 instruments-info (linear)",
        "bybit: 2 instruments of Bybit v5 instruments-info (spot)",
    ]
    held = read_catalogue(tmp_path / "whence-instruments.json")
    for listing in known():
        stated, real = listing.instrument, held[listing.instrument.id].instrument
        assert [getattr(real, name) for name in STATED] == [getattr(stated, name) for name in STATED]


def test_another_exchange_is_fetched_through_ccxt(whence: Whence, kraken: str, tmp_path: Path) -> None:
    there = ("--exchange", "kraken", "--address", kraken)
    fetched = whence("candles", "fetch", "BTC/USD", "--interval", "1m", "--from", FROM, "--spot", *there)
    assert (fetched.code, fetched.err) == (0, "")
    assert fetched.out.splitlines()[-1].strip() == (
        "whence paper --candles candles/kraken_BTCUSD_spot_1m.csv --symbol BTCUSD-SPOT.KRAKEN "
        "--log sqlite:///kraken_BTCUSD_spot_1m.db"
    )
    file = tmp_path / "candles/kraken_BTCUSD_spot_1m.csv"
    assert file.read_text().splitlines()[1:] == [
        f"{KRAKEN_AT}000,105000.1,105010.0,104990.0,105000.10,1.23450000"
    ]
    assert whence("instruments", "update", *there).code == 0
    rules = read_catalogue(tmp_path / "whence-instruments.json")["BTCUSD-SPOT.KRAKEN"].instrument
    assert [f"{one:f}" for one in (rules.tick, rules.lot, rules.min_quantity)] == [
        "0.1",
        "0.00000001",
        "0.00005",
    ]

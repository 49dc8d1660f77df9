"""Past candles through the real ccxt, from our venue on loopback with its faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_none

from adapters.history import CandleFile, CandleRow, History
from adapters.history.client import PATIENT
from adapters.history.market import chosen
from adapters.tapes import read_tape
from domain.errors import ExchangeRefused, ExchangeUnreachable, InvalidInput
from infra.run.fetching import Fetched, Series, fetched, path_of
from tests.adapters.history.past import FIRST, MINUTE, MISSING, lines, venue_with_a_past
from tests.adapters.simulated.server.serving import START, RunningVenue

HEADER = "timestamp,open,high,low,close,volume"
AT_ONCE = Retrying(
    retry=retry_if_exception_type(ExchangeUnreachable),
    stop=stop_after_attempt(3),
    wait=wait_none(),
    reraise=True,
)
KLINES = "/v5/market/kline"


@pytest.fixture(scope="module")
def served() -> Iterator[RunningVenue]:
    with venue_with_a_past() as running:
        yield running


@pytest.fixture(scope="module")
def history(served: RunningVenue) -> History:
    return History("bybit", served.url, AT_ONCE)


@pytest.fixture
def venue(served: RunningVenue) -> Iterator[RunningVenue]:
    """The venue of all tests, without the faults of earlier ones."""
    yield served
    served.do(lambda one: one.faults.clear())


def all_of(history: History, since: int = FIRST, end: int = START) -> Series:
    return Series(history.market("BTCUSDT", spot=False), "1m", since, end)


def written(history: History, series: Series, path: Path) -> list[Fetched]:
    return list(fetched(history, series, path))


def test_every_closed_candle_is_written_with_its_own_digits(history: History, tmp_path: Path) -> None:
    series = all_of(history)
    path = path_of(tmp_path, "bybit", series.market, "1m")
    reached = written(history, series, path)
    assert path.read_text().splitlines() == [HEADER, *lines()]
    assert reached[-1] == Fetched(2_390, START // MINUTE * MINUTE)
    tape = read_tape(path, now=datetime.now(UTC))
    assert (tape.instrument, tape.interval) == ("BTCUSDT-LINEAR.BYBIT", timedelta(minutes=1))
    assert [gap.missing for gap in tape.gaps] == [len(MISSING)]


@pytest.mark.parametrize("cut", [0, 1, 30], ids="bytes_of_the_last_line_lost_{}".format)
def test_fetching_goes_on_where_it_was_interrupted(history: History, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "BTCUSDT_1m.csv"
    written(history, all_of(history, end=FIRST + 1_500 * MINUTE), path)
    path.write_bytes(path.read_bytes()[: -cut or None])
    again = written(history, all_of(history), path)
    assert path.read_text().splitlines() == [HEADER, *lines()]
    assert again[-1].added == 900 + bool(cut)
    assert written(history, all_of(history), path)[-1].added == 0


def test_years_before_the_first_candle_take_few_queries(history: History, tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT_1m.csv"
    assert len(written(history, all_of(history, since=1_500_000_000_000), path)) < 6
    assert path.read_text().splitlines() == [HEADER, *lines()]


@pytest.mark.parametrize(
    ("kind", "more"),
    [("status", {"value": 502}), ("html", {}), ("truncated", {}), ("drop", {}), ("code", {"value": 10006})],
)
def test_a_query_that_fails_for_a_time_is_repeated(
    history: History, venue: RunningVenue, tmp_path: Path, kind: str, more: dict[str, Any]
) -> None:
    path = tmp_path / "BTCUSDT_1m.csv"
    venue.fails(KLINES, kind, skip=1, times=2, **more)
    written(history, all_of(history), path)
    assert path.read_text().splitlines() == [HEADER, *lines()]


def test_an_exchange_that_stays_away_leaves_the_pages_that_were_fetched(
    history: History, venue: RunningVenue, tmp_path: Path
) -> None:
    path = tmp_path / "BTCUSDT_1m.csv"
    venue.fails(KLINES, "html", skip=1, times=0)
    with pytest.raises(ExchangeUnreachable, match="run the same command again"):
        written(history, all_of(history), path)
    assert path.read_text().splitlines() == [HEADER, *list(lines())[:1_000]]


def test_a_file_that_begins_after_the_exchanges_first_candle_is_refused(
    history: History, tmp_path: Path
) -> None:
    path = tmp_path / "BTCUSDT_1m.csv"
    written(history, all_of(history, since=FIRST + 200 * MINUTE), path)
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match="the exchange has older candles"):
        written(history, all_of(history), path)
    assert path.read_bytes() == before


def test_a_period_without_candles_leaves_no_file(history: History, tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT_1m.csv"
    reached = written(history, all_of(history, since=FIRST - 90 * MINUTE, end=FIRST), path)
    assert (reached[-1].added, path.exists()) == (0, False)


@pytest.mark.parametrize(
    "content", ["something else\n", f"{HEADER},more\n", f"{HEADER}\n1,2\n", f"{HEADER}\nx,1,1,1,1,1\n"]
)
def test_a_file_that_holds_something_else_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "BTCUSDT_1m.csv"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=str(path)):
        CandleFile(path)
    assert path.read_text() == content


def test_a_second_writer_of_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT_1m.csv"
    row = CandleRow(FIRST, "1", "1", "1", "1", "1")
    with CandleFile(path) as first:
        with pytest.raises(InvalidInput, match="another program is writing"):
            CandleFile(path)
        first.add([row])
    with CandleFile(path) as second:
        assert (second.first, second.last) == (FIRST, FIRST)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be written"):
        CandleFile(tmp_path / "file" / "BTCUSDT_1m.csv")


def listed(symbol: str, kind: str, **more: object) -> dict[str, object]:
    base, quote = symbol.split(":", maxsplit=1)[0].split("/")
    return {"symbol": symbol, "id": f"{base}{quote}", "base": base, "quote": quote, kind: True, **more}


MARKETS = [
    listed("BTC/USDT", "spot"),
    listed("BTC/USDT:USDT", "swap", contractSize=1.0),
    listed("BTC/USDT:USDT-261225", "future", contractSize=1.0),
    listed("ETH/USD:ETH", "swap", inverse=True),
    listed("SOL/USDT:USDT", "swap", contractSize=0.1),
    listed("XRP/USDT", "spot"),
]


@pytest.mark.parametrize(
    ("name", "spot", "unified"),
    [
        ("BTCUSDT", False, "BTC/USDT:USDT"),
        ("BTCUSDT", True, "BTC/USDT"),
        ("btcusdt", False, "BTC/USDT:USDT"),
        ("BTC/USDT", False, "BTC/USDT"),
        ("BTC/USDT:USDT-261225", False, "BTC/USDT:USDT-261225"),
    ],
)
def test_a_name_means_one_market(name: str, spot: bool, unified: str) -> None:
    assert chosen(MARKETS, name, spot=spot).unified == unified


@pytest.mark.parametrize(
    ("name", "spot", "fault"),
    [
        ("BTCUSDX", False, "is no market of this exchange"),
        ("XRPUSDT", False, "is no contract here; add --spot"),
        ("SOLUSDT", True, "is no spot pair here; leave out --spot"),
        ("ETHUSD", False, "inverse contract"),
        ("SOLUSDT", False, "one contract of SOL/USDT:USDT is 0.1 SOL"),
    ],
)
def test_a_market_whose_volume_or_name_is_not_certain_is_refused(name: str, spot: bool, fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        chosen(MARKETS, name, spot=spot)


def test_a_refusal_of_the_exchange_is_not_repeated(history: History, venue: RunningVenue) -> None:
    series = all_of(history)
    venue.fails(KLINES, "code", value=10001, times=1)
    with pytest.raises(ExchangeRefused, match="10001"):
        list(history.pages(series.market, "1m", FIRST, START))


def test_an_exchange_that_does_not_answer_is_named_with_its_address_and_each_attempt_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    brief = PATIENT.copy(stop=stop_after_attempt(2), wait=wait_none())
    nowhere = History("bybit", "http://127.0.0.1:9", brief)
    with pytest.raises(
        ExchangeUnreachable, match=r"bybit does not answer: 127\.0\.0\.1:9: the connection is refused"
    ):
        nowhere.now()
    assert [one.getMessage().partition(";")[2] for one in caplog.records if one.levelname == "WARNING"] == [
        " check the address, and whether a server runs there; attempt 1 of 6, it is tried again"
    ]

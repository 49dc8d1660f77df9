"""`whence scan` and `whence candles publish`: what is refused before a broker is used, and a publisher on a venue."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest

from adapters.candle_topic.group import CandleGroup, Span
from adapters.candle_topic.place import CandleTopic
from adapters.candle_topic.publisher import CandlePublisher
from domain.candle import Candle
from infra.config import load
from infra.scanning import chosen, scanner_of
from tests.adapters.simulated.server.serving import running_venue
from tests.infra.cli.conftest import Whence
from tests.journeys.program import PATIENCE, running

KAFKA = ("--log", "kafka://127.0.0.1:1/whence.events")
ONE = '[[signals.scanners]]\nname = "pump"\nstrategy = "momentum"\n'
TWO = f'{ONE}[[signals.scanners]]\nname = "burst"\nstrategy = "explosion"\n'

REFUSED: Sequence[tuple[str, Sequence[str], str]] = (
    ("", ("scan", *KAFKA), "no [[signals.scanners]]"),
    (TWO, ("scan", *KAFKA), "name one of the scanners: pump, burst"),
    (TWO, ("scan", "pamp", *KAFKA), "there is no scanner 'pamp'"),
    (ONE, ("scan", "--log", "sqlite:///x.db"), "a log on Kafka"),
    (ONE, ("candles", "publish", "--symbol", "BTCUSDT", "--log", "sqlite:///x.db"), "a log on Kafka"),
    (ONE, ("candles", "publish", *KAFKA), "--symbol"),
    (ONE, ("candles", "publish", "--symbol", "BTCUSD_X", *KAFKA), "--symbol"),
    (ONE, ("candles", "publish", "--symbol", "BTCUSDT", "--interval", "7m", *KAFKA), "--interval '7m'"),
    (ONE, ("candles", "publish", "--symbol", "BTCUSDT", "--exchange", "nyse", *KAFKA), "--exchange 'nyse'"),
    (ONE, ("candles", "publish", "--symbol", "BTCUSDT", "--history", "0", *KAFKA), "--history"),
    (
        ONE,
        ("candles", "publish", *(f"--symbol=A{number}USDT" for number in range(101)), *KAFKA),
        "101 instruments",
    ),
    (ONE.replace("momentum", "momentun"), ("scan", *KAFKA), "momentun"),
    (f"{ONE}parameters = {{ mov = 1 }}\n", ("scan", *KAFKA), "mov"),
    (f"{ONE}parameters = {{ move = 2 }}\n", ("scan", *KAFKA), "move"),
    (ONE.replace("momentum", "grid"), ("scan", *KAFKA), "proposes grids, which a signal from outside cannot"),
    (f"{ONE}valid_seconds = 0\n", ("scan", *KAFKA), "signals.scanners.0.valid_seconds"),
    (f'{ONE}interval = "7m"\n', ("scan", *KAFKA), "signals.scanners.0.interval"),
    (f'{ONE}instruments = ["BTC"]\n', ("scan", *KAFKA), "signals.scanners.0.instruments"),
    (f"{ONE}wram_bars = 1\n", ("scan", *KAFKA), "did you mean warm_bars?"),
    (ONE.replace("pump", "momentum"), ("scan", *KAFKA), "no strategy, person or part of the system"),
    (f'{ONE}[[signals.sources]]\nname = "pump"\n', ("scan", *KAFKA), "pump is there twice"),
)


@pytest.mark.parametrize(("file", "words", "named"), REFUSED, ids=[named for _, _, named in REFUSED])
def test_what_cannot_be_scanned_or_published_is_refused_and_named(
    whence: Whence, tmp_path: Path, file: str, words: Sequence[str], named: str
) -> None:
    (tmp_path / "whence.toml").write_text(file)
    done = whence(*words)
    assert done.code in (1, 2), done
    assert named in " ".join(done.err.split()), done.err


def test_a_scanner_without_a_broker_ends_with_exit_code_4(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text(ONE)
    done = whence("scan", *KAFKA)
    assert done.code == 4, done
    assert "Kafka at 127.0.0.1:1 does not answer: describe the cluster: no response within 5 s" in done.err


def test_parameters_are_read_as_those_of_a_strategy(tmp_path: Path) -> None:
    file = tmp_path / "whence.toml"
    file.write_text(
        f"{ONE}interval = '15m'\nvalid_seconds = 60\nparameters = {{ move = 0.05, window = 4 }}\n"
    )
    given = chosen(load(config=file), None)
    assert given.parameters == {"move": "0.05", "window": "4"}
    scanner = scanner_of(given)
    assert (scanner.name, scanner.strategy.name, scanner.actor) == ("pump", "momentum", "source:pump")
    assert (scanner.interval, scanner.valid) == (timedelta(minutes=15), timedelta(seconds=60))


def test_candles_of_a_venue_are_published_and_a_second_start_repeats_none(
    kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path
) -> None:
    topic = CandleTopic(kafka_bootstrap_servers, kafka_topic)
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    words = ("candles", "publish", "--symbol", "BTCUSDT", "--interval", "1m", "--history", "50")
    with running_venue(start=time.time_ns() // 1_000_000) as venue:
        for _ in range(2):
            with running(tmp_path, *words, "--address", venue.url, "--log", log) as publisher:
                assert publisher.process.stderr is not None
                lines = list(
                    takewhile(lambda line: "the past is published" not in line, publisher.process.stderr)
                )
                code, _, _ = publisher.interrupt()
                assert code == 0, lines
    with closing(CandlePublisher(topic)) as reader:
        last = reader.recall(datetime.now(UTC) - timedelta(days=1))
    assert last.keys() == {("BTCUSDT-LINEAR.BYBIT", timedelta(minutes=1))}
    span, unread = Span(timedelta(0), timedelta(days=1)), list[str]()
    with closing(CandleGroup(topic, "all", span, int, unread.append, lambda: datetime.now(UTC))) as group:
        found, deadline = list[Candle](), time.monotonic() + PATIENCE
        more = group.read(0.5)
        while more or not found:
            assert time.monotonic() < deadline
            found.extend(one.candle for one in more)
            more = group.read(0.5)
    times = [(one.instrument, one.open_time) for one in found]
    assert len(times) == len(set(times))
    assert unread == []

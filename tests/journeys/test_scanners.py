"""Several processes of a scanner share sixty instruments, and one of them is killed: no signal is lost or doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from adapters.candle_topic.place import CandleTopic
from adapters.candle_topic.publisher import CandlePublisher
from adapters.kafka.topic_table import CANDLES
from adapters.log.recorder_log import RecordedLog
from adapters.signed_topic import partition_of
from commands.scanner import Share
from domain.candle import Candle
from domain.signal import SignalDetected
from infra.config import WhenceSettings, load
from infra.logs import open_reader
from infra.scanning import chosen, scanner_of
from tests.journeys.program import PATIENCE, WHENCE, Running, environment, whence
from tests.journeys.serving import drained, started

SYMBOLS = tuple(f"A{number}USDT" for number in range(10, 70))
MINUTE, BARS = timedelta(minutes=1), 180
SETTINGS = """
[[signals.scanners]]
name = "pump"
strategy = "momentum"
interval = "1m"
valid_seconds = 86_400
warm_bars = 1_000
parameters = { window = 3, move = 0.01, volume_times = 1.1, average_bars = 20, gain = 0, gain_hours = 1, cooldown = 5 }
"""
ROOT = Path(__file__).parents[2]
Key = tuple[str, datetime]


@dataclass(slots=True)
class Scene:
    """A log on Kafka whose instruments have a market at rest, the settings of a scanner, and its candles by time."""

    folder: Path
    log: str
    topic: CandleTopic
    rows: Sequence[Sequence[Candle]]
    reader: RecordedLog
    ordinal: int = 0
    found: Counter[Key] = field(default_factory=Counter[Key])

    def signals(self) -> Counter[Key]:
        """The recorded signals of the scanner, by instrument and close of the candle."""
        for one in self.reader.read(after=self.ordinal):
            self.ordinal, event = one.ordinal, one.envelope.event
            if isinstance(event, SignalDetected) and event.strategy == "pump":
                assert one.envelope.meta.actor == "source:pump"
                self.found[event.instrument, event.candle_closed_at] += 1
        return self.found

    def account_of(self, missing: AbstractSet[Key]) -> str:
        """The signals that are not recorded, and what the programs have logged of each."""
        lines = [
            f"{file.name}: {line}"
            for file in sorted(self.folder.glob("*.log"))
            for line in file.read_text().splitlines(keepends=True)
        ]
        found = [f"{len(missing)} signals are not recorded"]
        for instrument, closed_at in sorted(missing):
            place = f"{instrument} at {closed_at.isoformat(timespec='seconds')}"
            found += [f"{place}, in partition {partition_of(instrument, CANDLES.width)}:"]
            found += [line.rstrip() for line in lines if place in line]
        return "\n".join(found)

    def expected(self) -> set[Key]:
        """The signals of a scanner that reads all candles in one process."""
        settings = load(config=self.folder / "whence.toml")
        share, found = Share(scanner_of(chosen(settings, "pump"))), set[Key]()
        for candle in (one for row in self.rows for one in row):
            if share.on_candle(candle).proposal is not None:
                found.add((candle.instrument, candle.close_time))
        return found


def walks(end: datetime, seed: int = 7) -> Sequence[Sequence[Candle]]:
    """A random walk of each instrument, with bursts of volume; the candles of one minute are one row."""
    chance, prices = Random(seed), dict.fromkeys(SYMBOLS, Decimal(100))
    rows = list[list[Candle]]()
    for number in range(BARS):
        opened, row = end - (BARS - number) * MINUTE, list[Candle]()
        for symbol in SYMBOLS:
            before = prices[symbol]
            close = (before * Decimal(1 + chance.gauss(0, 0.004))).quantize(Decimal("0.0001"))
            volume = Decimal(chance.choice((10, 10, 10, 10, 60)))
            prices[symbol] = close
            row.append(
                Candle(
                    instrument=f"{symbol}-LINEAR.BYBIT",
                    interval=MINUTE,
                    open_time=opened,
                    open=before,
                    high=max(before, close),
                    low=min(before, close),
                    close=close,
                    volume=volume,
                )
            )
        rows.append(row)
    return rows


@pytest.fixture
def scene(kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path) -> Iterator[Scene]:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    (tmp_path / "whence.toml").write_text(SETTINGS)
    named = [word for symbol in SYMBOLS for word in ("--symbol", symbol)]
    played = whence(tmp_path, "paper", "--bars", "30", *named, "--log", log)
    assert played.returncode == 0, played.stderr
    # Older than `risk.freshness_seconds`: a fresh entry would be judged by the prices of the log's market at rest.
    end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
    topic = CandleTopic(kafka_bootstrap_servers, kafka_topic)
    with closing(open_reader(WhenceSettings(log=log))) as reader:
        yield Scene(tmp_path, log, topic, walks(end), reader)


@contextmanager
def written(folder: Path, file: Path, *words: str) -> Generator[Running]:
    """The program, whose log goes to this file: a pipe that nobody reads would stop it."""
    with (
        file.open("w") as lines,
        subprocess.Popen(
            words, cwd=folder, env=environment(PYTHONPATH=str(ROOT)), stderr=lines, text=True
        ) as process,
    ):
        try:
            yield Running(process)
        finally:
            if process.poll() is None:
                process.kill()


def until_recorded(scene: Scene, wanted: AbstractSet[Key], *scanners: Running) -> None:
    """Waits for these signals, as long as further ones are recorded."""
    found = set(scene.signals())
    while wanted - found:
        until(lambda: set(scene.signals()) > found, lambda: scene.account_of(wanted - found), *scanners)  # noqa: B023
        found = set(scene.signals())


def until(is_so: Callable[[], bool], what: Callable[[], str], *scanners: Running) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert all(one.is_alive for one in scanners), "a scanner has ended"
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)


def test_a_scanner_killed_before_its_commit_loses_no_signal_and_its_replacement_doubles_none(
    scene: Scene,
) -> None:
    """The first one is killed between the engine's answer to a signal and the commit of its candles."""
    expected = scene.expected()
    assert len(expected) > 100
    scan = ("pump", "--log", scene.log)
    dying = (sys.executable, "-m", "tests.journeys.dying_scanner", *scan)
    with ExitStack() as held, closing(CandlePublisher(scene.topic)) as publisher:
        api = held.enter_context(started(scene.folder, "--log", scene.log))
        held.enter_context(drained(api.program, scene.folder / "api.log"))

        def scanner(number: int, *program: str) -> Running:
            words = program or (str(WHENCE), "scan", *scan)
            return held.enter_context(written(scene.folder, scene.folder / f"{number}.log", *words))

        def publish(rows: Sequence[Sequence[Candle]]) -> None:
            assert publisher.publish(one for row in rows for one in row) == len(rows) * len(SYMBOLS)

        first, second = scanner(1, *dying), scanner(2)
        publish(scene.rows[:100])
        until(lambda: not first.is_alive, lambda: "the first scanner has not ended", second)
        assert first.process.returncode == -signal.SIGKILL
        assert scene.signals()
        publish(scene.rows[100:130])
        third = scanner(3)
        for row in scene.rows[130:]:
            publish([row])
        until_recorded(scene, expected, second, third)
        ended = [second.interrupt(), third.interrupt()]
    assert [code for code, _, _ in ended] == [0, 0], ended
    found = scene.signals()
    assert set(found) == expected
    assert set(found.values()) == {1}

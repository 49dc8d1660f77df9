"""Several processes of a scanner share sixty instruments, and one of them is killed: no signal is lost or doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from adapters.candle_topic.place import CandleTopic
from adapters.candle_topic.publisher import CandlePublisher
from commands.scanner import Share
from domain.candle import Candle
from domain.signal import SignalDetected
from infra.config import WhenceSettings, load
from infra.logs import open_reader
from infra.scanning import chosen, scanner_of
from tests.journeys.program import PATIENCE, WHENCE, Running, environment, whence
from tests.journeys.serving import started

SYMBOLS = tuple(f"A{number}USDT" for number in range(10, 70))
MINUTE, BARS = timedelta(minutes=1), 240
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


@dataclass(frozen=True, slots=True)
class Scene:
    """A log on Kafka whose instruments have a market at rest, the settings of a scanner, and its candles by time."""

    folder: Path
    log: str
    topic: CandleTopic
    rows: Sequence[Sequence[Candle]]

    def signals(self) -> Counter[Key]:
        """The recorded signals of the scanner, by instrument and close of the candle."""
        with closing(open_reader(WhenceSettings(log=self.log))) as log:
            events = [one.envelope for one in log.read()]
        found = Counter[Key]()
        for one in events:
            if isinstance(one.event, SignalDetected) and one.event.strategy == "pump":
                assert one.meta.actor == "source:pump"
                found[one.event.instrument, one.event.candle_closed_at] += 1
        return found

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
def scene(kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path) -> Scene:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    (tmp_path / "whence.toml").write_text(SETTINGS)
    named = [word for symbol in SYMBOLS for word in ("--symbol", symbol)]
    played = whence(tmp_path, "paper", "--bars", "30", *named, "--log", log)
    assert played.returncode == 0, played.stderr
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    return Scene(tmp_path, log, CandleTopic(kafka_bootstrap_servers, kafka_topic), walks(end))


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


@contextmanager
def drained(program: Running) -> Generator[None]:
    """Reads what the program logs, until it ends: a pipe that nobody reads would stop it."""
    reader = Thread(target=lambda: list(program.process.stderr or ()), daemon=True)
    reader.start()
    yield
    program.process.terminate()
    reader.join(PATIENCE)
    assert not reader.is_alive()


def until_recorded(scene: Scene, wanted: int, *scanners: Running) -> None:
    """Waits for so many signals, as long as further ones are recorded."""
    found = len(scene.signals())
    while found < wanted:
        until(lambda: len(scene.signals()) > found, f"signal {found + 1} of {wanted}", *scanners)  # noqa: B023
        found = len(scene.signals())


def until(is_so: Callable[[], bool], what: str, *scanners: Running) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert all(one.is_alive for one in scanners), "a scanner has ended"
        assert time.monotonic() < deadline, what
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
        held.enter_context(drained(api.program))

        def scanner(number: int, *program: str) -> Running:
            words = program or (str(WHENCE), "scan", *scan)
            return held.enter_context(written(scene.folder, scene.folder / f"{number}.log", *words))

        def publish(rows: Sequence[Sequence[Candle]]) -> None:
            assert publisher.publish(one for row in rows for one in row) == len(rows) * len(SYMBOLS)

        first, second = scanner(1, *dying), scanner(2)
        publish(scene.rows[:100])
        until(lambda: not first.is_alive, "the end of the first scanner", second)
        assert first.process.returncode == -signal.SIGKILL
        assert scene.signals()
        publish(scene.rows[100:140])
        third = scanner(3)
        for row in scene.rows[140:]:
            publish([row])
        until_recorded(scene, len(expected), second, third)
        ended = [second.interrupt(), third.interrupt()]
    assert [code for code, _, _ in ended] == [0, 0], ended
    found = scene.signals()
    assert set(found) == expected
    assert set(found.values()) == {1}

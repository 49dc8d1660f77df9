"""`whence paper --live` with a strategy that reads books: entered once whenever it is killed, and replayed alike."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from domain.log import Envelope
from domain.market import Level
from domain.order import OrderFilled
from domain.signal import DecisionMade, SignalDetected, Verdict
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.journeys.program import PATIENCE, WHENCE, environment, whence
from tests.journeys.runs import events_at

PROJECT = Path(__file__).parents[2]
LOG = "sqlite:///read.db"
SETTINGS = """
[[trading.strategies]]
name = "reader"
interval = "1m"
[trading.alpha]
minimum_trend = -1.0
minimum_reward_to_risk = 0
[trading.book]
stale_seconds = 300
levels = 10
readings_per_second = 10
max_slippage_bps = 1000
"""
MODULE = """
from datetime import timedelta
from decimal import Decimal

from domain.strategies import Direction, Intent, Proposal


class Reader:
    name = "reader"

    def __init__(self, parameters):
        pass

    def watch(self):
        return self

    def on_candle(self, candle):
        return None

    def scan(self, candles):
        return [None for _ in candles]

    def on_book(self, reading):
        if not reading.is_known or None in reading.values[:3]:
            return None
        ask = reading.asks[0].price
        return Proposal(
            strategy=self.name, instrument=reading.instrument, interval=timedelta(minutes=1),
            direction=Direction.LONG, intent=Intent.ENTER, confidence=0.9, trend=0.0, price=ask,
            stop=ask * Decimal("0.97"), target=ask * Decimal("1.05"), inputs={"first": reading.values[0]},
        )
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return installed(tmp_path, MODULE)


def installed(folder: Path, module: str) -> Path:
    """The folder, with settings and the installed strategy of this source."""
    (folder / "whence.toml").write_text(SETTINGS)
    (folder / "whence_reader.py").write_text(module)
    metadata = folder / "whence_reader-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: whence-reader\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text("[whence.strategies]\nreader = whence_reader:Reader\n")
    return folder


@pytest.fixture
def venue() -> Iterator[str]:
    """The address of a venue whose synthetic market moves in real time."""
    with running_venue("--symbol", "BTCUSDT") as address:
        yield address


@contextmanager
def running_venue(*words: str) -> Generator[str]:
    """The address of `whence venue` with these options."""
    with subprocess.Popen(
        [str(WHENCE), "venue", "--port", "0", "--admin-port", "0", *words, "--no-limits", "--quiet"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", one) for one in process.stdout)))
        yield found[0]
        process.kill()


@contextmanager
def trading(folder: Path, step: str, venue: str) -> Generator[subprocess.Popen[str]]:
    """`whence paper --live`, which dies at the step; `never` for a run that does not."""
    program = [str(WHENCE)] if step == "never" else [sys.executable, "-m", "tests.journeys.dying_read", step]
    words = ["paper", "--live", "--symbol", "BTCUSDT", "--interval", "1m", "--address", venue, "--port", "0"]
    with (
        (folder / f"{step}.err").open("w") as errors,
        subprocess.Popen(
            [*program, *words, "--log", LOG],
            cwd=folder,
            env=environment(PYTHONPATH=f"{folder}:{PROJECT}"),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def dies(folder: Path, step: str, venue: str) -> None:
    with trading(folder, step, venue) as process:
        ended = process.wait(PATIENCE)
    assert ended == -signal.SIGKILL, (folder / f"{step}.err").read_text()[-2000:]


def logged(folder: Path, *kinds: type) -> list[Envelope]:
    found = events_at(f"sqlite:///{folder / 'read.db'}")
    return [one.envelope for one in found if isinstance(one.envelope.event, kinds)]


def of_entries(decisions: Sequence[Envelope]) -> list[str]:
    """The chains of the decisions to enter."""
    return [
        one.meta.correlation_id
        for one in decisions
        if isinstance(one.event, DecisionMade) and one.event.verdict is Verdict.ENTER
    ]


def costs(asks: Sequence[Level], quantity: str) -> Decimal:
    """What a market order of this quantity costs beyond the best ask, level by level."""
    left, cost = Decimal(quantity), Decimal(0)
    for level in asks:
        taken = min(left, level.size)
        cost += taken * (level.price - asks[0].price)
        left -= taken
    assert left == 0
    return cost


def wait_for(kind: type, folder: Path) -> None:
    """Waits until the log, which the program may still have to make, has an event of this kind."""
    deadline = time.monotonic() + PATIENCE
    while not (folder / "read.db").exists():
        assert time.monotonic() < deadline, (folder / "never.err").read_text()[-2000:]
        time.sleep(0.1)
    with closing(open_reader(WhenceSettings(log=f"sqlite:///{folder / 'read.db'}"))) as reader:
        for recorded in reader.follow(0, lambda: time.monotonic() > deadline, patience=0.1):
            if isinstance(recorded.envelope.event, kind):
                return
    raise AssertionError((folder / "never.err").read_text()[-2000:])


def test_a_reader_of_books_enters_once_although_it_is_killed_and_its_log_is_replayed_alike(
    folder: Path, venue: str
) -> None:
    dies(folder, "decided", venue)
    assert logged(folder, SignalDetected, DecisionMade) == []

    dies(folder, "recorded", venue)
    signal_, decided = logged(folder, SignalDetected, DecisionMade)
    detected, decision = signal_.event, decided.event
    assert isinstance(detected, SignalDetected)
    assert isinstance(decision, DecisionMade)
    assert detected.book is not None
    assert signal_.meta.causation_id == f"book:{detected.instrument}:{detected.book.update_id}"
    assert (signal_.meta.occurred_at, detected.candle_closed_at) == (detected.book.at, detected.book.at)
    assert decision.verdict is Verdict.ENTER, decision.reasons
    (vote,) = [one for one in decision.votes if one.member == "book"]
    assert Decimal(vote.figures["cost"]) == costs(detected.book.asks, vote.figures["quantity"])

    with trading(folder, "never", venue) as process:
        wait_for(OrderFilled, folder)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert len(of_entries(logged(folder, DecisionMade))) == 1

    options = ("--log", LOG)
    paths = {"PYTHONPATH": f"{folder}:{PROJECT}"}
    verified = whence(folder, "replay", "--verify", "--json", *options, **paths)
    assert verified.returncode == 0, verified
    made = json.loads(verified.stdout)
    assert (made["differing"], made["impossible"]) == ([], {})
    replayed = whence(folder, "replay", *options, **paths)
    assert replayed.returncode == 0, replayed

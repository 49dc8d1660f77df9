"""Two `whence live`, each on a venue of its own: an entry is routed from one to the other, which makes it once."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.bybit import Credentials, Site, Timing
from adapters.bybit.client import http
from domain.log import Envelope
from domain.order import OrderPlaced
from domain.position import PositionClosed
from domain.routed import RouteOutcome, RouteReported, SignalRouted
from domain.signal import SignalDetected
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.adversary.dying_route import AWAY, HERE
from tests.journeys.program import PATIENCE, WHENCE, environment, running, whence
from tests.journeys.serving import drained

KEY, SECRET = "mine", "hidden"
KEYS = {"BYBIT_API_KEY": KEY, "BYBIT_API_SECRET": SECRET}
OTHER = """
[trading.risk]
freshness_seconds = 300
[trading.alpha]
minimum_trend = -1
[[signals.sources]]
name = "here"
"""
ROUTED = """
[trading.risk]
freshness_seconds = 300
[trading.alpha]
minimum_trend = -1
[trading.venues]
equal = ["%s=%s"]
elsewhere = ["%s=0=BTCUSDT"]
[[routes]]
instruments = ["%s"]
engine = "%s"
source = "here"
token_file = "%s"
market = "%s"
"""
"""The settings state that the other contract is one of BTCUSDT: no two venues of ours share a symbol and an id."""


@contextmanager
def a_venue(symbol: str) -> Generator[str]:
    words = [
        "venue",
        "--port",
        "0",
        "--admin-port",
        "0",
        "--symbol",
        symbol,
        "--key",
        KEY,
        "--secret",
        SECRET,
    ]
    command = [str(WHENCE), *words, "--no-limits"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", one) for one in process.stdout)))
        yield found[0]
        process.kill()


def words_of(url: str, symbol: str, log: str) -> list[str]:
    return ["--address", url, "--log", log, "--instruments", symbol, "--interval", "1m", "--leverage", "5"]


@pytest.fixture(scope="module")
def venues() -> Iterator[tuple[str, str]]:
    with ExitStack() as opened:
        yield opened.enter_context(a_venue("BTCUSDT")), opened.enter_context(a_venue("ETHUSDT"))


@contextmanager
def the_other(folder: Path, url: str) -> Generator[str]:
    """The engine of the other venue; yields the address of its API."""
    folder.mkdir()
    (folder / "whence.toml").write_text(OTHER)
    with running(
        folder, "live", "--port", "0", *words_of(url, "ETHUSDT", "sqlite:///other.db"), **KEYS
    ) as other:
        assert other.process.stderr is not None
        lines = (json.loads(one)["event"] for one in other.process.stderr)
        found = next(filter(None, (re.search(r"API on (http://[^/ ]+)", one) for one in lines)))
        with drained(other, folder / "stderr"):
            made = whence(
                folder, "tokens", "create", "here", "--role", "source", "--log", "sqlite:///other.db"
            )
            token = re.search(r"whence_\S+", made.stdout)
            assert token, made
            (folder / "token").write_text(token[0])
            yield found[1]


def routing(folder: Path, step: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.adversary.dying_route",
            step,
            "live",
            "--port",
            "0",
            *words_of(url, "BTCUSDT", "sqlite:///here.db"),
        ],
        cwd=folder,
        env=environment(**KEYS, PYTHONPATH=str(Path.cwd())),
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE,
    )


def events(file: Path) -> Sequence[Envelope]:
    with closing(open_reader(WhenceSettings(log=f"sqlite:///{file}"))) as log:
        return [one.envelope for one in log.read()]


def positions(url: str, symbol: str) -> list[dict[str, Any]]:
    session = http(Credentials(KEY, SECRET), Site(http=url), Timing())
    answered, _, _ = session.get_positions(category="linear", symbol=symbol)
    found: list[dict[str, Any]] = answered["result"]["list"]
    return [one for one in found if float(one["size"])]


def test_an_entry_is_made_once_at_the_other_engine_although_the_routing_one_is_killed_twice(
    tmp_path: Path, venues: tuple[str, str]
) -> None:
    """It is killed before it sends the signal, and after the other engine has answered; then it closes the position."""
    here, there = venues
    with the_other(tmp_path / "other", there) as api:
        (tmp_path / "whence.toml").write_text(
            ROUTED % (HERE, AWAY, AWAY, AWAY, api, tmp_path / "other" / "token", there)
        )
        for step in ("before", "after"):
            killed = routing(tmp_path, step, here)
            assert killed.returncode == -signal.SIGKILL, killed.stderr[-2_000:]
        assert (positions(here, "BTCUSDT"), len(positions(there, "ETHUSDT"))) == ([], 1)
        left = routing(tmp_path, "never", here)
        assert left.returncode == 0, left.stderr[-2_000:]
    assert (positions(here, "BTCUSDT"), positions(there, "ETHUSDT")) == ([], [])
    own, other = events(tmp_path / "here.db"), events(tmp_path / "other" / "other.db")
    entry, exit_ = [one for one in own if isinstance(one.event, SignalRouted)][:2]
    assert [of_chain(own, one.meta.correlation_id) for one in (entry, exit_)] == [
        [RouteOutcome.TAKEN, RouteOutcome.ENDED],
        [RouteOutcome.TAKEN],
    ]
    assert not any(isinstance(one.event, OrderPlaced) for one in own)
    opened = [one for one in other if isinstance(one.event, OrderPlaced) and not one.event.reduce_only]
    assert [one.meta.correlation_id for one in opened] == [signal_of(other, entry.meta.correlation_id)]
    (closed,) = [one for one in other if isinstance(one.event, PositionClosed)]
    assert closed.meta.correlation_id == signal_of(other, exit_.meta.correlation_id)
    made_again = whence(tmp_path, "replay", "--verify", "--log", "sqlite:///here.db")
    assert made_again.returncode == 0, made_again


def of_chain(found: Sequence[Envelope], chain: str) -> list[RouteOutcome]:
    return [
        one.event.outcome
        for one in found
        if isinstance(one.event, RouteReported) and one.meta.correlation_id == chain
    ]


def signal_of(found: Sequence[Envelope], chain: str) -> str:
    """The only signal of the other log whose cause is a request with this chain as its key."""
    (envelope,) = [
        one
        for one in found
        if isinstance(one.event, SignalDetected) and str(one.meta.causation_id).startswith(f"command:{chain}")
    ]
    return envelope.meta.correlation_id

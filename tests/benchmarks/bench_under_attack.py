"""The time from a candle to its durable orders on SQLite, and that of `/healthz`, while the API beside the engine is
attacked.

The engine plays a tape at a steady pace. Its API projects the same log in its own process. `BENCH_BARS` sets the number
of candles a symbol in each part. The attack runs on this machine at a low priority, as it would run elsewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from adapters.http.options import HttpOptions
from adapters.tapes import synthetic_tape
from adapters.tokens.book import TokenBook
from commands.roles import Role
from domain.log import Envelope
from domain.order import OrderPlaced
from infra.config import WhenceSettings, load
from infra.run.apart import ApiApart, Embedding
from infra.run.api_plan import ApiPlan
from infra.run.listening import ListenAddress
from infra.run.paper import PaperRun
from infra.run.watchers import Watchers
from infra.store import migrate, open_store
from tests.benchmarks.attack import ATTACKS
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned
from tests.benchmarks.runs import EAGER, plan

_BARS = int(os.environ.get("BENCH_BARS", "12000"))
_PACE = 0.001
"""Seconds from one instant of the tape to the next."""
_WORST = 2.0
"""The largest acceptable ratio of a p99 under attack to the idle p99."""
_HEALTHY = 100.0
"""The longest acceptable p99 of `/healthz`, in milliseconds."""
_IDLE = "idle"


def run() -> Sequence[Figure]:
    """p50 and p99 in milliseconds, idle and under each attack, and the ratio of each p99 to the idle one."""
    took = {name: _measured(name) for name in (_IDLE, *ATTACKS)}
    idle = _quantile(took[_IDLE].entries, 99)
    return [figure for name, times in took.items() for figure in _figures(name, times, idle)]


@dataclass(frozen=True)
class _Took:
    """Milliseconds: of each unit with an order, and of each request to `/healthz`."""

    entries: Sequence[float]
    health: Sequence[float]


def _figures(name: str, took: _Took, idle: float) -> Iterator[Figure]:
    times, health = took.entries, took.health
    yield Figure(f"{name}, p50", _quantile(times, 50), "ms", None, f"{len(times):,} entries")
    p99 = _quantile(times, 99)
    yield Figure(f"{name}, p99", p99, "ms", None, f"the longest {max(times):.1f} ms")
    if name != _IDLE:
        yield Figure(f"{name}, p99 by idle p99", p99 / idle, "times", _WORST, "")
    note = f"{len(health):,} requests, p50 {_quantile(health, 50):.1f} ms, the longest {max(health):.1f} ms"
    yield Figure(f"{name}, p99 of /healthz", _quantile(health, 99), "ms", _HEALTHY, note)


def _quantile(times: Sequence[float], percent: int) -> float:
    return sorted(times)[len(times) * percent // 100]


def _measured(name: str) -> _Took:
    watch = _Watch()
    watchers = Watchers(watch)
    with fresh("SQLite") as address, closing(owned(address)) as log, ExitStack() as held:
        settings = load(log=address)
        token = _token(settings)
        run = PaperRun(
            plan(EAGER, of=synthetic_tape(7, candles=_BARS)), log, lambda _: None, observer=watchers
        )
        engine = Embedding(run.door, "paper", "a benchmark", watchers)
        limits = ApiPlan(ListenAddress(port=0), HttpOptions(rate="1000000/minute"))
        api = held.enter_context(ApiApart(settings, limits, engine))
        held.callback(run.close)
        if name != _IDLE:
            held.enter_context(_attacking(name, f"{api.url}/graphql", token))
        with _probing(api.url) as health:
            _play(run)
    return _Took(watch.took, health)


def _play(run: PaperRun) -> None:
    due = time.perf_counter()
    for _ in run.instants():
        due = max(due + _PACE, time.perf_counter())
        while (left := due - time.perf_counter()) > 0:
            run.attend(left)


@contextmanager
def _probing(url: str) -> Generator[list[float]]:
    """Fills the list with the milliseconds of the requests during the block."""
    took: list[float] = []
    words = [sys.executable, "-m", "tests.benchmarks.health_probe", url]
    probe = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield took
    took += json.loads(probe.communicate()[0])


@contextmanager
def _attacking(name: str, url: str, token: str) -> Generator[None]:
    attack = subprocess.Popen(["nice", sys.executable, "-m", "tests.benchmarks.attack", name, url, token])
    try:
        time.sleep(2)
        yield
    finally:
        attack.kill()
        attack.wait()


def _token(settings: WhenceSettings) -> str:
    engine = open_store(settings)
    migrate(engine)
    token = TokenBook(engine).issue("eve", Role.ADMIN, datetime.now(UTC))
    engine.dispose()
    return token.spelled


class _Watch:
    """Records the milliseconds of each unit of work with an order, from its stimulus until its events are durable."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `commands.observer.Observer`."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `commands.observer.Observer`."""
        if any(isinstance(envelope.event, OrderPlaced) for envelope in envelopes):
            self.took.append((worked + appended) * 1e3)

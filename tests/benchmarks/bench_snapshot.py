"""The start of an engine on a log of 1,000,000 events of one account, with and without a snapshot.

Run alone: `python -m tests.benchmarks snapshot`. Each start is a separate process on a log in SQLite, timed from its
first line, imports included, until the engine can decide. `processor` is its processor time: on a machine that others
use it says more. The modules have their bytecode, as those of an installed program do; the starts without a snapshot
compile it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.snapshots import SnapshotFile, Snapshots
from adapters.tapes import synthetic_tape
from domain.log import Envelope
from domain.order import OrderPlaced
from infra.config import load
from infra.logs import keys_of, open_owned
from infra.run.paper import PaperRun
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh
from tests.benchmarks.one_account import fill_one_account
from tests.benchmarks.runs import EAGER, plan

_START = """
import json, sys, time
began = time.perf_counter()
from decimal import Decimal
import psutil
from domain.settings import Settings
from infra.config import load
from infra.run.beginning import Beginning
from infra.run.manual import ManualRun
from infra.run.snapshots import owned_log
from infra.run.stake import Stake
beginning = Beginning("paper", Stake("USDT", Decimal(10_000), Decimal(10)), Settings())
with owned_log(load(log=sys.argv[1])) as owned:
    run = ManualRun(owned.log, beginning, lambda _: None, snapshots=owned.snapshots)
    ready, processor = time.perf_counter() - began, time.process_time()
    memory = psutil.Process().memory_info().rss
    events = run.world.ordinal
    run.close()
    closed = time.perf_counter() - began - ready
print(json.dumps([events, ready, processor, memory / 1_048_576, closed]))
"""

_START_LIVE = """
import json, sys, time
began = time.perf_counter()
from datetime import timedelta
from decimal import Decimal
from functools import partial
import psutil
from adapters.bybit import Credentials
from domain.settings import Settings
from infra.cli.trading_live import connected
from infra.config import load
from infra.run.live import LiveRun, placed_in
from infra.run.live_feed import feed_of
from infra.run.live_plan import LivePlan
from infra.run.place import Place
from infra.run.snapshots import owned_log
place, interval = Place("bybit", address="http://127.0.0.1:9"), timedelta(minutes=5)
plan = LivePlan(
    account="paper",
    leverage=Decimal(10),
    settings=Settings(),
    instances=(),
    instruments=("BTCUSDT-LINEAR.BYBIT",),
    interval=interval,
)

def connect(world, wake):
    return connected(Credentials("none", "none"), place, placed_in(world), wake)

with owned_log(load(log=sys.argv[1])) as owned:
    source = next(owned.log.read(upto=1)).envelope.meta.source
    feed = partial(feed_of, place, interval)
    run = LiveRun(owned.log, plan, connect, feed, lambda _: None, source=source, snapshots=owned.snapshots)
    ready, processor = time.perf_counter() - began, time.process_time()
    memory = psutil.Process().memory_info().rss
    events = run.world.ordinal
    run.close()
    closed = time.perf_counter() - began - ready
print(json.dumps([events, ready, processor, memory / 1_048_576, closed]))
"""
"""A live run up to the moment when it contacts the exchange, which needs the network and not the log."""


def run(events: int = 1_000_000) -> Sequence[Figure]:
    """Seconds until an engine is ready, megabytes, and what a snapshot costs an engine that runs."""
    with fresh("SQLite") as address, TemporaryDirectory() as bytecode:
        count = fill_one_account(address, events)
        started = partial(_started, address, count, bytecode)
        return [
            *started("no snapshot", _START, None),
            *started("a snapshot", _START, 5.0),
            *started("no snapshot, live", _START_LIVE, None),
            *started("a snapshot, live", _START_LIVE, 5.0),
            *_beside_a_run(),
        ]


def _started(
    address: str, events: int, bytecode: str, name: str, program: str, limit: float | None
) -> Iterator[Figure]:
    """A snapshot of another kind of run counts as none, so that the first live start reads the whole log.

    `bytecode` is the folder of the modules' bytecode.
    """
    command = [sys.executable, "-c", program, address]
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    found, ready, processor, megabytes, closed = json.loads(done.stdout)
    assert found == events, f"{found} of {events} events were found"
    note = f"{events:,} events of one account"
    yield Figure(f"start with {name}: ready after", ready, "s", limit, note)
    yield Figure(f"start with {name}: processor", processor, "s", None, note)
    yield Figure(f"start with {name}: memory", megabytes, "MB", None, "the whole process")
    yield Figure(f"start with {name}: stop", closed, "s", None, "the snapshot is written where it is missing")


def _beside_a_run() -> Iterator[Figure]:
    """The time from a stimulus to its durable orders, without snapshots and with one being written all the time."""
    for name, every in (("none", None), ("one after the other", 1)):
        watch = _Watch()
        with TemporaryDirectory() as folder:
            size = _eager_run(Path(folder), watch, every)
        took, note = sorted(watch.took), f"{len(watch.took):,} entries; snapshot of {size:,} bytes"
        for percent in (50, 99):
            found = took[len(took) * percent // 100] * 1e3
            yield Figure(f"stimulus to order, snapshots: {name}, p{percent}", found, "ms", None, note)
        yield Figure(f"stimulus to order, snapshots: {name}, worst", took[-1] * 1e3, "ms", None, note)


def _eager_run(folder: Path, watch: _Watch, every: int | None) -> int:
    """Runs with a part of the snapshot for each `every` events; returns the bytes of the snapshot."""
    settings, chosen = (
        load(log=f"sqlite:///{folder / 'run.db'}"),
        plan(EAGER, of=synthetic_tape(7, candles=20_000)),
    )
    file = SnapshotFile(folder / "snapshot", keys_of(settings), bytes(32))
    with closing(open_owned(settings)) as log:
        snapshots = Snapshots(file, log, events=every or 1)
        run = PaperRun(chosen, log, lambda _: None, observer=watch)
        for _ in run.instants():
            if every is not None:
                snapshots.keep(run.world, bytes)
        snapshots.close(run.world, bytes)
    return file.size


class _Watch:
    """Records the duration of each unit of work with an order; see `bench_stimulus`."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def saw(self, instrument: str, close: object, at: object) -> None:
        """See `commands.observer.Observer`."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `commands.observer.Observer`."""
        if any(isinstance(envelope.event, OrderPlaced) for envelope in envelopes):
            self.took.append(worked + appended)

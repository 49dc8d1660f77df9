"""Accounts over partitions, with their figures: `python -m tests.torture.accounts`; see docs/growth.md.

First one engine, then four, each on a partition, take the same candles: processor time and log for each event. Then
nodes of `whence accounts run` share accounts: one node is killed, and one is stopped while it sends an order.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple

import psutil
import typer

from adapters.simulated.venue.codes import WRONG_TIME
from infra.config import WhenceSettings
from infra.logs import open_reader
from infra.servers.kafka import KafkaBroker
from tests.journeys.program import WHENCE, environment
from tests.torture.venue import KEY, SECRET, Exchange, exchange

_ROOT = Path(__file__).parents[2]
_PATIENCE = 90.0
_GLANCE = 0.05
_STARTED = re.compile(r"account (\w+), partition \d+: engine (\d+) starts")
NAMES = ("alpha", "beta", "gamma", "delta")


class Cost(NamedTuple):
    """What engines have taken: processor seconds and events of all of them, and the largest memory of one (MiB)."""

    seconds: float
    events: int
    mebibytes: float

    @property
    def each(self) -> float:
        """Processor milliseconds an event."""
        return 1000 * self.seconds / self.events


def cost(folder: Path, log: str, partitions: Sequence[int], bars: int, pace: str) -> Cost:
    """The cost of an engine on each of these partitions, all at once, on the same candles."""
    programs = [
        subprocess.Popen(
            [WHENCE, "paper", "--bars", str(bars), "--pace", pace, "--log", f"{log}?partition={number}"],
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for number in partitions
    ]
    seconds, largest = 0.0, 0
    for one in programs:
        _, status, used = os.wait4(one.pid, 0)
        one.returncode = os.waitstatus_to_exitcode(status)
        assert one.returncode == 0, f"whence paper has ended with the code {one.returncode}"
        seconds, largest = seconds + used.ru_utime + used.ru_stime, max(largest, used.ru_maxrss)
    return Cost(seconds, sum(head(f"{log}?partition={number}") for number in partitions), largest / 1024)


def head(log: str) -> int:
    """The number of events of the log."""
    with closing(open_reader(WhenceSettings(log=log))) as reader:
        return reader.head()


def made_topics(folder: Path, log: str, partitions: int) -> None:
    """Makes the topics of a log with so many partitions."""
    subprocess.run(
        [WHENCE, "topics", "apply", "--partitions", str(partitions), "--log", log],
        cwd=folder,
        env=environment(),
        check=True,
        capture_output=True,
    )


def segments(broker: KafkaBroker, topic: str) -> int:
    """The bytes of the topic's records on the broker's disk."""
    return sum(one.stat().st_size for one in broker.folder.glob(f"data/{topic}-*/*.log"))


class Standing(NamedTuple):
    """What a process takes while nothing happens but candles: processors (1 is one of them) and memory (MiB)."""

    what: str
    processors: float
    mebibytes: float


def standing(made: Desk, seconds: float) -> Sequence[Standing]:
    """The first node, its first engine and the processes of that engine's API, over so many seconds."""
    node = made.nodes[0]
    name, engine = next(iter(node.engines().items()))
    processes: Mapping[str, Sequence[psutil.Process]] = {
        "node": [node.process],
        f"engine {name}": [engine],
        "its API": engine.children(recursive=True),
    }
    before = {what: _spent(them) for what, them in processes.items()}
    time.sleep(seconds)
    return [
        Standing(
            what,
            (_spent(them) - before[what]) / seconds,
            sum(one.memory_full_info().pss for one in them) / 2**20,
        )
        for what, them in processes.items()
    ]


def _spent(processes: Sequence[psutil.Process]) -> float:
    return sum(one.cpu_times().user + one.cpu_times().system for one in processes)


class Node:
    """A process of `whence accounts run` with its engines. What they log is in `file`."""

    def __init__(self, folder: Path, name: str, log: str, marker: Path | None = None) -> None:
        """With a `marker` its engines are those of `tests.torture.stopping_live`, which no spare process can become."""
        spares = () if marker is None else ("--spares", "0")
        program = (
            [str(WHENCE)]
            if marker is None
            else [sys.executable, "-m", "tests.torture.stopping_live", str(marker)]
        )
        self.file = folder / f"{name}.log"
        variables = environment(BYBIT_API_KEY=KEY, BYBIT_API_SECRET=SECRET, PYTHONPATH=str(_ROOT))
        with self.file.open("w") as lines:
            self.process = psutil.Popen(
                [*program, "accounts", "run", "accounts.toml", "--log", log, *spares],
                cwd=folder,
                env=variables,
                stderr=lines,
                stdout=subprocess.DEVNULL,
            )

    def engines(self) -> Mapping[str, psutil.Process]:
        """The engines by account, as the node has logged their starts."""
        started = {name: int(pid) for name, pid in _STARTED.findall(self.file.read_text())}
        running = {one.pid: one for one in self.process.children()}
        return {name: running[pid] for name, pid in started.items() if pid in running}

    def signal(self, number: signal.Signals) -> None:
        """Sends the signal to the node and to all its engines."""
        for one in (self.process, *self.engines().values()):
            one.send_signal(number)

    def close(self) -> None:
        """Stops the node as Ctrl-C does, and kills it after a while."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_PATIENCE)
            except psutil.TimeoutExpired:
                self.process.kill()


class Desk:
    """Accounts, each with an exchange of its own, that nodes share."""

    def __init__(self, folder: Path, log: str, exchanges: Mapping[str, Exchange]) -> None:
        self.folder, self.log, self.exchanges = folder, log, exchanges
        self.nodes: list[Node] = []
        tables: list[str] = []
        for number, (name, one) in enumerate(exchanges.items()):
            (folder / f"{name}.toml").write_text(f'pulse = "{self.pulse(name)}"\n')
            options = json.dumps(["--address", one.url, "--poll", "5"])
            table = f'name = "{name}"\npartition = {number}\ninstruments = ["BTCUSDT"]\noptions = {options}'
            tables.append(f'[[account]]\n{table}\nconfig = "{name}.toml"\n')
        (folder / "accounts.toml").write_text("\n".join(tables))

    def pulse(self, account: str) -> Path:
        """The file that the account's engine touches while it trades, after it was compared with the exchange."""
        return self.folder / f"{account}.pulse"

    def node(self, marker: Path | None = None) -> Node:
        """Starts a node."""
        made = Node(self.folder, f"node{len(self.nodes)}", self.log, marker)
        self.nodes.append(made)
        return made

    def trades_since(self, account: str, at: float) -> bool:
        """Whether the account was traded after this time (Unix)."""
        try:
            return self.pulse(account).stat().st_mtime > at
        except FileNotFoundError:
            return False

    def until_all_trade(self, at: float, accounts: Sequence[str] = ()) -> float:
        """Waits until these accounts, or all, trade after `at`; returns the seconds from `at` on."""
        for name in accounts or self.exchanges:
            until(lambda name=name: self.trades_since(name, at), f"{name} trades")  # type: ignore[misc]
        return time.time() - at

    def owner(self, account: str) -> Node:
        """The node that runs the account's engine."""
        (found,) = (one for one in self.nodes if account in one.engines())
        return found


def until(is_so: Callable[[], bool], what: str) -> None:
    """Waits for it."""
    deadline = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"not within {_PATIENCE:g} s: {what}"
        time.sleep(_GLANCE)


@contextmanager
def desk(folder: Path, log: str, accounts: int) -> Generator[Desk]:
    """So many accounts on the partitions of a log, whose topics were made, without a node."""
    with ExitStack() as held:
        venues = {name: held.enter_context(exchange(number)) for number, name in enumerate(NAMES[:accounts])}
        made = Desk(folder, log, venues)
        try:
            yield made
        finally:
            for node in made.nodes:
                node.close()


def spread(made: Desk, nodes: int) -> None:
    """Starts so many nodes, and waits until each runs the engine of an account and all accounts trade."""
    for _ in range(nodes):
        made.node()
    until(lambda: all(one.engines() for one in made.nodes), "each node has an account")
    made.until_all_trade(time.time())


def killed(made: Desk) -> float:
    """Kills a node; returns the seconds until its accounts trade elsewhere."""
    node = made.owner(NAMES[0])
    accounts, at = list(node.engines()), time.time()
    node.process.kill()
    node.process.wait()
    made.nodes.remove(node)
    # The engine of a dead node ends by itself, and may have touched the file while it did.
    return made.until_all_trade(at + 1, accounts) + 1


def stopped_while_sending(made: Desk) -> float:
    """Stops a node between the check of an engine's lease and its request, until another node has its account, and
    resumes it. Returns the seconds until the account trades elsewhere. Raises AssertionError where the late request
    has become an order.
    """
    marker = made.folder / "marker"
    for node in list(made.nodes):
        node.close()
        made.nodes.remove(node)
    marker.touch()
    first = made.node(marker)
    until(
        lambda: any(one.status() == psutil.STATUS_STOPPED for one in first.engines().values()),
        "an engine stops",
    )
    at = time.time()
    (account,) = (name for name, one in first.engines().items() if one.status() == psutil.STATUS_STOPPED)
    engine = first.engines()[account]
    first.signal(signal.SIGSTOP)
    made.node()
    seconds = made.until_all_trade(at)
    before = [one.link for one in made.exchanges[account].orders()]
    first.signal(signal.SIGCONT)
    until(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE, "the old engine ends")
    after = [one.link for one in made.exchanges[account].orders()]
    assert after == before, f"a stale order was placed: {set(after) - set(before)}"
    assert len(set(after)) == len(after), "an order was placed twice"
    response = json.loads(marker.with_suffix(".response").read_text())
    assert response["retCode"] == WRONG_TIME.number, (
        f"the late request was not refused by its time: {response}"
    )
    return seconds


def main(
    bars: Annotated[int, typer.Option(help="Candles that each engine takes.")] = 30_000,
    pace: Annotated[str, typer.Option(help="How fast: a multiple of real time.")] = "300000x",
    seconds: Annotated[float, typer.Option(help="For how long engines at rest are measured.")] = 30.0,
) -> None:
    """Prints the figures of accounts over partitions."""
    with TemporaryDirectory(prefix="whence-accounts-") as name:
        folder = Path(name)
        with KafkaBroker(folder / "kafka", brief=True) as broker:
            for engines in (1, 4):
                _show_cost(folder, broker, engines, bars, pace)
            shared = f"kafka://{broker.bootstrap_servers}/shared.events"
            made_topics(folder, shared, 4)
            with desk(folder, shared, 4) as made:
                spread(made, 4)
                for what, processors, mebibytes in standing(made, seconds):
                    typer.echo(
                        f"at rest, {what}: {100 * processors:.1f} % of a processor, {mebibytes:.0f} MiB"
                    )
                typer.echo(f"a node killed: its account trades elsewhere after {killed(made):.1f} s")
                typer.echo(
                    f"a node stopped while it sends: elsewhere after {stopped_while_sending(made):.1f} s"
                )


def _show_cost(folder: Path, broker: KafkaBroker, engines: int, bars: int, pace: str) -> None:
    topic = f"cost{engines}.events"
    log = f"kafka://{broker.bootstrap_servers}/{topic}"
    made_topics(folder, log, engines)
    before = _spent([psutil.Process(broker.pid)])
    found = cost(folder, log, range(engines), bars, pace)
    of_broker = _spent([psutil.Process(broker.pid)]) - before
    typer.echo(
        f"engines: {engines}; {found.events:,} events; {found.each:.3f} ms of a processor an event; "
        f"broker: {1000 * of_broker / found.events:.3f} ms an event; the largest engine: {found.mebibytes:.0f} MiB; "
        f"log: {segments(broker, topic) / found.events:.0f} bytes an event"
    )


if __name__ == "__main__":
    typer.run(main)

"""Three brokers on this machine, killed one after the other: `python -m tests.torture.brokers`; see docs/torture.md.

A writer appends events as an engine does: after an error it opens the log again, which takes it over whole, and goes on
after what the log holds. Every append that was acknowledged must be in the log, once and in order.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Annotated, NamedTuple

import typer

from domain.errors import LogError, ServerFailed
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.servers.kafka import KafkaBroker
from tests.adapters.log.days import day, opened

_CLUSTER = "d2hlbmNlLXRvcnR1cmUtMQ"
_STREAM = "account-main"
_BEGIN = 60.0
_PATIENCE = 180.0
_GLANCE = 0.02


class Quorum(NamedTuple):
    """The nodes that are controllers, with their ports."""

    voters: Mapping[int, int]

    @property
    def property(self) -> str:
        """The value of `controller.quorum.voters`."""
        return ",".join(f"{node}@127.0.0.1:{port}" for node, port in self.voters.items())


class Node(KafkaBroker):
    """One broker of a cluster, which is a controller, too, where the quorum names it."""

    def __init__(self, folder: Path, number: int, quorum: Callable[[], Quorum]) -> None:
        super().__init__(folder, brief=True)
        self.number, self._quorum = number, quorum

    def _settings(self) -> dict[str, str]:
        quorum = self._quorum()
        found = {**super()._settings(), **_REPLICATED, "node.id": str(self.number)}
        del found["controller.quorum.bootstrap.servers"]
        found["controller.quorum.voters"] = quorum.property
        if self.number not in quorum.voters:
            found["process.roles"] = "broker"
            found["listeners"] = f"PLAINTEXT://127.0.0.1:{self.port}"
        return found

    def _format(self) -> None:
        tool = ("kafka.tools.StorageTool", "format", f"--cluster-id={_CLUSTER}")
        done = subprocess.run(
            [*self._java(), *tool, f"--config={self._settings_file}"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"node {self.number} could not be formatted:\n{done.stdout}{done.stderr}")


_REPLICATED = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "replica.lag.time.max.ms": "5000",
    "transaction.state.log.min.isr": "2",
    "transaction.state.log.replication.factor": "3",
}


@contextmanager
def cluster(folder: Path, controllers: int) -> Generator[Sequence[Node]]:
    """Three brokers, started side by side; the first `controllers` of them are controllers. They are killed at the end.

    Raises ServerFailed where one does not start.
    """
    nodes: list[Node] = []
    quorum = Quorum({})
    nodes += [Node(folder / f"node-{number}", number, lambda: quorum) for number in (1, 2, 3)]
    quorum = Quorum({one.number: one.controller_port for one in nodes[:controllers]})
    with ExitStack() as held:
        for one in nodes:
            held.callback(one.discard)
        started = [Thread(target=one.start, kwargs={"within": _PATIENCE}) for one in nodes]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        if not all(one.running for one in nodes):
            raise ServerFailed("a broker of the cluster did not start: the lines above have its log")
        yield nodes


class Writer:
    """Appends one event after the other, until `stop`; `acknowledged` are the versions, each with its time."""

    def __init__(self, settings: WhenceSettings) -> None:
        """The log of `settings` is begun by `start`."""
        self._settings, self._stopped = settings, Event()
        self.acknowledged: list[tuple[int, float]] = []
        self.refused: list[tuple[float, str]] = []
        self._thread = Thread(target=self._run)

    def start(self) -> None:
        """Begins the log, and appends on a thread."""
        with closing(open_owned(self._settings)) as log:
            log.append([opened()])
        self._thread.start()

    def stop(self) -> None:
        """Returns when the writer has ended."""
        self._stopped.set()
        self._thread.join()

    def waited_for_next(self) -> float:
        """Waits until an append was acknowledged that began after this call; returns the seconds until then.

        Raises TimeoutError after three minutes.
        """
        begun, before = time.monotonic(), len(self.acknowledged)
        while len(self.acknowledged) < before + 2:
            if time.monotonic() - begun > _PATIENCE:
                raise TimeoutError(f"nothing was acknowledged for {_PATIENCE:.0f} s: {self.refused[-1:]}")
            time.sleep(_GLANCE)
        return time.monotonic() - begun

    def waited_for_refusal(self) -> float:
        """Waits until an append, or an opening, was refused; returns the seconds. Raises TimeoutError."""
        begun, before = time.monotonic(), len(self.refused)
        while len(self.refused) == before:
            if time.monotonic() - begun > _PATIENCE:
                raise TimeoutError(f"nothing was refused for {_PATIENCE:.0f} s")
            time.sleep(_GLANCE)
        return time.monotonic() - begun

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._append()
            except LogError as fault:
                self.refused.append((time.monotonic(), f"{type(fault).__name__}: {fault}"))
                self._stopped.wait(0.2)

    def _append(self) -> None:
        with closing(open_owned(self._settings)) as log:
            version = sum(1 for _ in log.read_stream(_STREAM)) + 1
            while not self._stopped.is_set():
                log.append([day(_STREAM, version)])
                self.acknowledged.append((version, time.monotonic()))
                version += 1


def judged(settings: WhenceSettings, writer: Writer) -> tuple[int, int]:
    """The number of acknowledged events and of all events of the stream; raises AssertionError where one is lost,
    repeated or out of order.
    """
    with closing(open_reader(settings)) as reader:
        found = [one.meta.version for one in reader.read_stream(_STREAM)]
        assert not reader.refused(), reader.refused()
    assert found == list(range(1, len(found) + 1)), "the stream has a gap or a repetition"
    acknowledged = [version for version, _ in writer.acknowledged]
    assert len(set(acknowledged)) == len(acknowledged), "a version was acknowledged twice"
    lost = set(acknowledged) - set(found)
    assert not lost, f"acknowledged and not in the log: {sorted(lost)[:10]}"
    return len(acknowledged), len(found)


def tortured(folder: Path, controllers: int) -> dict[str, float]:
    """Kills the second broker, then the third, starts both again, kills the first one, and starts it again.

    Returns the seconds until the writer went on, or was refused, after each step. Raises AssertionError where an event
    was lost, or where an append was acknowledged while one broker was alone.
    """
    figures = dict[str, float]()
    with cluster(folder, controllers) as nodes:
        first, second, third = nodes
        address = ",".join(one.bootstrap_servers for one in nodes)
        settings = WhenceSettings(log=f"kafka://{address}/torture", index=folder / "index")
        writer = Writer(settings)
        writer.start()
        try:
            figures["first append"] = writer.waited_for_next()
            time.sleep(5)
            second.kill()
            figures["one of three killed: next append"] = writer.waited_for_next()
            time.sleep(5)
            third.kill()
            figures["two killed: refused"] = writer.waited_for_refusal()
            before = len(writer.acknowledged)
            time.sleep(10)
            assert len(writer.acknowledged) == before, "one broker alone has acknowledged an append"
            second.start(within=_PATIENCE)
            figures["one started again: next append"] = writer.waited_for_next()
            third.start(within=_PATIENCE)
            time.sleep(10)
            first.kill()
            if controllers == len(nodes):
                figures["the first killed: next append"] = writer.waited_for_next()
            first.start(within=_PATIENCE)
            figures["all started: next append"] = writer.waited_for_next()
        finally:
            writer.stop()
        figures["acknowledged"], figures["in the log"] = judged(settings, writer)
        figures["refusals"] = len(writer.refused)
        for _, text in writer.refused[:: max(1, len(writer.refused) // 5)]:
            typer.echo(f"  refused: {text[:200]}", err=True)
    return figures


def main(
    controllers: Annotated[
        int, typer.Option(help="Brokers that are controllers, too: 3, or 1, which outlives the others.")
    ] = 3,
) -> None:
    """Kills brokers of a cluster of three while a log is written, and compares."""
    with TemporaryDirectory(prefix="whence-brokers-") as folder:
        for what, figure in tortured(Path(folder), controllers).items():
            typer.echo(f"{what}: {figure:,.2f}".removesuffix(".00"))


if __name__ == "__main__":
    typer.run(main)

"""The base of the three servers: prepared once, started, probed until they answer, stopped or killed."""

from __future__ import annotations

import shutil
import signal
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from domain.errors import ServerFailed
from infra.servers.launch import Launch, RunningProcess
from infra.servers.port import free_port, is_free

_LOG_TAIL_LINES = 25
_BETWEEN_PROBES = 0.05


class NotAnswering(Exception):
    """The server did not answer a probe; it may be starting. The message is the client's."""


class Server(ABC):
    """One server on 127.0.0.1. Its whole state is in `folder`, so a restarted server has the state it had before.

    By default the server is on a leash: it ends when this process ends, and `folder` is deleted. With `detached` it
    keeps running after this process. As a context manager, the server is started when the block begins; when the block
    ends, the server is killed and `folder` is deleted.
    """

    name: ClassVar[str]
    _stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    _ending: ClassVar[signal.Signals] = signal.SIGKILL

    def __init__(self, folder: Path, *, port: int | None = None, detached: bool = False) -> None:
        self.folder = folder
        self.port = port or self.settled_port("port")
        self._detached = detached
        self._process = self._found()

    @property
    @abstractmethod
    def url(self) -> str:
        """The server's address, in the form of the environment variable that names such a server."""

    @property
    def log(self) -> Path:
        """The file with the server's output since its first start."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """The pid of the server process. Raises `ServerFailed` where it was never started."""
        return self._started().pid

    @property
    def prepared(self) -> bool:
        """Whether the server was ever started, so that its URL is fixed."""
        return (self.folder / "port").exists()

    @property
    def running(self) -> bool:
        """Whether the process is alive, whichever program started it; `probe` checks whether it answers."""
        return self._process is not None and self._process.alive

    def settled_port(self, file: str) -> int:
        """The port that an earlier start has stored in `file` in the folder, else a free port."""
        remembered = self.folder / file
        return int(remembered.read_text()) if remembered.exists() else free_port()

    def start(self, within: float = 90.0) -> Self:
        """Starts and waits until a probe succeeds. Raises `ServerFailed` with the end of the log."""
        if self.running:
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        self._refuse_taken_port()
        self.prepare()
        (self.folder / "port").write_text(str(self.port))
        self._process = self._launch().start()
        try:
            self._wait_until_it_answers(within)
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self, within: float = 30.0) -> None:
        """Stops the server orderly, or kills it where it has not stopped within `within` seconds."""
        process = self._started()
        process.send(self._stop_signal)
        if not process.ended(within):
            self.kill()
        process.let_go()

    def kill(self) -> None:
        """Ends the server with SIGKILL, as a crash does, and waits until the process has ended."""
        process = self._started()
        process.send(signal.SIGKILL)
        if not process.ended(30.0):
            raise ServerFailed(f"{self.name} (process {process.pid}) still runs after SIGKILL")
        process.let_go()

    def restart(self) -> None:
        """Stops the server orderly and starts it again on the same data and port."""
        self.stop()
        self.start()

    def discard(self) -> None:
        """Kills the server and deletes its folder."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.discard()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    @abstractmethod
    def prepare(self) -> None:
        """Sets up `folder` where that has not been done yet."""

    @abstractmethod
    def command(self) -> tuple[str, ...]:
        """The program and its arguments."""

    @abstractmethod
    def probe(self, within: float) -> None:
        """Sends one request through a real client; raises `NotAnswering`."""

    def user(self) -> str | None:
        """The user who runs the server; None for the current user."""
        return None

    def _launch(self) -> Launch:
        return Launch(
            self.command(),
            self.log,
            self._pid_file,
            detached=self._detached,
            user=self.user(),
            ending=self._ending,
            remove=None if self._detached else self.folder,
        )

    def _refuse_taken_port(self) -> None:
        if not is_free(self.port):
            raise ServerFailed(
                f"{self.name}: another program listens on its port {self.port}; stop that program, "
                f"or delete {self.folder / 'port'} to get another port"
            )

    def _wait_until_it_answers(self, within: float) -> None:
        process, deadline = self._started(), time.monotonic() + within
        while True:
            try:
                return self.probe(1.0)
            except NotAnswering as silence:
                if process.ended(_BETWEEN_PROBES):
                    raise ServerFailed(
                        f"{self.name} ended before it answered; {self._log_end()}"
                    ) from silence
                if time.monotonic() > deadline:
                    raise ServerFailed(
                        f"{self.name} did not answer within {within:.0f} s ({silence}); {self._log_end()}"
                    ) from silence

    def _log_end(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([f"the end of {self.log}:", *lines[-_LOG_TAIL_LINES:]])

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    def _found(self) -> RunningProcess | None:
        """The server that an earlier program started in this folder; None where it has ended."""
        if not self._pid_file.exists():
            return None
        process = RunningProcess(int(self._pid_file.read_text()))
        return process if process.runs(str(self.folder)) else None

    def _started(self) -> RunningProcess:
        if self._process is None:
            raise ServerFailed(f"{self.name} was never started")
        return self._process

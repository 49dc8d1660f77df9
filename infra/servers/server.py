"""What the three servers have in common: prepared once, started, asked until they answer, stopped or killed."""

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
_BETWEEN_QUESTIONS = 0.05


class NotAnswering(Exception):
    """The server did not answer this question; it may be starting. The message is the client's."""


class Server(ABC):
    """One server on 127.0.0.1 whose whole state is in `folder`; stopped and started again it goes on where it was.

    On a leash (the default) it dies with this process, and `folder` goes with it; `detached` it outlives everyone.
    As a context manager it is started, and at the end killed and its folder deleted: a temporary server.
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
        """What a client is told, in the form of the environment variable that names such a server."""

    @property
    def log(self) -> Path:
        """The file with everything the server printed, over all its starts."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """Of the server itself; raises `ServerFailed` when it was never started."""
        return self._started().pid

    @property
    def prepared(self) -> bool:
        """Whether it was ever started, so that it has a URL for good."""
        return (self.folder / "port").exists()

    @property
    def running(self) -> bool:
        """Whether the process lives, whoever started it; `ask` tells whether it answers."""
        return self._process is not None and self._process.alive

    def settled_port(self, file: str) -> int:
        """The port that `file` in its folder remembers from an earlier start, else a free one."""
        remembered = self.folder / file
        return int(remembered.read_text()) if remembered.exists() else free_port()

    def start(self, within: float = 90.0) -> Self:
        """Start and wait until a real client gets an answer; raises `ServerFailed` with the end of the log."""
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
        """End it in its own orderly way; kill it if that takes longer than `within` seconds."""
        process = self._started()
        process.send(self._stop_signal)
        if not process.ended(within):
            self.kill()
        process.let_go()

    def kill(self) -> None:
        """End it as a crash would: kill -9, then wait until the process is gone."""
        process = self._started()
        process.send(signal.SIGKILL)
        if not process.ended(30.0):
            raise ServerFailed(f"{self.name} (process {process.pid}) outlives a kill -9")
        process.let_go()

    def restart(self) -> None:
        """Stop in order and start on the same data and port."""
        self.stop()
        self.start()

    def discard(self) -> None:
        """Kill it and delete its folder: nothing of it is left."""
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
        """Lay out `folder` if that has not been done yet."""

    @abstractmethod
    def command(self) -> tuple[str, ...]:
        """The program and its arguments."""

    @abstractmethod
    def ask(self, within: float) -> None:
        """One question by a real client; raises `NotAnswering`."""

    def user(self) -> str | None:
        """Who the server runs as, None for whoever we are."""
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
                return self.ask(1.0)
            except NotAnswering as silence:
                if process.ended(_BETWEEN_QUESTIONS):
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
        """The server that an earlier program started in this folder, if it still lives."""
        if not self._pid_file.exists():
            return None
        process = RunningProcess(int(self._pid_file.read_text()))
        return process if process.runs(str(self.folder)) else None

    def _started(self) -> RunningProcess:
        if self._process is None:
            raise ServerFailed(f"{self.name} was never started")
        return self._process

"""A process started by this program: on a leash (it ends with this program) or detached (it outlives it)."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from domain.errors import ServerFailed

# A detached server is not a child process, so no signal reports its end. This is the interval of the checks.
_REAP_SECONDS = 0.05
_LEASH = Path(__file__).with_name("leash.py")


@dataclass(frozen=True, slots=True)
class Launch:
    """A command to start, and how the process ends.

    When this program ends while the server is on its leash, the leash sends the server the signal `ending` and deletes
    the folder `remove`.
    """

    command: tuple[str, ...]
    log: Path
    pid_file: Path
    detached: bool = False
    user: str | None = None
    ending: signal.Signals = signal.SIGKILL
    remove: Path | None = None

    def start(self) -> RunningProcess:
        """Starts the process. Raises `ServerFailed` where the program cannot be executed."""
        leash = subprocess.Popen(
            self._leash_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self._running(leash)

    def _leash_command(self) -> list[str]:
        options = [f"--log={self.log}", f"--pid-file={self.pid_file}", f"--signal={self.ending.name}"]
        options += ["--detach"] if self.detached else []
        options += [f"--user={self.user}"] if self.user else []
        options += [f"--remove={self.remove}"] if self.remove else []
        return [sys.executable, "-I", str(_LEASH), *options, "--", *self.command]

    def _running(self, leash: subprocess.Popen[str]) -> RunningProcess:
        assert leash.stdout is not None
        pid = leash.stdout.readline().strip()
        if not pid:
            complaint = leash.communicate()[1].strip().rsplit("\n", 1)[-1]
            raise ServerFailed(f"{self.command[0]} could not be started: {complaint}")
        if self.detached:
            leash.communicate()
            return RunningProcess(int(pid))
        return RunningProcess(int(pid), leash)


@dataclass(slots=True)
class RunningProcess:
    """The process of the server, not of its leash. No method raises where the process has already ended."""

    pid: int
    _leash: subprocess.Popen[str] | None = None
    _process: psutil.Process | None = field(init=False)

    def __post_init__(self) -> None:
        try:
            self._process = psutil.Process(self.pid)
        except psutil.NoSuchProcess:
            self._process = None

    def runs(self, mention: str) -> bool:
        """Whether the process runs and has `mention` in its command line, unlike a later process with its pid."""
        try:
            return self._process is not None and any(mention in word for word in self._process.cmdline())
        except psutil.Error:
            return False

    @property
    def alive(self) -> bool:
        """Whether the process runs; false for a zombie, which has ended and is not yet reaped by its parent."""
        try:
            return (
                self._process is not None
                and self._process.is_running()
                and self._process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False

    def ended(self, within: float) -> bool:
        """Waits at most `within` seconds for the end of the process and its leash; returns whether both have ended."""
        try:
            if self._leash is not None:
                self._leash.wait(within)
            else:
                self._wait_for_detached(within)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
            return False
        return True

    def send(self, what: signal.Signals) -> None:
        """Sends the server a signal."""
        if self._process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._process.send_signal(what)

    def let_go(self) -> None:
        """Closes the leash's pipes after the server has ended."""
        if self._leash is not None:
            self._leash.communicate()
            self._leash = None

    def _wait_for_detached(self, within: float) -> None:
        deadline = time.monotonic() + within
        while self._process is not None and self.alive:
            try:
                self._process.wait(_REAP_SECONDS)
            except psutil.TimeoutExpired:
                if time.monotonic() > deadline:
                    raise

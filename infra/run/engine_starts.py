"""Starts the engines of a node: in a spare process, which has imported the program already, or in a new one.

The imports of an engine take two seconds of a processor, and several times as long on a machine that is busy. A spare
process has done them before a node has to take over an account.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from adapters.boot_clock import boot_seconds
from infra.accounts import LeasedAccount

_log = logging.getLogger(__name__)
_PROGRAM: Final = (sys.executable, "-c", "from infra.cli import main; main()")
_SPARE: Final = (sys.executable, "-P", "-m", "infra.run.spare_engine")
_CALM_SECONDS: Final = 30.0
"""A spare process is started so long after the last start of an engine, whose processor it would otherwise take, and
after the last spare process that ended or could not be started: the next one may well fail, too."""
_END_SECONDS: Final = 10.0
Words = Callable[[LeasedAccount], Sequence[str]]


class _Spare(NamedTuple):
    process: subprocess.Popen[bytes]
    channel: socket.socket


class EngineStarts:
    """Starts engines, and keeps spare processes for further ones. One thread uses it."""

    def __init__(self, words: Words, most_spares: int, seconds: Callable[[], float] = boot_seconds) -> None:
        """`words` are those of `whence live` for an account; `most_spares` is how many processes are kept."""
        self._words, self._most, self._seconds = words, most_spares, seconds
        self._spares: list[_Spare] = []
        self._calm_since = seconds()

    @property
    def spares(self) -> Sequence[int]:
        """The processes that wait for an account."""
        return [one.process.pid for one in self._spares]

    def start(self, account: LeasedAccount, lease: int) -> subprocess.Popen[bytes]:
        """Starts the engine of the account. `lease` is the descriptor of its lease's renewals. Raises OSError."""
        self._calm_since = self._seconds()
        words = list(self._words(account))
        while self._spares:
            spare = self._spares.pop(0)
            if _is_used(spare, words, lease):
                return spare.process
        # In a session of its own: Ctrl-C reaches it by its lease.
        return subprocess.Popen(
            [*_PROGRAM, *words, "--lease", str(lease)],
            stdin=subprocess.DEVNULL,
            pass_fds=[lease],
            start_new_session=True,
        )

    def keep(self, wanted: int) -> None:
        """Keeps as many spare processes as accounts may still come, `most_spares` at most; call it again and again.

        One that cannot be started is no fault of the engines that run: it is tried again later.
        """
        left = [one for one in self._spares if not _has_ended(one)]
        if len(left) < len(self._spares):
            self._calm_since = self._seconds()
        self._spares = left
        wanted = min(wanted, self._most)
        while len(self._spares) > wanted:
            _end(self._spares.pop())
        if len(self._spares) < wanted and self._seconds() - self._calm_since >= _CALM_SECONDS:
            try:
                self._spares.append(_started())
            except OSError as fault:
                self._calm_since = self._seconds()
                _log.error("a spare process cannot be started: %s", fault)

    def close(self) -> None:
        """Ends the spare processes."""
        while self._spares:
            _end(self._spares.pop())


def _started() -> _Spare:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        try:
            process = subprocess.Popen(
                [*_SPARE, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
    return _Spare(process, ours)


def _is_used(spare: _Spare, words: Sequence[str], lease: int) -> bool:
    """Whether the spare process has become the engine; it is ended where it has not."""
    try:
        socket.send_fds(spare.channel, [msgspec.json.encode(words)], [lease])
    except OSError as fault:
        _log.warning("the spare process %d cannot become an engine: %s", spare.process.pid, fault)
        _end(spare)
        return False
    spare.channel.close()
    return True


def _has_ended(spare: _Spare) -> bool:
    if (code := spare.process.poll()) is None:
        return False
    _log.error("the spare process %d has ended with the code %d", spare.process.pid, code)
    spare.channel.close()
    return True


def _end(spare: _Spare) -> None:
    """A spare process ends where its socket is closed; one that has not in some seconds is killed."""
    spare.channel.close()
    with suppress(subprocess.TimeoutExpired):
        spare.process.wait(_END_SECONDS)
    if spare.process.poll() is None:
        spare.process.kill()
        spare.process.wait()

"""Runs an engine for each account whose partition this process leases, each in a process of its own."""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol

from adapters.boot_clock import boot_seconds
from adapters.lease import renewal_bytes
from adapters.processes.announcement import HeldLease
from infra.accounts import LeasedAccount
from infra.run.clock import utc_now

_log = logging.getLogger(__name__)
_STEP_SECONDS: Final = 0.1
_PAUSES: Final = (0.5, 30.0)
"""The first and the longest pause before an engine that has ended is started again; each is twice the one before."""
_LONG_LIFE: Final = 60.0
_END_SECONDS: Final = 60.0
"""For how long an engine may settle; it is killed afterwards."""
_OWNED: Final = 3
"""The exit code of an engine whose log another one still owns: that one ends soon, or its session does."""


class Leases(Protocol):
    """See `adapters.kafka.leases.PartitionLeases`."""

    @property
    def held(self) -> Collection[int]: ...
    @property
    def renewed_at(self) -> float: ...
    def step(self, seconds: float) -> None: ...


class Starts(Protocol):
    """See `infra.run.engine_starts.EngineStarts`."""

    def start(self, account: LeasedAccount, lease: int) -> subprocess.Popen[bytes]: ...
    def keep(self, wanted: int) -> None: ...


class _Engine:
    """One life of an engine, from its start to its end."""

    def __init__(self, account: LeasedAccount, starts: Starts) -> None:
        self.account, self.began, self.released_at = account, boot_seconds(), float("inf")
        theirs, self._renewals = os.pipe()
        try:
            # A full pipe belongs to an engine that is stopped: it needs no further renewals.
            fcntl.fcntl(self._renewals, fcntl.F_SETFL, os.O_NONBLOCK)
            self.process = starts.start(account, theirs)
        except BaseException:
            os.close(self._renewals)
            raise
        finally:
            os.close(theirs)

    def renew(self, at: float) -> None:
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._renewals, renewal_bytes(at))

    def release(self) -> None:
        """Ends the lease: the engine sends nothing more, and stops."""
        if self.released_at == float("inf"):
            self.released_at = boot_seconds()
            os.close(self._renewals)

    def has_ended(self) -> bool:
        if boot_seconds() - self.released_at > _END_SECONDS and self.process.poll() is None:
            _log.error(
                "the engine of account %s has not stopped in %g s: it is killed",
                self.account.name,
                _END_SECONDS,
            )
            self.process.kill()
        return self.process.poll() is not None


class LeasedEngines:
    """The engines of this process. One thread uses it."""

    def __init__(
        self,
        leases: Leases,
        accounts: Sequence[LeasedAccount],
        starts: Starts,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._leases, self._starts, self._now = leases, starts, now
        self._accounts = {one.partition: one for one in accounts}
        self._running: dict[int, _Engine] = {}
        self._ending: list[_Engine] = []
        self._pauses: dict[int, float] = {}
        self._next: dict[int, float] = {}
        self._renewed_at = float("-inf")
        self._since: dict[int, datetime] = {}
        self.held: tuple[HeldLease, ...] = ()
        """The leases of accounts that are held now; another thread may read it."""

    @property
    def pids(self) -> Mapping[str, int]:
        """The processes of the engines that run, by account."""
        return {one.account.name: one.process.pid for one in self._running.values()}

    def run(self, stops: Callable[[], bool]) -> None:
        """Runs engines until `stops`, then stops them and keeps their leases until they have ended.

        Raises LogUnavailable for a failure of the leases for good; the engines are stopped then, too.
        """
        try:
            while not stops():
                self._leases.step(_STEP_SECONDS)
                self._attend()
        finally:
            self._stop()

    def _attend(self) -> None:
        for number in [number for number in self._running if number not in self._leases.held]:
            self._release(number)
        self._look()
        self._note()
        for number in self._leases.held:
            account = self._accounts.get(number)
            if account and number not in self._running and boot_seconds() >= self._next.get(number, 0.0):
                self._begin(account)
        self._renew()
        self._starts.keep(len(self._accounts) - len(self._running))

    def _note(self) -> None:
        held = {number for number in self._leases.held if number in self._accounts}
        if held == self._since.keys():
            return
        now = self._now()
        self._since = {number: self._since.get(number, now) for number in sorted(held)}
        self.held = tuple(
            HeldLease(self._accounts[number].name, number, since) for number, since in self._since.items()
        )

    def _begin(self, account: LeasedAccount) -> None:
        engine = _Engine(account, self._starts)
        self._running[account.partition] = engine
        engine.renew(self._leases.renewed_at)
        _log.info(
            "account %s, partition %d: engine %d starts", account.name, account.partition, engine.process.pid
        )

    def _release(self, number: int) -> None:
        engine = self._running.pop(number)
        engine.release()
        self._ending.append(engine)
        self._next.pop(number, None)
        self._pauses.pop(number, None)
        _log.info("account %s, partition %d: its lease has ended here", engine.account.name, number)

    def _renew(self) -> None:
        if self._leases.renewed_at == self._renewed_at:
            return
        self._renewed_at = self._leases.renewed_at
        for engine in self._running.values():
            engine.renew(self._renewed_at)

    def _look(self) -> None:
        """Engines that have ended by themselves are started again after a pause."""
        self._ending = [one for one in self._ending if not one.has_ended()]
        for number, engine in list(self._running.items()):
            if not engine.has_ended():
                continue
            code = engine.process.returncode
            del self._running[number]
            engine.release()
            if code == _OWNED or boot_seconds() - engine.began > _LONG_LIFE:
                self._pauses.pop(number, None)
            pause = self._pauses.get(number, _PAUSES[0])
            self._pauses[number], self._next[number] = min(2 * pause, _PAUSES[1]), boot_seconds() + pause
            _log.error(
                "account %s: its engine has ended with the code %d; it is started again in %.1f s",
                engine.account.name,
                code,
                pause,
            )

    def _stop(self) -> None:
        for number in list(self._running):
            self._release(number)
        for engine in self._ending:
            while not engine.has_ended():
                self._leases.step(_STEP_SECONDS)

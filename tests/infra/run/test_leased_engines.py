"""Engines of leased accounts: they start with a lease, end with it, and are started again where they end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from datetime import UTC, datetime

from adapters.processes.announcement import HeldLease
from infra.accounts import LeasedAccount
from infra.run.leased_engines import LeasedEngines

ALPHA = LeasedAccount(name="alpha", partition=0, instruments=("BTCUSDT",))
_UNTIL_THE_END = "import os, sys\nwhile os.read(int(sys.argv[1]), 64): pass"


class Script:
    """Leases that change by a script: each step takes the next partitions; after the last one a stop is requested."""

    def __init__(self, *held: Collection[int]) -> None:
        self.held: Collection[int] = ()
        self.renewed_at = 0.0
        self._next = list(held)
        self.steps = 0

    def step(self, seconds: float) -> None:
        self.renewed_at += seconds
        self.steps += 1
        if self._next:
            self.held = self._next.pop(0)

    def is_over(self) -> bool:
        return not self._next


class Engines:
    """Starts processes that live as long as their lease, or end at once with a code."""

    def __init__(self, *codes: int) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        self.wanted = -1
        self._codes = list(codes)

    def keep(self, wanted: int) -> None:
        self.wanted = wanted

    def start(self, account: LeasedAccount, lease: int) -> subprocess.Popen[bytes]:
        words = f"raise SystemExit({self._codes.pop(0)})" if self._codes else _UNTIL_THE_END
        program = [sys.executable, "-c", words, str(lease)]
        self.processes.append(subprocess.Popen(program, pass_fds=[lease]))
        return self.processes[-1]


def test_an_engine_runs_as_long_as_its_partition_is_leased_and_ends_with_the_lease() -> None:
    leases, engines = Script([], [0, 7], [0], [], [0], [0]), Engines()
    LeasedEngines(leases, [ALPHA], engines).run(leases.is_over)
    assert [one.poll() for one in engines.processes] == [0, 0], "a lease that comes again has another engine"
    assert leases.steps >= 6, "the leases are kept until the engines have ended"


def test_an_engine_that_ends_by_itself_is_started_again_after_a_pause() -> None:
    engines = Engines(3)

    class Held(Script):
        def is_over(self) -> bool:
            return len(engines.processes) == 2

    leases = Held([0])
    LeasedEngines(leases, [ALPHA], engines).run(leases.is_over)
    assert [one.poll() for one in engines.processes] == [3, 0]


def test_a_lease_is_noted_with_the_time_since_which_it_is_held_and_another_one_begins_anew() -> None:
    class Noting(Script):
        def is_over(self) -> bool:
            noted.append(made.held)
            return not self._next

    noted: list[tuple[HeldLease, ...]] = []
    times = (datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in range(9))
    leases = Noting([0], [0], [], [0], [0])
    made = LeasedEngines(leases, [ALPHA], Engines(), lambda: next(times))
    made.run(leases.is_over)
    since = [[one.since.hour for one in held] for held in noted]
    assert since == [[], [0], [0], [], [2], [2]]

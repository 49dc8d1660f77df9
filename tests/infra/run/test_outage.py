"""Trading begins anew after an outage of the log, and only then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from domain.errors import (
    ExchangeUnreachable,
    LogLost,
    LogOwned,
    LogUnavailable,
    OwnershipLost,
    Refused,
    WhenceError,
)
from infra.run.outage import LONGEST_PAUSE, Begun, outlast

AWAY, UNREACHABLE = LogUnavailable("no broker answers"), ExchangeUnreachable("no route")


class Stop:
    """A stop that is requested in the pause with this number (from 1); 0: never."""

    def __init__(self, during: int = 0) -> None:
        self.pauses = list[float]()
        self._during = during

    def requested(self) -> bool:
        return bool(self._during) and len(self.pauses) >= self._during

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)


def sessions(*ends: tuple[bool, WhenceError | None]) -> Callable[[Begun], None]:
    """One session after the other: whether it traded, and the error that ended it."""
    left: Iterator[tuple[bool, WhenceError | None]] = iter(ends)

    def session(begun: Begun) -> None:
        traded, fault = next(left)
        if traded:
            begun()
        if fault is not None:
            raise fault

    return session


@pytest.mark.parametrize(
    "ends",
    [
        [(True, AWAY), (True, None)],
        [(True, AWAY), (False, AWAY), (False, UNREACHABLE), (True, None)],
        [(True, AWAY), (True, AWAY), (True, None)],
    ],
    ids=["one outage", "beginnings that fail, too", "two outages"],
)
def test_after_an_outage_another_session_trades(ends: Sequence[tuple[bool, WhenceError | None]]) -> None:
    stop = Stop()
    outlast(sessions(*ends), stop)
    assert len(stop.pauses) == len(ends) - 1
    assert all(0 < one <= LONGEST_PAUSE for one in stop.pauses)


@pytest.mark.parametrize("fault", [AWAY, UNREACHABLE], ids=["log", "exchange"])
def test_a_first_session_that_never_traded_ends_with_its_error(fault: WhenceError) -> None:
    stop = Stop()
    with pytest.raises(type(fault)):
        outlast(sessions((False, fault)), stop)
    assert stop.pauses == []


@pytest.mark.parametrize(
    "fault",
    [LogLost("gone"), LogOwned("another"), OwnershipLost("another"), Refused("a withdrawal key")],
    ids=repr,
)
def test_an_error_that_does_not_pass_is_raised_after_an_outage_too(fault: WhenceError) -> None:
    with pytest.raises(type(fault)):
        outlast(sessions((True, AWAY), (False, fault)), Stop())


def test_a_stop_during_an_outage_ends_with_the_error_of_the_log() -> None:
    stop = Stop(during=2)
    with pytest.raises(LogUnavailable):
        outlast(sessions((True, AWAY), (False, AWAY), (True, None)), stop)
    assert len(stop.pauses) == 2


def test_the_pauses_grow_while_nothing_begins_and_are_short_again_after_it() -> None:
    stop = Stop()
    failing = [(False, AWAY)] * 8
    outlast(sessions((True, AWAY), *failing, (True, AWAY), (True, None)), stop)
    assert stop.pauses[0] <= 1
    assert stop.pauses[8] >= LONGEST_PAUSE / 2
    assert stop.pauses[9] <= 1

"""Lines in the log of the program about positions without a stop, also where no alerts are configured."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from commands.stray_orders import WAYS_OUT
from commands.watchdog import LONGEST_BARE, Watchdog, Watched
from infra.run.clock import utc_now

NOTED_AFTER = timedelta(seconds=2)
"""The stop of an entry is confirmed a moment after its fill."""
WAITED = LONGEST_BARE
"""While the log is being compared, which may find that the position is gone, a warning waits at most so long."""
_log = logging.getLogger(__name__)


class BarePositions:
    """One WARNING when a position is without a covering stop, and one when it is covered again or closed.

    Another one where a discrepancy changes what a person can do about it. One ERROR where the engine places its stop no
    more. `look` is called on the thread of the run, about once a second.
    """

    def __init__(
        self,
        watchdog: Watchdog,
        given_up: Callable[[], Collection[str]],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`given_up` returns the streams of the positions whose stop is not placed again."""
        self._watchdog, self._given_up, self._clock = watchdog, given_up, clock
        self._bare: dict[str, Watched] = {}
        self._left: frozenset[str] = frozenset()

    def look(self) -> None:
        """Logs what has changed since the last call."""
        now = self._clock()
        held = {one.stream: one for one in self._watchdog.positions()}
        comparing = bool(self._watchdog.world.portfolio.discrepancies.reconciling)
        after = WAITED if comparing else NOTED_AFTER
        bare = {
            stream: one
            for stream, one in held.items()
            if _is_late(one, now, NOTED_AFTER if stream in self._bare else after)
        }
        for stream, one in bare.items():
            if stream not in self._bare or self._bare[stream].gone_by != one.gone_by:
                _log.warning("%s", unprotected_line(one, now))
        for stream, before in self._bare.items():
            if stream not in bare:
                _log.warning("%s", _over(before, held.get(stream), now))
        left = frozenset(self._given_up()) & held.keys()
        for stream in sorted(left - self._left):
            _log.error(
                "the stop of %s ended as often as it was placed, and is not placed again: move the stop, or close "
                "the position; it is closed where the market reaches the stop's price",
                stream,
            )
        self._bare, self._left = bare, left


def unprotected_line(one: Watched, now: datetime) -> str:
    """The sentence about a position that no stop covers, with its age at `now` (UTC)."""
    age = timedelta(seconds=round(one.age(now).total_seconds()))
    price = "unknown" if one.price is None else f"{one.price.price} at {one.price.at:%H:%M:%S} UTC"
    stops = f"stops at {', '.join(map(str, one.stops))} cover {one.covered} of it" if one.stops else "no stop"
    return (
        f"{one.direction} {one.quantity} {one.instrument} has {stops} at the exchange since "
        f"{one.bare_since:%H:%M:%S} UTC; open for {age}, last price {price}: {_advice(one)}"
    )


def _advice(one: Watched) -> str:
    if not one.gone_by:
        return "move its stop, or close it"
    return f"the exchange does not have the position ({one.gone_by}): {WAYS_OUT}"


def _is_late(one: Watched, now: datetime, after: timedelta) -> bool:
    return one.bare_since is not None and now - one.bare_since >= after


def _over(before: Watched, after: Watched | None, now: datetime) -> str:
    assert before.bare_since is not None
    seconds = (now - before.bare_since).total_seconds()
    if after is None:
        return f"{before.instrument} is closed, after {seconds:.0f} s without a covering stop"
    stops = ", ".join(map(str, after.stops))
    return (
        f"{after.direction} {after.quantity} {after.instrument} is covered by a stop again at {stops}, after "
        f"{seconds:.0f} s"
    )

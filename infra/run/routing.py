"""Carries routed signals to other engines, and brings back what became of them; a thread for each other engine.

The engine's log is the only memory: a route is sent until it is answered, again after a restart, and the other engine
records it once. Silence is no refusal: an unanswered route stays open, and this engine enters nothing in its
instruments (`domain/committees/routes.py`). An entry that arrives late is refused there as stale, and
none is sent while the kill switch of this engine is tripped.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from adapters.routing.faults import PeerDeclined, PeerFault, PeerUnanswered
from commands.identity import ENGINE
from commands.observer import RouteCounts
from commands.signal import ReportRoute
from commands.stimulus import Ask
from domain.routed import OpenRoute, RouteOutcome, RouteReported

if TYPE_CHECKING:
    from adapters.routing.peer import Peer

_log = logging.getLogger(__name__)
Report = tuple[OpenRoute, RouteReported]
"""A route, and what was reported on it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. The other engine's state is read every `look`, and counts for `trusted`. A route that was not answered
    is sent again after `retry`, a taken one is looked after every `look`.
    """

    look: float = 2.0
    trusted: float = 6.0
    retry: float = 1.0
    closing: float = 6.0


@dataclass(slots=True)
class _Sent:
    """The attempts of one route; one of an earlier process may have been made `before`.

    It is not sent again once it `is_answered`: the engine may record a refusal later, and no copy may arrive after it.
    """

    before: bool
    attempts: int = 0
    due: float = 0.0
    stated: str = ""
    is_answered: bool = False


@dataclass(slots=True)
class _Seen:
    """The open routes of this link, and whether the kill switch of this engine is tripped."""

    routes: Sequence[OpenRoute] = ()
    sent: dict[str, _Sent] = field(default_factory=dict[str, _Sent])
    is_tripped: bool = False


class RouteLink:
    """The routes to one other engine, which trades `instruments`."""

    def __init__(
        self,
        peer: Peer,
        instruments: Sequence[str],
        pace: Pace | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        counts: RouteCounts | None = None,
    ) -> None:
        """`counts` is notified of each request that failed because the peer is wrong."""
        self._counts = counts
        self.instruments = tuple(instruments)
        self._peer, self._pace, self._monotonic = peer, pace or Pace(), monotonic
        self._seen = _Seen()
        self._has_followed, self._fault = False, ""
        self._reports: list[Report] = []
        self._closed, self._read_at = "it was not queried yet", float("-inf")
        self._lock, self._news, self._is_ended = Lock(), Event(), Event()
        self._wake: Callable[[], None] = lambda: None
        self._next_look = float("-inf")
        self._thread = Thread(target=self._run, name=f"route {self.instruments[0]}", daemon=True)

    def start(self, wake: Callable[[], None]) -> None:
        """Begins to send; `wake` is called in the thread after a report."""
        self._wake = wake
        self._thread.start()

    def close(self) -> None:
        """Ends the thread; idempotent."""
        self._is_ended.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(self._pace.closing)
        self._peer.close()

    def follow(self, routes: Mapping[str, OpenRoute], *, is_tripped: bool = False) -> None:
        """Takes the open routes of the log, of which those of the first call may have been sent before. No entry is
        sent while the kill switch `is_tripped`.
        """
        own = [one for one in routes.values() if one.routed.instrument in self.instruments]
        with self._lock:
            known, is_first = self._seen.sent, not self._has_followed
            sent = {one.chain: known.get(one.chain) or _Sent(before=is_first) for one in own}
            has_news = any(one.chain not in known for one in own)
            self._seen, self._has_followed = _Seen(own, sent, is_tripped), True
        if has_news:
            self._news.set()

    def reports(self) -> Sequence[Report]:
        """What was reported since the last call."""
        with self._lock:
            found, self._reports = self._reports, []
        return found

    def why_closed(self) -> str:
        """Why no entry may be routed now; empty where the other engine was open when it was read last."""
        with self._lock:
            if self._monotonic() - self._read_at > self._pace.trusted:
                return f"the other engine does not answer: {self._closed or 'no response since'}"
            return self._closed

    @property
    def fault(self) -> str:
        """Why the last step has failed in this program; empty where it has not."""
        return self._fault

    def _run(self) -> None:
        while not self._is_ended.is_set():
            self.try_step()
            self._news.wait(self._pace.retry)
            self._news.clear()

    def try_step(self) -> None:
        """Makes a step; a fault of this program is logged and kept, and the next step is made all the same."""
        try:
            self.step()
        except Exception as fault:  # noqa: BLE001  # a thread has no caller: the log and `fault` have it
            text = f"the routes to the engine of {self.instruments[0]} fail: {type(fault).__name__}"
            if text != self._fault:
                _log.exception("%s; the next attempt follows", text)
            self._fault = text
        else:
            self._fault = ""

    def step(self) -> None:
        """Sends what is due, and reads the other engine's state where that is due."""
        now = self._monotonic()
        is_due = now >= self._next_look
        self._send(now)
        if is_due:
            self._next_look = now + self._pace.look
            self._look()

    def _send(self, now: float) -> None:
        """Sends the unanswered routes. Those of one owner and instrument keep their order, so that an exit never
        overtakes the entry that it closes; they hold back no others.
        """
        with self._lock:
            seen = self._seen
        waiting = set[tuple[str, str]]()
        for route in (one for one in seen.routes if not one.taken_as):
            if self._is_ended.is_set():
                return
            place, sent = (route.owner, route.routed.instrument), seen.sent[route.chain]
            if sent.is_answered or place in waiting:
                continue
            if not self._send_one(route, sent, now, is_tripped=seen.is_tripped):
                waiting.add(place)

    def _send_one(self, route: OpenRoute, sent: _Sent, now: float, *, is_tripped: bool) -> bool:
        """Sends the route where that is due and permitted; returns whether it was answered."""
        if now < sent.due:
            return False
        is_withheld = is_tripped and route.is_entry
        report = self._withheld(route, sent) if is_withheld else self._sent(route, sent)
        sent.due = self._monotonic() + self._pace.retry
        if report is None:
            return False
        sent.is_answered = True
        self._report(route, report)
        return True

    def _withheld(self, route: OpenRoute, sent: _Sent) -> RouteReported | None:
        """What the other engine has decided on an entry that is not sent now, because the kill switch is tripped. One
        that was never sent is refused; one that may have arrived is looked for.
        """
        if not (sent.before or sent.attempts):
            return _refused("KILL_SWITCH: the entry was not sent")
        try:
            found = self._peer.decision_on(route)
        except PeerUnanswered as fault:
            self._count(fault)
            self._state(route, sent, str(fault))
            return None
        if found is None:
            self._state(route, sent, "the kill switch is tripped; the other engine has no decision on it yet")
        return found

    def _sent(self, route: OpenRoute, sent: _Sent) -> RouteReported | None:
        """What the other engine has decided; None where that is not known.

        An entry of which no attempt can have arrived is refused. After an attempt without an answer a refusal of a
        later one proves nothing, because the first may still arrive. An exit is refused by a recorded decision alone.
        """
        is_first = not (sent.before or sent.attempts)
        sent.attempts += 1  # before it is sent: a failure of this program may follow the request
        try:
            return self._peer.raise_signal(route)
        except PeerDeclined as fault:
            self._count(fault)
            if is_first and route.is_entry:
                return _refused(str(fault))
            self._state(route, sent, f"declined: {fault}", logging.ERROR)
        except PeerUnanswered as fault:
            self._count(fault)
            if fault.is_unsent and is_first and route.is_entry:
                return _refused(str(fault))
            sent.attempts -= fault.is_unsent
            self._state(route, sent, str(fault))
        return None

    def _count(self, fault: PeerFault) -> None:
        if self._counts is not None and fault.wrong is not None:
            self._counts.refused_route(self.instruments[0], fault.wrong)

    def _state(self, route: OpenRoute, sent: _Sent, why: str, level: int = logging.WARNING) -> None:
        """Logs why a route is not answered, once for each reason."""
        if why != sent.stated:
            sent.stated = why
            _log.log(
                level,
                "signal %s (%s) to the engine of %s is not answered; it is sent again, except an entry while the kill "
                "switch is tripped, and no entry is made in equal instruments meanwhile: %s",
                route.chain,
                route.routed.intent.value,
                route.routed.instrument,
                why,
            )

    def _look(self) -> None:
        with self._lock:
            taken = [one for one in self._seen.routes if one.taken_as and one.is_entry]
        try:
            closed = self._peer.why_closed()
            over = [one for one in taken if self._peer.is_over(one)]
        except PeerUnanswered as fault:
            self._count(fault)
            with self._lock:
                self._closed = str(fault)
            return
        with self._lock:
            self._closed, self._read_at = closed, self._monotonic()
        for route in over:
            self._report(
                route,
                RouteReported(outcome=RouteOutcome.ENDED, signal=route.taken_as, reasons=()),
            )

    def _report(self, route: OpenRoute, report: RouteReported) -> None:
        with self._lock:
            self._reports.append((route, report))
        self._wake()


class Routing:
    """The routes to all other engines of a run."""

    def __init__(self, links: Sequence[RouteLink] = ()) -> None:
        self._links = links
        self._last: Mapping[str, OpenRoute] | None = None
        self._was_tripped = False
        self._orphans: Mapping[str, OpenRoute] = {}

    @property
    def instruments(self) -> Sequence[str]:
        """The instruments that other engines trade."""
        return [name for link in self._links for name in link.instruments]

    def start(self, wake: Callable[[], None]) -> None:
        """Begins to send; `wake` is called in a thread after a report."""
        for link in self._links:
            link.start(wake)

    def close(self) -> None:
        """Ends the threads; idempotent."""
        for link in self._links:
            link.close()

    def follow(self, routes: Mapping[str, OpenRoute], *, is_tripped: bool = False) -> None:
        """Takes the open routes of the log, and whether the kill switch of this engine is tripped, where either has
        changed; portfolios are immutable.
        """
        if routes is self._last and is_tripped is self._was_tripped:
            return
        self._last, self._was_tripped = routes, is_tripped
        self._state_orphans(routes)
        for link in self._links:
            link.follow(routes, is_tripped=is_tripped)

    def _state_orphans(self, routes: Mapping[str, OpenRoute]) -> None:
        """Logs each open route without a link, once."""
        linked = self.instruments
        orphans = {name: one for name, one in routes.items() if one.routed.instrument not in linked}
        for name in orphans.keys() - self._orphans.keys():
            _log.error("%s", _unlinked(orphans[name]))
        self._orphans = orphans

    def faults(self) -> Sequence[str]:
        """Why routes are not carried out or looked after, in short lines; empty where all are. Thread-safe."""
        names = sorted({one.routed.instrument for one in self._orphans.values()})
        unlinked = [f"open routes to {name} have no table [[routes]]" for name in names]
        return [*unlinked, *(link.fault for link in self._links if link.fault)]

    def reports(self) -> Sequence[Report]:
        """What was reported since the last call."""
        return [one for link in self._links for one in link.reports()]

    def why_closed(self, instrument: str) -> str:
        """Why no entry may be routed to this instrument now; empty where one may."""
        found = [link for link in self._links if instrument in link.instruments]
        return found[0].why_closed() if found else "no engine of it is configured"


def ask_of(report: Report, at: datetime) -> Ask:
    """The record of a report that arrived at `at` (UTC)."""
    route, reported = report
    return Ask(
        command=ReportRoute(route.chain, reported),
        cause=f"exchange:{route.routed.instrument}:{route.chain}:{reported.outcome}",
        occurred_at=at,
        actor=ENGINE,
    )


def _refused(why: str) -> RouteReported:
    return RouteReported(outcome=RouteOutcome.REFUSED, signal="", reasons=(why,))


def _unlinked(route: OpenRoute) -> str:
    return (
        f"route {route.chain} to {route.routed.instrument} is open, and no table [[routes]] names its engine: it is "
        "not looked after; write the table again, or end the route with `whence routes end` (docs/venues.md)"
    )

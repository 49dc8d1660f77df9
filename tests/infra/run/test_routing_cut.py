"""Cuts and kills between two engines in any order: never two entries, and no exit is lost; with a model of B."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum, auto

from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.routing.faults import PeerDeclined, PeerUnanswered
from adapters.routing.peer import Peer
from domain.direction import Direction
from domain.routed import STALE, OpenRoute, RouteOutcome, RouteReported
from domain.strategies import Intent
from infra.run.routing import Pace, RouteLink
from tests.adapters.routing.test_peer import AWAY, EXIT, ROUTE
from tests.domain.history import NOW
from tests.replacing import replace

FRESH = 60.0


class Network(StrEnum):
    """What happens to a request. ANSWER_LOST is also a kill of B after it has recorded the signal, LOST one before."""

    WHOLE = auto()
    UNSENT = auto()
    LOST = auto()
    LATE = auto()
    ANSWER_LOST = auto()
    DECLINED = auto()


class OtherEngine(Peer):
    """B: records a signal once under its key, refuses it where it is stale or holds a position, and survives kills."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "here", "t")
        self.network, self.now = Network.WHOLE, 0.0
        self.recorded: dict[str, RouteReported] = {}
        self.late: list[OpenRoute] = []
        self.holds = self.is_tripped = False

    def raise_signal(self, route: OpenRoute) -> RouteReported:
        assert not (self.is_tripped and route.is_entry)
        match self.network:
            case Network.UNSENT:
                raise PeerUnanswered("no connection", is_unsent=True)
            case Network.LATE:
                self.late.append(route)
            case Network.ANSWER_LOST:
                self.arrives(route)
            case Network.DECLINED if route.chain not in self.recorded:
                raise PeerDeclined("status 422: no")
            case Network.WHOLE | Network.DECLINED:
                return self.arrives(route)
            case Network.LOST:
                pass
        raise PeerUnanswered("no response")

    def arrives(self, route: OpenRoute) -> RouteReported:
        if route.chain not in self.recorded:
            self.recorded[route.chain] = self._decided(route)
        return self.recorded[route.chain]

    def _decided(self, route: OpenRoute) -> RouteReported:
        is_stale = self.now - (route.routed_at - NOW).total_seconds() > FRESH
        against = [STALE] if is_stale else []
        if self.holds is route.is_entry:
            against.append("ENTERED_ALREADY" if route.is_entry else "NOTHING_TO_EXIT")
        if not against:
            self.holds = route.is_entry
        outcome = RouteOutcome.REFUSED if against else RouteOutcome.TAKEN
        return RouteReported(outcome=outcome, signal=f"s-{route.chain}", reasons=tuple(against))

    def why_closed(self) -> str:
        if self.network is not Network.WHOLE:
            raise PeerUnanswered("no response")
        return ""

    def decision_on(self, route: OpenRoute) -> RouteReported | None:
        if self.network is not Network.WHOLE:
            raise PeerUnanswered("no response")
        return self.recorded.get(route.chain)

    def is_over(self, route: OpenRoute) -> bool:
        return not self.holds


class TwoEngines:
    """A, whose log is `routes` and `holds`, its link, and B."""

    def __init__(self) -> None:
        self.other, self.routes, self.holds, self.count = OtherEngine(), dict[str, OpenRoute](), False, 0
        self.has_proposed_exit = False
        self.restart()

    def restart(self) -> None:
        """A is killed, with what was reported and is not recorded yet."""
        self.link = RouteLink(self.other, [AWAY], Pace(), lambda: self.other.now)
        self._follow()

    def enter(self) -> None:
        if not self.routes and not self.holds and not self.other.is_tripped:
            self.has_proposed_exit = False
            self._route(ROUTE)

    def enter_here(self) -> None:
        self.holds = self.holds or not (self.routes or self.other.is_tripped)

    def leave(self) -> None:
        """An exit where the position is; the strategy proposes one for each entry, once."""
        self.holds = False
        taken = any(one.taken_as for one in self.routes.values())
        if taken and not self.has_proposed_exit:
            self.has_proposed_exit = True
            self._route(EXIT)

    def send(self) -> None:
        """A step of the link; A is killed before it records what was reported, where it is restarted next."""
        self.other.now += 10
        self.link.step()

    def record(self) -> None:
        for route, report in self.link.reports():
            left = self.routes[route.chain].after(report) if route.chain in self.routes else None
            self.routes = {name: one for name, one in self.routes.items() if name != route.chain}
            if left is not None:
                self.routes[route.chain] = left
            at = NOW + timedelta(seconds=self.other.now)
            if route.was_too_late(report, at) and any(route.is_exit_of(one) for one in self.routes.values()):
                self._route(EXIT)
        self._follow()

    def deliver(self) -> None:
        late, self.other.late = self.other.late, []
        for route in late:
            self.other.arrives(route)

    def trip(self) -> None:
        """A's kill switch is tripped; `reset` resets it."""
        self.other.is_tripped = True
        self._follow()

    def reset(self) -> None:
        self.other.is_tripped = False
        self._follow()

    def _follow(self) -> None:
        self.link.follow(self.routes, is_tripped=self.other.is_tripped)

    def _route(self, like: OpenRoute) -> None:
        self.count += 1
        at = NOW + timedelta(seconds=self.other.now)
        self.routes = {**self.routes, f"c{self.count}": replace(like, chain=f"c{self.count}", routed_at=at)}
        self._follow()


ACTIONS: tuple[Callable[[TwoEngines], None], ...] = (
    TwoEngines.enter,
    TwoEngines.enter_here,
    TwoEngines.leave,
    TwoEngines.send,
    TwoEngines.record,
    TwoEngines.deliver,
    TwoEngines.restart,
    TwoEngines.trip,
    TwoEngines.reset,
)
LATE_EXIT = [
    (TwoEngines.enter, Network.WHOLE),
    (TwoEngines.send, Network.WHOLE),
    (TwoEngines.record, Network.WHOLE),
    (TwoEngines.leave, Network.WHOLE),
    *[(TwoEngines.send, Network.UNSENT)] * 7,
]
"""The link is cut for longer than a signal is fresh, after the only exit was proposed."""
STEPS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(Network)), max_size=40)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
@example(steps=LATE_EXIT)
def test_there_is_one_position_at_most_after_any_cuts_and_kills_and_an_exit_closes_it_in_the_end(
    steps: list[tuple[Callable[[TwoEngines], None], Network]],
) -> None:
    both = TwoEngines()
    for act, network in steps:
        both.other.network = network
        act(both)
        assert not (both.holds and both.other.holds)
    both.other.network = Network.WHOLE
    both.reset()
    for act in (TwoEngines.deliver, *(TwoEngines.send, TwoEngines.record) * 3, TwoEngines.leave):
        act(both)
        assert not (both.holds and both.other.holds)
    for _ in range(3):
        both.send()
        both.record()
    assert (both.holds, both.other.holds, both.routes) == (False, False, {})


def test_the_exit_of_the_model_is_against_its_entry() -> None:
    assert (EXIT.routed.intent, EXIT.routed.direction) == (Intent.EXIT, Direction.SHORT)
    assert EXIT.is_exit_of(ROUTE)

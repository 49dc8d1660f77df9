"""Routes to another engine: sent until answered, in their order, and what a missing answer means."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from adapters.routing.faults import PeerDeclined, PeerFault, PeerUnanswered, PeerWrong
from adapters.routing.peer import Peer
from domain.events import FULL_NAMES
from domain.manipulation import ManipulationSuspected
from domain.market import BookReading, Level
from domain.routed import OpenRoute, RouteOutcome, RouteReported
from infra.run.routed_books import RoutedReadings
from infra.run.routing import Pace, RouteLink, Routing, ask_of
from tests.adapters.routing.test_peer import AWAY, EXIT, ROUTE
from tests.domain.history import BTC, NOW, D
from tests.replacing import replace
from tests.schemas.samples import SAMPLES

TAKEN = RouteReported(outcome=RouteOutcome.TAKEN, signal="s9", reasons=())
UNSENT = PeerUnanswered("no connection", is_unsent=True)
SILENT = PeerUnanswered("no response")
DECLINED = PeerDeclined("status 422: no")
LATER = replace(EXIT, chain="c2")
ELSEWHERE = "ETHUSDT-LINEAR.BINANCE"


class Answering(Peer):
    """Answers signals in order with these outcomes, and keeps the chains that it was sent."""

    def __init__(self, *outcomes: RouteReported | Exception) -> None:
        super().__init__("http://127.0.0.1:1", "here", "t")
        self.outcomes, self.sent = list(outcomes), list[str]()
        self.closed: str | Exception = ""
        self.over = False
        self.decided: RouteReported | Exception | None = None

    def raise_signal(self, route: OpenRoute) -> RouteReported:
        self.sent.append(route.chain)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def why_closed(self) -> str:
        if isinstance(self.closed, Exception):
            raise self.closed
        return self.closed

    def is_over(self, route: OpenRoute) -> bool:
        return self.over

    def decision_on(self, route: OpenRoute) -> RouteReported | None:
        if isinstance(self.decided, Exception):
            raise self.decided
        return self.decided


class Linked:
    """A link whose steps and clock a test makes."""

    def __init__(self, peer: Answering, *before: OpenRoute) -> None:
        self.peer, self.now = peer, 100.0
        self.link = RouteLink(peer, [AWAY, ELSEWHERE], Pace(), lambda: self.now)
        self.follow(*before)

    def follow(self, *routes: OpenRoute, is_tripped: bool = False) -> None:
        self.link.follow({one.chain: one for one in routes}, is_tripped=is_tripped)

    def step(self, seconds: float = 10) -> Sequence[RouteReported]:
        self.now += seconds
        self.link.step()
        return [report for _route, report in self.link.reports()]


def test_a_route_is_sent_and_its_answer_reported_and_it_is_sent_no_more_once_recorded() -> None:
    linked = Linked(Answering(TAKEN))
    linked.follow(ROUTE)
    assert linked.step() == [TAKEN]
    linked.follow(replace(ROUTE, taken_as="s9"))
    assert linked.step() == []
    assert linked.peer.sent == ["c1"]


def test_an_unanswered_route_is_sent_again_with_the_same_chain_until_it_is_answered() -> None:
    linked = Linked(Answering(SILENT, SILENT, TAKEN))
    linked.follow(ROUTE)
    assert [linked.step() for _ in range(3)] == [[], [], [TAKEN]]
    assert linked.peer.sent == ["c1"] * 3


@pytest.mark.parametrize("fault", [DECLINED, UNSENT])
def test_an_entry_that_cannot_have_arrived_is_refused_at_once(fault: Exception) -> None:
    linked = Linked(Answering(fault))
    linked.follow(ROUTE)
    (report,) = linked.step()
    assert (report.outcome, report.reasons) == (RouteOutcome.REFUSED, (str(fault),))


def test_a_refused_entry_is_not_sent_again_before_the_refusal_is_recorded() -> None:
    linked = Linked(Answering(UNSENT, TAKEN))
    linked.follow(ROUTE)
    (report,) = linked.step()
    assert report.outcome is RouteOutcome.REFUSED
    assert (linked.step(), linked.peer.sent) == ([], ["c1"])


@pytest.mark.parametrize("fault", [DECLINED, UNSENT])
def test_a_refusal_after_an_attempt_without_an_answer_proves_nothing(fault: Exception) -> None:
    linked = Linked(Answering(SILENT, fault, TAKEN))
    linked.follow(ROUTE)
    assert [linked.step() for _ in range(3)] == [[], [], [TAKEN]]


@pytest.mark.parametrize("fault", [DECLINED, UNSENT])
def test_a_route_of_an_earlier_process_may_have_been_sent_by_it(fault: Exception) -> None:
    linked = Linked(Answering(fault, TAKEN), ROUTE)
    assert [linked.step(), linked.step()] == [[], [TAKEN]]


class Wrongs:
    """Keeps what a link counts."""

    def __init__(self) -> None:
        self.found = list[tuple[str, str]]()

    def refused_route(self, instrument: str, wrong: str) -> None:
        self.found.append((instrument, wrong))


@pytest.mark.parametrize(
    ("fault", "counted"),
    [
        (PeerDeclined("status 401", wrong=PeerWrong.CREDENTIAL), [(AWAY, "CREDENTIAL")]),
        (PeerUnanswered("status 404", wrong=PeerWrong.FOREIGN), [(AWAY, "FOREIGN")]),
        (DECLINED, []),
        (SILENT, []),
    ],
)
def test_requests_that_a_wrong_peer_has_refused_are_counted_by_instrument_and_cause(
    fault: PeerFault, counted: list[tuple[str, str]]
) -> None:
    wrongs, peer = Wrongs(), Answering(fault)
    link = RouteLink(peer, [AWAY, ELSEWHERE], Pace(), lambda: 100.0, counts=wrongs)
    link.follow({"c1": ROUTE})
    link.step()
    assert wrongs.found == counted


def test_queries_that_a_wrong_peer_has_refused_are_counted_too() -> None:
    wrongs, peer = Wrongs(), Answering()
    peer.closed = peer.decided = PeerUnanswered("status 403", wrong=PeerWrong.FORBIDDEN)
    link = RouteLink(peer, [AWAY], Pace(), lambda: 100.0, counts=wrongs)
    link.follow({"c1": ROUTE})
    link.follow({"c1": ROUTE, "c2": LATER}, is_tripped=True)
    link.step()
    # one for the decision on the withheld entry, one for the state of the other engine
    assert wrongs.found == [(AWAY, "FORBIDDEN")] * 2


def test_an_exit_waits_for_the_answer_to_its_entry_and_is_sent_until_it_arrives() -> None:
    linked = Linked(Answering(SILENT, TAKEN, UNSENT, TAKEN))
    linked.follow(ROUTE, LATER)
    assert linked.step() == []
    assert linked.step() == [TAKEN]
    linked.follow(replace(ROUTE, taken_as="s9"), LATER)
    assert linked.step() == [TAKEN]
    assert linked.peer.sent == ["c1", "c1", "c2", "c2"]


def test_an_unanswered_entry_holds_back_no_route_of_another_owner_or_instrument() -> None:
    of_another = replace(EXIT, chain="c3", owner="range")
    elsewhere = replace(EXIT, chain="c4", routed=replace(EXIT.routed, instrument=ELSEWHERE))
    linked = Linked(Answering(SILENT, TAKEN, TAKEN))
    linked.follow(ROUTE, LATER, of_another, elsewhere)
    assert linked.step() == [TAKEN, TAKEN]
    assert linked.peer.sent == ["c1", "c3", "c4"]


def test_a_declined_exit_is_sent_again_until_a_decision_is_recorded_and_is_an_error_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    linked = Linked(Answering(DECLINED, DECLINED, TAKEN))
    linked.follow(EXIT)
    assert [linked.step() for _ in range(3)] == [[], [], [TAKEN]]
    (stated,) = caplog.records
    assert stated.levelname == "ERROR"
    assert f"signal {EXIT.chain} (EXIT)" in stated.getMessage()
    assert "status 422: no" in stated.getMessage()


def test_an_entry_that_was_never_sent_is_refused_once_the_kill_switch_is_tripped_and_an_exit_is_sent() -> (
    None
):
    linked = Linked(Answering(TAKEN))
    linked.follow(ROUTE, LATER, is_tripped=True)
    refused, taken = linked.step()
    assert (refused.outcome, refused.reasons) == (
        RouteOutcome.REFUSED,
        ("KILL_SWITCH: the entry was not sent",),
    )
    assert (taken, linked.peer.sent) == (TAKEN, ["c2"])


def test_an_entry_that_may_have_arrived_is_looked_for_and_not_sent_while_the_kill_switch_is_tripped() -> None:
    linked = Linked(Answering(SILENT, TAKEN))
    linked.follow(ROUTE)
    assert linked.step() == []
    linked.follow(ROUTE, is_tripped=True)
    for linked.peer.decided in (SILENT, None):
        assert linked.step() == []
    linked.peer.decided = TAKEN
    assert (linked.step(), linked.peer.sent) == ([TAKEN], ["c1"])


def test_an_unanswered_entry_is_sent_again_after_a_reset_of_the_kill_switch() -> None:
    linked = Linked(Answering(TAKEN), ROUTE)
    linked.follow(ROUTE, is_tripped=True)
    assert linked.step() == []
    linked.follow(ROUTE)
    assert (linked.step(), linked.peer.sent) == ([TAKEN], ["c1"])


def test_an_open_route_without_a_link_is_an_error_of_the_log_and_a_fault_until_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    routing = Routing([RouteLink(Answering(), [ELSEWHERE])])
    routing.follow({ROUTE.chain: ROUTE})
    routing.follow({ROUTE.chain: ROUTE}, is_tripped=True)
    (stated,) = caplog.records
    assert (stated.levelname, routing.faults()) == (
        "ERROR",
        [f"open routes to {AWAY} have no table [[routes]]"],
    )
    assert f"route c1 to {AWAY} is open" in stated.getMessage()
    assert "no table [[routes]]" in stated.getMessage()
    routing.follow({})
    assert routing.faults() == []


def test_a_fault_of_this_program_is_logged_and_stated_and_the_entry_may_have_arrived(
    caplog: pytest.LogCaptureFixture,
) -> None:
    linked = Linked(Answering(TypeError("a fault"), DECLINED, TAKEN))
    routing = Routing([linked.link])
    routing.follow({})
    routing.follow({ROUTE.chain: ROUTE})
    linked.link.try_step()
    assert routing.faults() == [f"the routes to the engine of {AWAY} fail: TypeError"]
    assert [one.levelname for one in caplog.records] == ["ERROR"]
    assert linked.step() == []
    linked.now += 10
    linked.link.try_step()
    assert [one.outcome for _route, one in routing.reports()] == [RouteOutcome.TAKEN]
    assert routing.faults() == []


def test_a_taken_entry_that_is_closed_there_has_ended() -> None:
    linked = Linked(Answering(), replace(ROUTE, taken_as="s9"))
    assert linked.step() == []
    linked.peer.over = True
    (report,) = linked.step()
    assert (report.outcome, report.signal) == (RouteOutcome.ENDED, "s9")


@pytest.mark.parametrize(
    ("closed", "seconds", "why"),
    [
        ("", 0, ""),
        ("RECONCILING", 0, "RECONCILING"),
        ("", 7, "the other engine does not answer"),
        (SILENT, 0, "the other engine does not answer: no response"),
    ],
)
def test_no_entry_may_be_routed_to_an_engine_that_is_halted_or_silent(
    closed: str | Exception, seconds: float, why: str
) -> None:
    linked = Linked(Answering())
    assert "was not queried yet" in linked.link.why_closed()
    linked.peer.closed = closed
    linked.step()
    linked.now += seconds
    found = linked.link.why_closed()
    assert found.startswith(why) if why else found == ""


def test_a_thread_sends_and_wakes_the_engine_and_ends() -> None:
    peer, woken = Answering(TAKEN), list[int]()
    routing = Routing([RouteLink(peer, [AWAY])])
    routing.follow({})
    routing.follow({ROUTE.chain: ROUTE})
    routing.start(lambda: woken.append(1))
    routing.close()
    assert routing.why_closed(BTC) == "no engine of it is configured"
    assert len(routing.reports()) == len(woken) <= 1


def test_a_report_is_recorded_as_a_fact_of_the_other_engine() -> None:
    ask = ask_of((ROUTE, TAKEN), NOW)
    assert ask.cause == f"exchange:{AWAY}:c1:TAKEN"


class HandReadings:
    """Readings that a test makes."""

    def __init__(self) -> None:
        self.waiting: list[BookReading] = []

    def start(self) -> None: ...

    def close(self) -> None: ...

    def readings(self) -> Sequence[BookReading]:
        waiting, self.waiting = self.waiting, []
        return waiting


def a_reading(instrument: str) -> BookReading:
    level = (Level(D(100), D(1)),)
    return BookReading(instrument=instrument, at=NOW, update_id=1, is_known=True, bids=level, asks=level)


def test_a_routed_book_is_lost_while_its_engine_is_closed_and_the_own_ones_are_not() -> None:
    own, away, closed = HandReadings(), HandReadings(), {"why": ""}
    why: Callable[[str], str] = lambda _name: closed["why"]  # noqa: E731  # changes within the test
    books = RoutedReadings([own], [away], why)
    own.waiting, away.waiting = [a_reading(BTC)], [a_reading(AWAY)]
    assert [(one.instrument, one.is_known) for one in books.readings()] == [(AWAY, True), (BTC, True)]
    assert books.readings() == []
    closed["why"] = "RECONCILING"
    (lost,) = books.readings()
    assert (lost.instrument, lost.is_known, lost.why, lost.asks) == (AWAY, False, "RECONCILING", ())
    assert books.readings() == []
    away.waiting = [a_reading(AWAY)]
    assert [one.is_known for one in books.readings()] == [False]
    closed["why"], away.waiting = "", [a_reading(AWAY)]
    assert [one.is_known for one in books.readings()] == [True]


def test_a_lost_routed_book_keeps_the_suspicions_of_its_own_reading_once() -> None:
    suspicion = SAMPLES[FULL_NAMES[ManipulationSuspected]].event
    assert isinstance(suspicion, ManipulationSuspected)
    away, closed = HandReadings(), {"why": "RECONCILING"}
    books = RoutedReadings([], [away], lambda _name: closed["why"])
    away.waiting = [replace(a_reading(AWAY), suspicions=(suspicion,))]
    assert [(one.is_known, one.suspicions) for one in books.readings()] == [(False, (suspicion,))]
    closed["why"], away.waiting = "", [replace(a_reading(AWAY), suspicions=(suspicion,))]
    assert [(one.is_known, one.suspicions) for one in books.readings()] == [(True, (suspicion,))]
    closed["why"] = "RECONCILING"
    assert [(one.is_known, one.suspicions) for one in books.readings()] == [(False, ())]

"""A reading's suspicion of manipulation is one event an episode, with the reading as its cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.book_readings import FeedReadings
from adapters.book_shelf import BookListener
from commands.inputs import MarketMoved
from domain.book.analysis.manipulation import Kind, Suspicion
from domain.book.analysis.walls import Way
from domain.book.depth import Depth
from domain.book.suspected import suspected
from domain.errors import TapeMismatch
from domain.log import Envelope
from domain.manipulation import COOLDOWN, BookSide, ManipulationKind, ManipulationSuspected
from domain.market import BookReading
from projections.alerts import alert_of
from projections.chain import missing_causes
from projections.sentences import sentence
from tests.adapters.book_view.flowing import GivenFeed, manipulated
from tests.commands.desk import Desk, folded, names, snapshot
from tests.commands.list_log import ListLog
from tests.domain.book.analysis.planted import suspicions_of
from tests.domain.book.flow import NAME
from tests.domain.history import BTC
from tests.replacing import replace

FOUND = suspicions_of(manipulated())
FIRST = suspected(BTC, FOUND[0], 7)


def reading(desk: Desk, *suspicions: ManipulationSuspected, number: int = 7) -> list[Envelope]:
    desk.at += timedelta(seconds=1)
    seen = BookReading(
        instrument=BTC, at=desk.at, update_id=number, is_known=True, suspicions=tuple(suspicions)
    )
    return desk.handle(MarketMoved(desk.at, (seen,)))


def later(by: timedelta) -> ManipulationSuspected:
    moved: ManipulationSuspected = replace(FIRST, last_at=FIRST.last_at + by, episode="later")
    return moved


def test_a_suspicion_of_the_analysis_is_an_event_with_its_evidence() -> None:
    one = FOUND[0]
    assert (FIRST.kind.value, FIRST.side.value, FIRST.score) == (one.kind.value, one.way.value, one.score)
    assert [float(wall.price) for wall in FIRST.walls] == [wall.price for wall in one.evidence]
    assert FIRST.lowest == min(wall.price for wall in FIRST.walls)
    assert FIRST.first_at == min(wall.placed_at for wall in FIRST.walls)
    assert FIRST.episode == f"{one.kind}-{one.way}-{min(wall.born_ms for wall in one.evidence)}"


def test_the_evidence_of_an_event_is_the_latest_fifty_walls() -> None:
    (wall, *_) = FOUND[0].evidence
    many = Suspicion(kind=Kind.LAYERING, way=Way.ASK, at=wall.at, score=0.9, evidence=(wall,) * 60)
    assert len(suspected(BTC, many, 1).walls) == 50


def test_a_reading_with_a_suspicion_is_recorded_with_the_reading_as_its_cause_and_raises_an_alert() -> None:
    desk = Desk().opened()
    (recorded,) = reading(desk, FIRST)
    assert recorded.event == FIRST
    assert recorded.meta.stream == f"manipulation-main-{BTC}"
    assert (recorded.meta.causation_id, recorded.meta.actor) == (f"book:{BTC}:7", "engine")
    assert recorded.meta.occurred_at == FIRST.last_at
    last = list(desk.log.read())[-1]
    alert = alert_of(last)
    assert alert is not None
    assert (alert["severity"], alert["kind"], alert["line"]) == (
        "WARNING",
        "MANIPULATION_SUSPECTED",
        sentence(FIRST),
    )
    assert f"spoofing on the {FIRST.side.lower()} side suspected with score" in sentence(FIRST)
    assert list(missing_causes(desk.log.read())) == []
    assert snapshot(desk.world) == folded(desk.log)


def test_one_kind_and_side_is_recorded_once_within_the_cooldown() -> None:
    desk = Desk().opened()
    reading(desk, FIRST)
    assert reading(desk, later(COOLDOWN - timedelta(milliseconds=1)), number=8) == []
    assert names(reading(desk, later(COOLDOWN), number=9)) == ["ManipulationSuspected"]


def test_another_side_and_another_kind_are_episodes_of_their_own() -> None:
    desk = Desk().opened()
    side = BookSide.ASK if FIRST.side is BookSide.BID else BookSide.BID
    other_side: ManipulationSuspected = replace(FIRST, side=side)
    other_kind: ManipulationSuspected = replace(FIRST, kind=ManipulationKind.LAYERING)
    assert names(reading(desk, FIRST, other_side, other_kind)) == ["ManipulationSuspected"] * 3


def test_the_same_suspicion_twice_in_one_reading_is_recorded_once() -> None:
    assert names(reading(Desk().opened(), FIRST, FIRST)) == ["ManipulationSuspected"]


def test_a_reading_without_a_suspicion_leads_to_no_event() -> None:
    assert reading(Desk().opened()) == []


def test_planted_spoofing_in_a_feed_is_one_event_an_episode_where_the_engine_is_late() -> None:
    now = [datetime(2024, 8, 9, tzinfo=UTC)]
    wakes: list[None] = []
    listeners: list[BookListener] = []

    def feed_of(listener: BookListener) -> GivenFeed:
        listeners.append(listener)
        return GivenFeed()

    source = FeedReadings(
        feed_of,
        [NAME],
        levels=5,
        period=timedelta(milliseconds=500),
        on_reading=lambda: wakes.append(None),
        clock=lambda: now[0],
    )
    (listener,) = listeners
    desk = Desk().opened()
    for number, message in enumerate(manipulated()):
        if isinstance(message, Depth):
            listener.changed(message)
        else:
            listener.traded(message)
        now[0] = datetime.fromtimestamp(message.matched_ms / 1_000, UTC)
        source.look()
        if number % 200 == 199:
            desk.at = now[0]
            desk.handle(MarketMoved(desk.at, tuple(source.readings())))
    desk.at = now[0] + timedelta(seconds=1)
    source.look()
    desk.handle(MarketMoved(desk.at, tuple(source.readings())))
    recorded = [one.event for one in desk.recorded if isinstance(one.event, ManipulationSuspected)]
    assert [(one.kind, one.side, one.last_at) for one in recorded] == once_an_episode(NAME)
    assert len(recorded) < len(FOUND)


def once_an_episode(name: str) -> list[tuple[ManipulationKind, BookSide, datetime]]:
    """Of the suspicions of the analysis, those that no recorded one of their kind and side precedes by less than the
    cooldown."""
    last: dict[tuple[ManipulationKind, BookSide], datetime] = {}
    found: list[tuple[ManipulationKind, BookSide, datetime]] = []
    for one in FOUND:
        event = suspected(name, one, 0)
        key = (event.kind, event.side)
        if key not in last or event.last_at - last[key] >= COOLDOWN:
            last[key] = event.last_at
            found.append((*key, event.last_at))
    return found


def test_a_log_that_lacks_the_suspicion_of_a_reading_is_no_replay_of_its_tape() -> None:
    def played(desk: Desk) -> None:
        desk.opened()
        reading(desk, FIRST)
        reading(desk, later(2 * COOLDOWN), number=8)

    whole = Desk()
    played(whole)
    again = Desk(ListLog(whole.log.envelopes), recalling=True)
    played(again)
    assert again.log.units == []
    lacking = [one for one in whole.log.envelopes if one.event != FIRST]
    assert len(lacking) == len(whole.log.envelopes) - 1
    with pytest.raises(TapeMismatch, match="ManipulationSuspected would follow"):
        played(Desk(ListLog(lacking), recalling=True))

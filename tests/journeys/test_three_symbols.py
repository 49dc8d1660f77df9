"""Three recorded symbols together: the same events on every kind of log, and complete chains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from domain.log import Recorded
from domain.opening import LogOpened
from domain.order import OrderFilled
from domain.position import PositionClosed
from domain.signal import DecisionMade
from infra.run.plan import Plan
from infra.run.redeciding import Redecision
from projections.chain import missing_causes
from tests.journeys.runs import CANDLES, events_at, play_at


def test_the_recorded_tapes_have_all_their_candles(recorded: Plan) -> None:
    assert sum(len(tape.candles) for tape in recorded.tapes) == CANDLES


def test_a_kafka_log_holds_the_same_events_as_a_sqlite_log(
    recorded: Plan, story: Sequence[Recorded], kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    """The comparison covers ordinals, ids, causes, times and content, because a recorded event contains them all."""
    address = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    play_at(recorded, address)
    assert events_at(address) == list(story)


def test_every_kind_of_log_holds_the_same_events(
    short: Plan, short_story: Sequence[Recorded], address: str
) -> None:
    play_at(short, address)
    assert events_at(address) == list(short_story)


def test_a_log_begins_with_log_opened_and_its_ordinals_count_from_one(story: Sequence[Recorded]) -> None:
    assert isinstance(story[0].envelope.event, LogOpened)
    assert not story[0].envelope.event.synthetic
    assert [recorded.ordinal for recorded in story] == list(range(1, len(story) + 1))
    assert len({recorded.envelope.meta.event_id for recorded in story}) == len(story)


def test_every_cause_is_an_outside_fact_or_an_earlier_event(story: Sequence[Recorded]) -> None:
    assert list(missing_causes(story)) == []


def test_every_fill_is_traced_back_to_a_candle(story: Sequence[Recorded]) -> None:
    """From the event that placed the order, the causes lead through events of the same chain to a candle's close."""
    by_id = {str(recorded.envelope.meta.event_id): recorded.envelope for recorded in story}
    placed = {
        recorded.envelope.meta.stream: recorded.envelope
        for recorded in story
        if recorded.envelope.meta.version == 1
    }
    fills = [one.envelope for one in story if isinstance(one.envelope.event, OrderFilled)]
    assert fills
    for fill in fills:
        envelope = placed[fill.meta.stream]
        steps: list[str] = []
        while envelope.meta.causation_id in by_id:
            steps.append(type(envelope.event).__name__)
            assert envelope.meta.correlation_id == fill.meta.correlation_id
            envelope = by_id[envelope.meta.causation_id]
        assert steps in (["OrderPlaced", "DecisionMade"], ["OrderPlaced", "PositionClosing", "DecisionMade"])
        assert envelope.meta.causation_id.startswith("candle:")


def test_positions_are_closed_by_stop_target_and_reversal(story: Sequence[Recorded]) -> None:
    closed = [one.envelope.event for one in story if isinstance(one.envelope.event, PositionClosed)]
    assert Counter(event.reason.value for event in closed).keys() == {"STOP", "TARGET", "REVERSAL"}


def test_every_decision_is_reproduced_from_the_events_before_it(story: Sequence[Recorded]) -> None:
    """The state before a decision's event determines the decision, to the last digit."""
    redecision = Redecision()
    assert [*redecision.steps(story)][-1] == len(story)
    decided = [one.envelope.event for one in story if isinstance(one.envelope.event, DecisionMade)]
    assert redecision.is_equal, redecision.divergences[:1]
    assert redecision.made == {"DecisionMade": len(decided)}
    assert {one.verdict.value for one in decided} == {"ENTER", "CLOSE", "SKIP"}

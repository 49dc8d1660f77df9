"""Recorded decisions made again from the events before them: after reversals, restarts and under earlier policies."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from domain.committees import POLICY_VERSION
from domain.log import Recorded
from domain.settings import OnOpposite
from domain.signal import DecisionMade, ReversalDecided, Vote
from infra.run.redeciding import Redecision
from tests.infra.run.taped import INSTANTS, trade
from tests.infra.run.test_reversing import FAST, SLOW
from tests.journeys.runs import EAGER, plan, play
from tests.old_logs import logs as old
from tests.replacing import replace


@pytest.fixture(scope="module")
def story() -> Sequence[Recorded]:
    """A run with entries, closes, skips and reversals."""
    settings = replace(EAGER, strategies=(FAST, SLOW), reverse_others=True, on_opposite=OnOpposite.REVERSE)
    with closing(open_memory(AvroCodec())) as log:
        play(plan(synthetic_tape(4, ["BTCUSDT"], candles=900), settings), log)
        return list(log.read())


def redecided(events: Sequence[Recorded]) -> Redecision:
    redecision = Redecision()
    assert list(redecision.steps(events)) == [one.ordinal for one in events]
    return redecision


def changed(
    story: Sequence[Recorded], kind: type[DecisionMade | ReversalDecided], **fields: object
) -> tuple[Sequence[Recorded], int]:
    """The story with these fields in the last event of this class, and the ordinal of that event."""
    at = max(at for at, one in enumerate(story) if isinstance(one.envelope.event, kind))
    one = story[at]
    event = replace(one.envelope.event, **fields)
    other = one._replace(envelope=replace(one.envelope, event=event))
    return [*story[:at], other, *story[at + 1 :]], one.ordinal


def test_every_decision_of_a_run_with_reversals_is_equal_when_it_is_made_again(
    story: Sequence[Recorded],
) -> None:
    found = redecided(story)
    assert found.is_equal
    kinds = [type(one.envelope.event).__name__ for one in story]
    assert found.made == {name: kinds.count(name) for name in ("DecisionMade", "ReversalDecided")}
    assert all(found.made.values())


def test_every_decision_of_two_sessions_is_equal_when_it_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "whence.db"
    trade(path, 0, 252)
    trade(path, 255, len(INSTANTS))
    found = redecided(old.read(path))
    assert found.is_equal
    assert found.made["DecisionMade"] > 1


@pytest.mark.parametrize("name", old.LOGS)
def test_decisions_of_earlier_policies_are_equal_when_they_are_made_again_by_theirs(name: str) -> None:
    recorded = old.read(old.FOLDER / name / "log.db")
    found = redecided(recorded)
    assert found.is_equal
    assert found.made["DecisionMade"] == sum(isinstance(one.envelope.event, DecisionMade) for one in recorded)


def test_most_logs_of_earlier_policies_have_decisions() -> None:
    """The log of people has none: whoever it names has only requested."""
    made = {name: redecided(old.read(old.FOLDER / name / "log.db")).made["DecisionMade"] for name in old.LOGS}
    assert {name for name, number in made.items() if not number} == {"people"}


def test_a_changed_decision_is_named_with_each_field_that_differs(story: Sequence[Recorded]) -> None:
    last = [one.envelope.event for one in story if isinstance(one.envelope.event, DecisionMade)][-1]
    vote: Vote = replace(last.votes[0], approves=not last.votes[0].approves, figures={"threshold": "9"})
    other, ordinal = changed(story, DecisionMade, quantity=Decimal("123.4"), votes=(vote, *last.votes[1:]))
    [found] = redecided(other).divergences
    assert (found.ordinal, found.type) == (ordinal, "DecisionMade")
    assert found.fields["quantity"] == ("123.4", str(last.quantity))
    assert found.fields[f"votes.{vote.member}.approves"] == (str(vote.approves), str(not vote.approves))
    assert found.fields.keys() >= {
        f"votes.{vote.member}.figures.{name}" for name in {*last.votes[0].figures, "threshold"}
    }


def test_a_changed_second_leg_is_named_with_its_price(story: Sequence[Recorded]) -> None:
    other, ordinal = changed(story, ReversalDecided, price=Decimal(1))
    [found] = redecided(other).divergences
    assert (found.ordinal, list(found.fields)) == (ordinal, ["price"])


def test_a_decision_of_a_later_policy_is_counted_as_not_made_again(story: Sequence[Recorded]) -> None:
    other, _ordinal = changed(story, DecisionMade, policy_version=POLICY_VERSION + 1)
    found = redecided(other)
    assert not found.is_equal
    assert found.impossible == {f"version {POLICY_VERSION + 1} of the policy is not in this program": 1}


def test_a_decision_whose_signal_is_not_in_the_log_is_counted_as_not_made_again(
    story: Sequence[Recorded],
) -> None:
    at = max(at for at, one in enumerate(story) if isinstance(one.envelope.event, DecisionMade))
    one = story[at]
    meta = replace(one.envelope.meta, causation_id="clock:2026-01-01T00:00:00+00:00")
    other = one._replace(envelope=replace(one.envelope, meta=meta))
    assert redecided([*story[:at], other]).impossible == {"no signal is its cause": 1}

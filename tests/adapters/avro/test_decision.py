"""The record of a decision: each figure is written once, and each vote is read with its own figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.avro.codec import AvroCodec
from adapters.avro.schema import current_schemas
from domain.errors import InvalidEvent, LogCorrupt
from domain.log import Envelope
from domain.signal import Chamber, DecisionMade, Vote
from tests.adapters.avro.decision_form import to_written
from tests.adapters.avro.records import body_in_form, body_of
from tests.replacing import replace
from tests.schemas.samples import SAMPLES

_CODEC = AvroCodec()
_NAME = "whence.signal.DecisionMade"
_SAMPLE = SAMPLES[_NAME]


def _voted(*figures: Mapping[str, str]) -> Envelope:
    votes = tuple(
        Vote(member=f"member {number}", chamber=Chamber.RISK, approves=True, reasons=(), figures=one)
        for number, one in enumerate(figures)
    )
    event: Any = replace(_SAMPLE.event, votes=votes)
    return Envelope(_SAMPLE.meta, event)


def _figures(data: bytes) -> list[list[tuple[str, str]]]:
    event = _CODEC.decode(data).event
    assert isinstance(event, DecisionMade)
    return [list(vote.figures.items()) for vote in event.votes]


def test_a_figure_used_by_several_members_is_written_once() -> None:
    data = _CODEC.encode(_voted({"balance": "10000.00"}, {"balance": "10000.00", "limit": "3"}))
    assert data.count(b"balance") == data.count(b"10000.00") == 1
    assert _figures(data) == [[("balance", "10000.00")], [("balance", "10000.00"), ("limit", "3")]]


def test_figures_with_one_name_and_different_values_are_written_separately() -> None:
    figures: list[Mapping[str, str]] = [{"limit": "3"}, {"limit": "600"}, {"limit": "3"}]
    data = _CODEC.encode(_voted(*figures))
    assert data.count(b"limit") == 2
    assert _figures(data) == [[("limit", "3")], [("limit", "600")], [("limit", "3")]]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "1", "ü"])), max_size=6))
def test_each_vote_is_read_with_its_figures_in_their_order(figures: list[dict[str, str]]) -> None:
    envelope = _voted(*figures)
    data = _CODEC.encode(envelope)
    assert _CODEC.decode(data) == envelope
    assert _figures(data) == [list(one.items()) for one in figures]


@pytest.mark.parametrize("place", [-1, 1, 2**40])
def test_a_vote_that_refers_to_a_missing_input_is_refused_on_reading(place: int) -> None:
    decision: Any = to_written(cast("Any", _voted({"a": "1"}).event))
    broken = replace(decision, votes=(replace(decision.votes[0], inputs=(place,)),))
    with pytest.raises(LogCorrupt, match=f"are not a valid {_NAME}: .*Error"):
        _CODEC.decode(
            _CODEC.encode(_SAMPLE)[:10] + body_in_form(_SAMPLE.meta, broken, current_schemas()[_NAME])
        )


REFUSED: list[tuple[Any, str]] = [
    ([("a", "1")], r"DecisionMade\.votes\[\]\.figures = \[\('a', '1'\)\] is not a mapping"),
    ({1: "1"}, r"DecisionMade\.votes\[\]\.figures \(a name\) = 1 is not text"),
    ({"a": 1}, r"DecisionMade\.votes\[\]\.figures\{\} = 1 is not text"),
    ({"a": ["1"]}, r"DecisionMade\.votes\[\]\.figures\{\} = \['1'\] is not text"),
    ({"a": "\ud800"}, r"DecisionMade\.votes\[\]\.figures\{\} = '\\ud800' contains half of a surrogate pair"),
]


@pytest.mark.parametrize(("figures", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_figures_that_are_not_text_are_refused(figures: Any, message: str) -> None:
    with pytest.raises(InvalidEvent, match=message):
        _CODEC.encode(_voted(figures))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"chamber": "RISK"}, r"votes\[\]\.chamber = 'RISK' is not a Chamber"),
        ({"approves": 1}, r"votes\[\]\.approves = 1 is neither True nor False"),
        ({"reasons": []}, r"votes\[\]\.reasons = \[\] is not a tuple"),
        ({"member": ["member 0"]}, r"votes\[\]\.member = \['member 0'\] is not text"),
    ],
)
def test_an_invalid_vote_is_refused_after_a_valid_vote_of_that_member_was_written(
    changed: Mapping[str, Any], message: str
) -> None:
    """The writer caches valid votes up to their figures, and an invalid value may equal a cached one."""
    envelope = _voted({"a": "1"})
    _CODEC.encode(envelope)
    decision: Any = envelope.event
    broken = replace(decision, votes=(replace(decision.votes[0], **changed),))
    with pytest.raises(InvalidEvent, match=message):
        _CODEC.encode(replace(envelope, event=broken))


def test_a_vote_that_rejects_is_written_after_an_approval_of_the_same_member() -> None:
    approved: Any = _voted({"a": "1"})
    (vote,) = approved.event.votes
    votes = (vote, replace(vote, approves=False, reasons=("TOO_LATE",)), replace(vote, approves=False), vote)
    envelope = replace(approved, event=replace(approved.event, votes=votes))
    assert _CODEC.decode(_CODEC.encode(envelope)) == envelope


@pytest.mark.parametrize("different", [1, 63, 64, 65, 128, 129, 300])
def test_a_decision_with_few_and_with_many_figures_has_the_bytes_that_fastavro_writes(different: int) -> None:
    """An index below 64 takes one byte."""
    figures = {f"figure {number}": str(number) for number in range(different)}
    envelope = _voted({"a": "1"}, figures, {"a": "1", "figure 0": "0"})
    data = _CODEC.encode(envelope)
    assert data[10:] == body_of(envelope, current_schemas()[_NAME])
    assert _CODEC.decode(data) == envelope

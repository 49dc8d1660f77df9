"""The Avro record of a decision as classes; tests compare our reader, our writer and the schema with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec import Struct

from domain import signal
from domain.arms.split import Arm
from domain.signal import Chamber, DecisionMade, Tier, Verdict


class Input(Struct, frozen=True, gc=False):
    """A figure that a decision is based on."""

    name: str
    value: str


class Vote(Struct, frozen=True, gc=False, kw_only=True):
    """A vote. `inputs` are indexes into the decision's `inputs`; `figures` are held by the vote (version 1 only)."""

    member: str
    chamber: Chamber
    approves: bool
    reasons: tuple[str, ...]
    figures: Mapping[str, str]
    inputs: tuple[int, ...] = ()


class Decision(Struct, frozen=True, gc=False, kw_only=True):
    """The record of a `DecisionMade`; `inputs` holds every figure that one of its members used."""

    verdict: Verdict
    reasons: tuple[str, ...]
    votes: tuple[Vote, ...]
    tier: Tier
    quantity: Decimal
    stop: Decimal
    target: Decimal
    policy_version: int
    settings_version: int
    inputs: tuple[Input, ...] = ()
    arm: Arm = Arm.NONE


_Places = dict[tuple[str, str], int]
_NO_FIGURES: Mapping[str, str] = {}


def to_written(decision: DecisionMade) -> Decision:
    """The record of a decision."""
    places: _Places = {}
    votes = tuple([_to_vote(vote, places) for vote in decision.votes])
    return Decision(
        verdict=decision.verdict,
        reasons=decision.reasons,
        votes=votes,
        tier=decision.tier,
        quantity=decision.quantity,
        stop=decision.stop,
        target=decision.target,
        policy_version=decision.policy_version,
        settings_version=decision.settings_version,
        inputs=tuple([Input(name, value) for name, value in places]),
        arm=decision.arm,
    )


def from_written(decision: Decision) -> DecisionMade:
    """The decision of a record."""
    inputs = decision.inputs
    return DecisionMade(
        verdict=decision.verdict,
        reasons=decision.reasons,
        votes=tuple([_from_vote(vote, inputs) for vote in decision.votes]),
        tier=decision.tier,
        quantity=decision.quantity,
        stop=decision.stop,
        target=decision.target,
        policy_version=decision.policy_version,
        settings_version=decision.settings_version,
        arm=decision.arm,
    )


def _to_vote(vote: signal.Vote, places: _Places) -> Vote:
    return Vote(
        member=vote.member,
        chamber=vote.chamber,
        approves=vote.approves,
        reasons=vote.reasons,
        figures=_NO_FIGURES,
        inputs=tuple([places.setdefault(figure, len(places)) for figure in vote.figures.items()]),
    )


def _from_vote(vote: Vote, inputs: Sequence[Input]) -> signal.Vote:
    figures = dict(vote.figures)
    for place in vote.inputs:
        figures[inputs[place].name] = inputs[place].value
    return signal.Vote(
        member=vote.member,
        chamber=vote.chamber,
        approves=vote.approves,
        reasons=vote.reasons,
        figures=figures,
    )


class Form(NamedTuple):
    """`of` is the class with the fields of the record; `there` converts an event to it, `back` converts back."""

    of: type
    there: Callable[[Any], object]
    back: Callable[[Any], object]


FORMS: Final[Mapping[type, Form]] = {DecisionMade: Form(Decision, to_written, from_written)}
"""The events whose record has other fields than their class, by class."""


def written_form(event: type) -> type:
    """The class with the fields of the event's record."""
    form = FORMS.get(event)
    return event if form is None else form.of

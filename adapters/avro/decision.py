"""A decision as it is written: each figure once, however many members looked at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

from msgspec import Struct

from adapters.avro.written import many, mapping, part, text
from domain import signal
from domain.signal import Chamber, DecisionMade, Tier, Verdict


class Input(Struct, frozen=True, gc=False):
    """A figure that a decision was made on."""

    name: str
    value: str


class Vote(Struct, frozen=True, gc=False, kw_only=True):
    """A vote; `inputs` are places in the decision's, `figures` what the vote holds itself (all, in version 1)."""

    member: str
    chamber: Chamber
    approves: bool
    reasons: tuple[str, ...]
    figures: Mapping[str, str]
    inputs: tuple[int, ...] = ()


class Decision(Struct, frozen=True, gc=False, kw_only=True):
    """A `DecisionMade`, with every figure that any member looked at as its `inputs`."""

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


_Places = dict[tuple[str, str], int]
_NO_FIGURES: Mapping[str, str] = {}


def to_written(decision: DecisionMade) -> Decision:
    """The decision as it is written; raises InvalidEvent for votes and figures that are none."""
    places: _Places = {}
    votes = tuple([_to_vote(vote, places) for vote in many(decision.votes, "votes")])
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
    )


def from_written(decision: Decision) -> DecisionMade:
    """The decision as it was made; raises LookupError for a vote on an input that is not there."""
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
    )


def _to_vote(voted: object, places: _Places) -> Vote:
    vote = part(voted, "votes[]", signal.Vote)
    figures = mapping(vote.figures, "votes[].figures")
    return Vote(
        member=vote.member,
        chamber=vote.chamber,
        approves=vote.approves,
        reasons=vote.reasons,
        figures=_NO_FIGURES,
        inputs=tuple([places.setdefault(_checked(figure), len(places)) for figure in figures.items()]),
    )


def _checked(figure: tuple[object, object]) -> tuple[str, str]:
    name, value = figure
    if not (isinstance(name, str) and isinstance(value, str)):
        text(name, "votes[].figures (a name)")
        text(value, "votes[].figures{}")
    return cast("tuple[str, str]", figure)


def _from_vote(vote: Vote, inputs: Sequence[Input]) -> signal.Vote:
    figures = dict(vote.figures)
    for place in vote.inputs:
        if place < 0:
            raise LookupError(f"a vote is on the input {place}: they are counted from 0")
        figures[inputs[place].name] = inputs[place].value
    return signal.Vote(
        member=vote.member,
        chamber=vote.chamber,
        approves=vote.approves,
        reasons=vote.reasons,
        figures=figures,
    )

"""Chains: the whole story around anything that has an id, and why an order exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import strawberry

from adapters.graphql.event import Event, recorded_event
from adapters.graphql.moment import Moment
from projections.chain import Node, Story
from projections.explanation import Step

_INDENT = "  "


@strawberry.type(description="One event of a story, and where in it.")
class ChainNode:
    event: Event = strawberry.field(description="What happened.")
    parent_id: strawberry.ID | None = strawberry.field(
        description="The event above: its cause, or what its stream began with; null for a beginning."
    )
    because: str = strawberry.field(
        description="The fact from outside that a beginning came of; empty below it."
    )
    depth: int = strawberry.field(description="How many events stand above it.")


@strawberry.type(description="Everything that led to something, and everything that came of it.")
class Chain:
    ids: list[strawberry.ID] = strawberry.field(
        description="The chains that are told: with one that opened a position goes the one that closed it."
    )
    roots: list[str] = strawberry.field(description="The facts from outside that it all began with.")
    began_at: datetime = strawberry.field(description="When the first of its events happened.")
    ended_at: datetime = strawberry.field(description="When the last of its events happened.")
    nodes: list[ChainNode] = strawberry.field(
        description="Its events as a tree, told flat: each comes after the one above it."
    )

    @strawberry.field(description="The same for people: a line an event, indented under what caused it.")
    def lines(self) -> list[str]:
        return list(_lines(self.nodes))


@strawberry.type(description="One step of the way to an order, or of what it led to.")
class ExplanationStep:
    depth: int = strawberry.field(description="How many causes stand above it in the explanation.")
    because: str = strawberry.field(
        description="The fact from outside that a beginning came of; empty below it."
    )
    line: str = strawberry.field(description="What happened, in plain words, on one line.")
    votes: list[str] = strawberry.field(description="Of a decision: a line for each vote.")
    event: Event = strawberry.field(description="What happened, as it was recorded.")


@strawberry.type(description="Why an order exists, and what came of it.")
class Explanation:
    order_id: strawberry.ID = strawberry.field(description="The order that is explained.")
    steps: list[ExplanationStep] = strawberry.field(
        description="From the fact it all began with to the order, and on to all that it led to."
    )

    @strawberry.field(description="The same for people: indented lines, a vote in a line of its own.")
    def lines(self) -> list[str]:
        return list(_explained(self.steps))


def chain_of(moment: Moment, story: Story) -> Chain:
    """A story as GraphQL's object."""
    nodes = [node for fact, begun in story.roots for one in begun for node in _flat(moment, one, fact)]
    times = [node.event.occurred_at for node in nodes]
    return Chain(
        ids=[strawberry.ID(one) for one in sorted(story.chains)],
        roots=[fact for fact, _ in story.roots],
        began_at=min(times),
        ended_at=max(times),
        nodes=nodes,
    )


def explanation_of(moment: Moment, order_id: str, steps: Sequence[Step]) -> Explanation:
    """The steps of `projections.explanation` as GraphQL's object."""
    told = [
        ExplanationStep(
            depth=step.depth,
            because=step.because,
            line=step.line,
            votes=list(step.votes),
            event=recorded_event(moment, step.recorded),
        )
        for step in steps
    ]
    return Explanation(order_id=strawberry.ID(order_id), steps=told)


def _flat(
    moment: Moment, node: Node, because: str, above: strawberry.ID | None = None, depth: int = 0
) -> Iterator[ChainNode]:
    event = recorded_event(moment, node.recorded)
    yield ChainNode(event=event, parent_id=above, because=because, depth=depth)
    for caused in node.caused:
        yield from _flat(moment, caused, "", event.id, depth + 1)


def _lines(nodes: Sequence[ChainNode]) -> Iterator[str]:
    fact = None
    for node in nodes:
        if node.because and node.because != fact:
            fact = node.because
            yield fact
        yield _line(node.depth + 1, node.event)


def _explained(steps: Sequence[ExplanationStep]) -> Iterator[str]:
    for step in steps:
        if step.because:
            yield step.because
        yield _line(step.depth + 1, step.event)
        yield from (f"{_INDENT * (step.depth + 2)}{vote}" for vote in step.votes)


def _line(depth: int, event: Event) -> str:
    clock = event.occurred_at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
    return f"{_INDENT * depth}{clock} {event.type} {event.line} #{event.ordinal}"

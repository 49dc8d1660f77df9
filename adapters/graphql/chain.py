"""Chains: all events connected with an id (a story), and the explanation of an order, as GraphQL objects."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

import strawberry

from adapters.graphql.event import Event, recorded_event
from adapters.graphql.moment import Moment
from projections.chain import Node, Story
from projections.explanation import Step

_INDENT = "  "


@strawberry.type(description="One event of a story, and its place in the tree.")
class ChainNode:
    event: Event = strawberry.field(description="The event.")
    parent_id: strawberry.ID | None = strawberry.field(
        description="The event above it: its cause, or the first event of its stream; null for a root."
    )
    because: str = strawberry.field(
        description="The outside fact that caused a root; empty for other events."
    )
    depth: int = strawberry.field(description="The number of events above it.")


@strawberry.type(description="All events that led to a thing, and all events that followed from it.")
class Chain:
    ids: list[strawberry.ID] = strawberry.field(
        description="The chains of the story: two chains that share a position are both in it."
    )
    roots: list[str] = strawberry.field(description="The outside facts that caused its first events.")
    began_at: datetime = strawberry.field(description="When its first event occurred.")
    ended_at: datetime = strawberry.field(description="When its last event occurred.")
    nodes: list[ChainNode] = strawberry.field(
        description="Its events as a flattened tree: each event comes after the event above it."
    )

    @strawberry.field(description="The same as text: one line per event, indented below its cause.")
    async def lines(self) -> list[str]:
        words = await asyncio.gather(*(node.event.worded() for node in self.nodes))
        return list(_lines(self.nodes, words))


@strawberry.type(description="One event that led to an order or followed from it.")
class ExplanationStep:
    depth: int = strawberry.field(description="The number of steps above it in the explanation.")
    because: str = strawberry.field(
        description="The outside fact that caused a first step; empty for other steps."
    )
    line: str = strawberry.field(description="The event's sentence, on one line.")
    votes: list[str] = strawberry.field(
        description="One line for each vote of a decision; empty for other events."
    )
    event: Event = strawberry.field(description="The event as it was recorded.")


@strawberry.type(description="Why an order exists, and what followed from it.")
class Explanation:
    order_id: strawberry.ID = strawberry.field(description="The explained order.")
    steps: list[ExplanationStep] = strawberry.field(
        description="The steps from the first outside fact to the order, and on to every event that it led to."
    )

    @strawberry.field(description="The same as text: indented lines, with a line of its own for each vote.")
    def lines(self) -> list[str]:
        return list(_explained(self.steps))


def chain_of(moment: Moment, story: Story) -> Chain:
    """Makes the GraphQL object of a story."""
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
    """Makes the GraphQL object of the steps that `projections.explanation` returns."""
    given = [
        ExplanationStep(
            depth=step.depth,
            because=step.because,
            line=step.line,
            votes=list(step.votes),
            event=recorded_event(moment, step.recorded),
        )
        for step in steps
    ]
    return Explanation(order_id=strawberry.ID(order_id), steps=given)


def _flat(
    moment: Moment, node: Node, because: str, above: strawberry.ID | None = None, depth: int = 0
) -> Iterator[ChainNode]:
    event = recorded_event(moment, node.recorded)
    yield ChainNode(event=event, parent_id=above, because=because, depth=depth)
    for caused in node.caused:
        yield from _flat(moment, caused, "", event.id, depth + 1)


def _lines(nodes: Sequence[ChainNode], words: Sequence[str]) -> Iterator[str]:
    fact = None
    for node, line in zip(nodes, words, strict=True):
        if node.because and node.because != fact:
            fact = node.because
            yield fact
        yield _line(node.depth + 1, node.event, line)


def _explained(steps: Sequence[ExplanationStep]) -> Iterator[str]:
    for step in steps:
        if step.because:
            yield step.because
        yield _line(step.depth + 1, step.event, step.event.text)
        yield from (f"{_INDENT * (step.depth + 2)}{vote}" for vote in step.votes)


def _line(depth: int, event: Event, words: str) -> str:
    clock = event.occurred_at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
    return f"{_INDENT * depth}{clock} {event.type} {words} #{event.ordinal}"

"""The explanation of an order: the events that led to the order and the events that followed from it, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from domain.log import Recorded
from domain.signal import DecisionMade, Vote
from domain.streams import parse
from projections.chain import Node, Story
from projections.source import Source
from projections.story import Decode, story


class Step(NamedTuple):
    """One event of an explanation. `depth` is 0 for a first step, and else one more than the depth of the step
    above; `line` is the event's sentence. `because` names the outside fact in a step of depth 0, and is empty in every
    other step. `votes` has one line for each vote of a decision.

    """

    depth: int
    because: str
    recorded: Recorded
    line: str
    votes: Sequence[str]


def explain(source: Source, order_id: str, decode: Decode) -> Sequence[Step]:
    """The steps from the first outside fact to the order, then every event that followed from the order. Other orders
    of the chain are left out. Empty where there is no such order. Raises what `projections.story.story` raises.
    """
    found = story(source, order_id, decode)
    return [] if found is None else list(steps(found, order_id))


def steps(found: Story, order_id: str) -> Iterator[Step]:
    """The steps of a story that led to the order, are the order's own, or followed from it."""
    for fact, nodes in found.roots:
        for node in nodes:
            yield from _steps(node, order_id, 0, fact)


def _steps(node: Node, order_id: str, depth: int, because: str) -> Iterator[Step]:
    is_own = _is_of(node, order_id)
    if not (is_own or _leads_to(node, order_id)):
        return
    yield _step(node, depth, because)
    for caused in node.caused:
        yield from _whole(caused, depth + 1) if is_own else _steps(caused, order_id, depth + 1, "")


def _whole(node: Node, depth: int) -> Iterator[Step]:
    yield _step(node, depth, "")
    for caused in node.caused:
        yield from _whole(caused, depth + 1)


def _is_of(node: Node, order_id: str) -> bool:
    name = parse(node.recorded.envelope.meta.stream)
    return name.noun == "order" and name.id == order_id


def _leads_to(node: Node, order_id: str) -> bool:
    return any(_is_of(caused, order_id) or _leads_to(caused, order_id) for caused in node.caused)


def _step(node: Node, depth: int, because: str) -> Step:
    event = node.recorded.envelope.event
    votes = list(_ballot(event.votes)) if isinstance(event, DecisionMade) else []
    return Step(depth, because, node.recorded, node.line, votes)


def _ballot(votes: Iterable[Vote]) -> Iterator[str]:
    for vote in votes:
        answer = "yes" if vote.approves else "no"
        figures = ", ".join(f"{name} {figure}" for name, figure in vote.figures.items() if figure)
        details = filter(None, (", ".join(vote.reasons), figures))
        yield ": ".join((f"{vote.chamber} {vote.member} says {answer}", *details))

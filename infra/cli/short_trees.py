"""A story as short trees: the decision, the orders and what became of them, one line for each event where it fits.

Routine events (reserved funds, an order's acceptance) and the figures of votes are left out; `--full` has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from rich.markup import escape
from rich.tree import Tree

from domain.account import BalanceChanged, FundsReleased, FundsReserved
from domain.order import OrderAccepted, OrderSubmitted
from domain.plain_text import counted
from domain.signal import Chamber, DecisionMade, Vote
from infra.cli.trees import later, requester
from infra.cli.wording import Wording, in_plain_words, rounded
from projections.chain import Node, Story

_ROUTINE = (BalanceChanged, FundsReleased, FundsReserved, OrderAccepted, OrderSubmitted)
_LEFT_OUT = re.compile(r", execution \S+(?=\))|, funding 0(?=\))|: ALL_APPROVE$")
_INSTRUMENT = re.compile(r" [A-Z0-9]+-[A-Z]+\.[A-Z]+(?= |,|$)")


def short_trees(story: Story, wording: Wording) -> Iterator[Tree]:
    """One tree for each outside fact. The instrument is named in the fact, or in lines of a story with several."""
    drawing = _Drawing(wording, _one_instrument(story))
    hidden = 0
    for fact, nodes in story.roots:
        tree = Tree(f"[bold cyan]{escape(fact)}[/bold cyan]", guide_style="dim")
        hidden += drawing.grow(tree, nodes)
        yield tree
    if parts := list(_left_out(story, hidden)):
        yield Tree(f"[dim]{' and '.join(parts)} are left out; --full shows them[/dim]")


def _left_out(story: Story, hidden: int) -> Iterator[str]:
    if hidden:
        yield f"{hidden:,} routine events"
    if any(_has_votes(node) for _, nodes in story.roots for node in nodes):
        yield "the figures of each vote"


def _has_votes(node: Node) -> bool:
    return isinstance(node.recorded.envelope.event, DecisionMade) or any(map(_has_votes, node.caused))


def _one_instrument(story: Story) -> bool:
    """Whether the root facts name the one instrument of the story."""
    named = {fact.split(":")[1] for fact, _ in story.roots if fact.startswith(("candle:", "book:"))}
    return len(named) == 1 and len(story.roots) == 1


class _Drawing:
    """Draws the nodes of one story; the date is written where it differs from that of the line before."""

    def __init__(self, wording: Wording, one_instrument: bool) -> None:
        self._wording = wording
        self._one_instrument = one_instrument
        self._day: date | None = None

    def grow(self, tree: Tree, nodes: Sequence[Node], above: datetime | None = None) -> int:
        """Adds the nodes to the tree; the nodes below a routine event move up. Returns the number of routine events."""
        hidden = 0
        for node in nodes:
            event = node.recorded.envelope.event
            if isinstance(event, _ROUTINE):
                hidden += 1 + self.grow(tree, node.caused, above)
                continue
            branch = tree.add(self._line(node, above))
            if isinstance(event, DecisionMade):
                for line in _ballots(event):
                    branch.add(line)
            hidden += self.grow(branch, node.caused, node.recorded.envelope.meta.occurred_at)
        return hidden

    def _line(self, node: Node, above: datetime | None) -> str:
        meta, event = node.recorded.envelope.meta, node.recorded.envelope.event
        line = _LEFT_OUT.sub("", in_plain_words(rounded(self._wording.line_of(node.recorded, node.exit))))
        if self._one_instrument:
            line = _INSTRUMENT.sub("", line)
        at = meta.occurred_at
        when = f"{at:%H:%M}" if at.date() == self._day else f"{at:%Y-%m-%d %H:%M}"
        self._day = at.date()
        aside = " ".join(filter(None, (f"#{node.recorded.ordinal}", requester(meta))))
        name = type(event).__name__
        return f"[dim]{when}{later(at, above)}[/dim] [bold]{name}[/bold] {escape(line)} [dim]{escape(aside)}[/dim]"


def _ballots(decision: DecisionMade) -> Iterator[str]:
    """One line for each committee: how many members approve, and who does not and why."""
    for chamber in Chamber:
        votes = [vote for vote in decision.votes if vote.chamber is chamber]
        if votes:
            yield f"[italic]{chamber} committee[/italic] {_counted(votes)}"


def _counted(votes: Sequence[Vote]) -> str:
    against = [vote for vote in votes if not vote.approves]
    if not against:
        return f"[green]yes[/green], {'all ' if len(votes) > 1 else ''}{counted(len(votes), 'member')}"
    reasons = "; ".join(f"{vote.member} ({', '.join(vote.reasons)})" for vote in against)
    return f"[red]no[/red], {len(against)} of {counted(len(votes), 'member')}: {escape(reasons)}"

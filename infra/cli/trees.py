"""A story (the events related to one id) as trees for people: one tree for each outside fact, such as a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from commands.identity import ENGINE, EXCHANGE
from domain.log import Meta, is_outside_fact
from domain.signal import Chamber, DecisionMade, Vote
from projections.chain import Node, Story
from projections.explained.elapsed import elapsed
from projections.sentences import plain

_LONG = re.compile(r"-?\d+\.\d{5,}")
_UTC = "+00:00"
_SYSTEM = frozenset({ENGINE, EXCHANGE})
_MARKS = {True: "[green]yes[/green]", False: "[red]no [/red]"}


def heading(story: Story) -> str:
    """The chains, the number of events, and the first and last time, in rich's markup."""
    nodes = list(_all(node for _, nodes in story.roots for node in nodes))
    times = sorted(node.recorded.envelope.meta.occurred_at for node in nodes)
    chains = f"chain{'s' if len(story.chains) > 1 else ''} {', '.join(sorted(story.chains))}"
    events = f"{len(nodes)} event{'s' if len(nodes) > 1 else ''}"
    return f"[bold]{chains}[/bold]: {events}, {_clock(times[0])} to {_clock(times[-1])} UTC"


def requester(meta: Meta) -> str:
    """`by <actor>` for an event that a person or a scanner requested; empty for one that the system itself caused."""
    return "" if meta.actor in _SYSTEM else f"by {meta.actor}"


def trees(story: Story, owners: Mapping[int, str]) -> Iterator[Tree]:
    """Shows each event with time, sentence and ordinal, and with its stream where its cause has another one.

    `owners` holds the owner of the position by the ordinal of each position event; it is shown beside the stream.
    """
    for fact, nodes in story.roots:
        tree = Tree(f"[bold cyan]{escape(fact)}[/bold cyan]", guide_style="dim")
        for node in nodes:
            _grow(tree, node, owners, under="")
        yield tree


def _all(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _all(node.caused)


def _grow(
    tree: Tree, node: Node, owners: Mapping[int, str], under: str, above: datetime | None = None
) -> None:
    envelope = node.recorded.envelope
    branch = tree.add(_line(node, owners, under, above))
    if isinstance(envelope.event, DecisionMade):
        for chamber in Chamber:
            votes = [vote for vote in envelope.event.votes if vote.chamber is chamber]
            if votes:
                branch.add(f"[italic]{chamber} committee[/italic]").add(_ballot(votes))
    for caused in node.caused:
        _grow(branch, caused, owners, envelope.meta.stream, envelope.meta.occurred_at)


def later(at: datetime, above: datetime | None) -> str:
    """` +2 h 20 min` for an event that long after the event above it; empty for one at the same time or a first one."""
    return "" if above is None or at == above else f" +{elapsed(at - above)}".replace("+-", "-")


def _line(node: Node, owners: Mapping[int, str], under: str, above: datetime | None) -> str:
    event, meta = node.recorded.envelope.event, node.recorded.envelope.meta
    reported = under and is_outside_fact(meta.causation_id)
    aside = [
        f"#{node.recorded.ordinal}",
        "" if meta.stream == under else f"{meta.stream}{_owned(owners.get(node.recorded.ordinal))}",
        f"<- {meta.causation_id}" if reported else "",
        requester(meta),
    ]
    return (
        f"[dim]{_clock(meta.occurred_at)}{later(meta.occurred_at, above)}[/dim] [bold]{type(event).__name__}[/bold] "
        f"{escape(node.line)} [dim]{escape(' '.join(filter(None, aside)))}[/dim]"
    )


def _owned(owner: str | None) -> str:
    return "" if owner is None else f" (owner {owner})"


def _ballot(votes: Iterable[Vote]) -> Table:
    table = Table.grid(padding=(0, 1))
    for vote in votes:
        table.add_row(_MARKS[vote.approves], vote.member, _why(vote))
    return table


def _why(vote: Vote) -> str:
    """The vote's reasons, then its figures.

    Long figures are rounded and empty ones omitted; `--json` gives all in full.
    """
    reasons = f"[red]{escape(', '.join(vote.reasons))}[/red] " if vote.reasons else ""
    figures = ", ".join(f"{name} {_short(value)}" for name, value in vote.figures.items() if value)
    return f"{reasons}[dim]{escape(figures)}[/dim]"


def _short(figure: str) -> str:
    if not _LONG.fullmatch(figure):
        return figure.removesuffix(_UTC)
    number = Decimal(figure)
    return plain(round(number, 4 if abs(number) >= 1 else 6))


def _clock(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds").removesuffix(_UTC)

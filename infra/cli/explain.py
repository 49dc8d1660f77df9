"""`whence explain`: the whole chain around anything that has an id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from adapters.avro import to_json
from domain.errors import InvalidInput
from domain.opening import LogOpened
from domain.signal import Chamber, DecisionMade, Vote
from infra.cli.options import ConfigOption, JsonOption, LogOption
from infra.config import load
from infra.logs import open_reader
from projections.chain import Node, Story, tell
from projections.sentences import sentence


def explain(
    wanted: Annotated[
        str, typer.Argument(metavar="ID", help="An order, signal, position, event or chain id.")
    ],
    log: LogOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints why: the chain around ID, from the candle to the last fill, with votes, reasons and figures."""
    settings = load(log=log, config=config)
    with closing(open_reader(settings)) as reader:
        story = tell(reader.read, wanted)
        if story is None:
            raise InvalidInput(f"nothing in this log has the id {wanted!r}; `whence log` shows what is there")
        first = next(iter(reader.read(upto=1))).envelope.event
    synthetic = isinstance(first, LogOpened) and first.synthetic
    if as_json:
        typer.echo(json.dumps(_told(story, synthetic=synthetic), indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    if synthetic:
        console.print("[yellow]SYNTHETIC MARKET: these prices are of nothing[/yellow]")
    for fact, nodes in story.roots:
        console.print(_drawn(fact, nodes))


def _drawn(fact: str, nodes: Iterable[Node]) -> Tree:
    tree = Tree(f"[bold cyan]{escape(fact)}[/bold cyan]", guide_style="dim")
    for node in nodes:
        _grow(tree, node)
    return tree


def _grow(tree: Tree, node: Node) -> None:
    envelope = node.recorded.envelope
    event, meta = envelope.event, envelope.meta
    branch = tree.add(
        f"[dim]{_clock(meta.occurred_at)}[/dim] [bold]{type(event).__name__}[/bold] "
        f"{escape(sentence(event))} [dim]#{node.recorded.position} {escape(meta.stream)}[/dim]"
    )
    if isinstance(event, DecisionMade):
        for chamber in Chamber:
            votes = branch.add(f"[italic]{chamber} committee[/italic]")
            for vote in event.votes:
                if vote.chamber is chamber:
                    votes.add(_vote(vote))
    for caused in node.caused:
        _grow(branch, caused)


def _vote(vote: Vote) -> str:
    colour, word = ("green", "yes") if vote.approves else ("red", "no")
    why = f" {', '.join(vote.reasons)}" if vote.reasons else ""
    figures = ", ".join(f"{name} {value}" for name, value in vote.figures.items())
    return f"[{colour}]{word}[/{colour}] {escape(vote.member)}{escape(why)} [dim]{escape(figures)}[/dim]"


def _clock(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")


def _told(story: Story, *, synthetic: bool) -> Mapping[str, object]:
    return {
        "chains": sorted(story.chains),
        "synthetic": synthetic,
        "roots": [{"cause": fact, "events": [_node(node) for node in nodes]} for fact, nodes in story.roots],
    }


def _node(node: Node) -> Mapping[str, object]:
    envelope = node.recorded.envelope
    return {
        "position": node.recorded.position,
        "stream": envelope.meta.stream,
        "version": envelope.meta.version,
        "type": type(envelope.event).__name__,
        "event_id": str(envelope.meta.event_id),
        "occurred_at": envelope.meta.occurred_at.isoformat(),
        "data": to_json(envelope.event),
        "caused": [_node(caused) for caused in node.caused],
    }

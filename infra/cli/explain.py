"""`whence explain`: the whole chain around any id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.completing import ids
from infra.cli.explained_page import Page, notices_of
from infra.cli.options import ConfigOption, JsonOption, LogOption, file_of

if TYPE_CHECKING:
    from rich.tree import Tree

    from domain.log import Envelope
    from infra.personal import Read
    from projections.chain import Node, Story


def explain(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            autocompletion=ids,
            help="The id of an order (the client's or the exchange's), execution, signal, position, discrepancy, event "
            "or chain, or an ordinal as in #500.",
        ),
    ],
    log: LogOption = None,
    config: ConfigOption = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Also routine events, every vote with its figures, exchange codes and all digits."
        ),
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            parser=file_of,
            metavar="FILE",
            help="Write one self-contained page with a candle chart into this HTML file.",
        ),
    ] = None,
    candles: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="With --html: candle files of the log, as `whence paper` read them; repeatable.",
        ),
    ] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="Symbol of each candle file, in order, where file names lack it; repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Explains ID: its chain from the candle to the last fill, with votes, slippage, fees and result.

    Of a signal that was not traded it states what would have had to differ.
    """
    from domain.plain_text import meant
    from infra.cli.explained_form import form_of
    from infra.cli.explained_lines import lines
    from infra.cli.output import readers_may_leave
    from infra.cli.short_trees import short_trees
    from infra.cli.trees import trees
    from infra.cli.wording import Wording
    from infra.config import load
    from infra.logs import open_reader
    from infra.personal import opened_read
    from projections.chain import find_story, ids_in
    from projections.explained.explained import changes_in, explained

    page = Page(html, tuple(candles or ()), tuple(symbol or ()))
    page.check(as_json=as_json)
    settings = load(log=log, config=config)
    with closing(open_reader(settings)) as reader:
        read = opened_read(settings, reader.read)
        story = find_story(read, wanted)
        if story is None:
            raise InvalidInput(
                f"nothing in this log has the id or the ordinal {wanted!r}{meant(wanted, set(ids_in(read(0, None))))}; "
                "`whence log` shows its events"
            )
        first = next(iter(read(upto=1))).envelope
        facts = explained(story, wanted, changes_in(read, story.last))
        if html is not None:
            page.write(settings, first, facts)
            return
        with readers_may_leave():
            if as_json:
                form = {**_tree(story, _owners(read, story), first), **form_of(facts)}
                typer.echo(json.dumps(form, indent=2))
                return
            drawn = trees(story, _owners(read, story)) if full else short_trees(story, Wording(read))
            _show(story, notices_of(first), drawn, lines(facts, full=full))


def _owners(read: Read, story: Story) -> Mapping[int, str]:
    """The owner of the position by the ordinal of each position event; the log is read up to the story's end."""
    from projections.positions import owners_of

    return owners_of(read(upto=story.last))


def _show(story: Story, notices: Iterable[str], drawn: Iterable[Tree], below: Iterable[str]) -> None:
    from infra.cli.output import console_of
    from infra.cli.trees import heading

    console = console_of()
    console.print(heading(story))
    for notice in notices:
        console.print(f"[yellow]{notice}[/yellow]")
    for part in (*drawn, *below):
        console.print(part)


def _tree(story: Story, owners: Mapping[int, str], first: Envelope) -> Mapping[str, object]:
    from infra.run.demo_log import is_demo, is_synthetic

    return {
        "chains": sorted(story.chains),
        "synthetic": is_synthetic(first),
        "demo": is_demo(first),
        "roots": [
            {"cause": fact, "events": [_node(node, owners) for node in nodes]} for fact, nodes in story.roots
        ],
    }


def _node(node: Node, owners: Mapping[int, str]) -> Mapping[str, object]:
    from adapters.avro import iso, to_json

    envelope = node.recorded.envelope
    meta = envelope.meta
    return {
        "ordinal": node.recorded.ordinal,
        "stream": meta.stream,
        "version": meta.version,
        "type": type(envelope.event).__name__,
        "event_id": str(meta.event_id),
        "correlation_id": meta.correlation_id,
        "causation_id": meta.causation_id,
        "occurred_at": iso(meta.occurred_at),
        "recorded_at": iso(meta.recorded_at),
        "data": to_json(envelope.event),
        **({"owner": owner} if (owner := owners.get(node.recorded.ordinal)) else {}),
        "caused": [_node(caused, owners) for caused in node.caused],
    }

"""`whence drill`: restores a backup aside, and compares it with the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.backup import NumberOption, PlaceArgument
from infra.cli.options import ConfigOption, JsonOption, LogOption

if TYPE_CHECKING:
    from infra.backup.drill import Drilled


def drill(
    place: PlaceArgument = None,
    number: NumberOption = None,
    log: LogOption = None,
    scratch: Annotated[
        Path | None,
        typer.Option(
            "--scratch",
            metavar="FOLDER",
            help="Folder with room for the log and its read models; default: the system's temporary folder.",
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restores a backup aside, builds its read models, compares both with the log, and prints how long it took.

    Every event, the notary's checkpoints, the balances and the open orders are compared up to the backup's last event.
    Neither the log nor its store is changed. A difference ends it with exit code 4.
    """
    from infra.backup.drill import drilled
    from infra.backup.places import opened_place
    from infra.config import load

    settings = load(log=log, config=config)
    found = drilled(settings, opened_place(settings, place), number, scratch)
    typer.echo(json.dumps(_row(found)) if as_json else "\n".join(_lines(found)))
    if found.doubt:
        typer.echo(f"A restore needs --key and --checkpoints, or --without-proof: {found.doubt}.", err=True)


def _row(found: Drilled) -> dict[str, object]:
    return {
        "backup": found.manifest.number,
        "events": found.manifest.events,
        "behind_events": found.behind,
        "balances": found.balances,
        "open_orders": found.open_orders,
        "has_tape": found.has_tape,
        "store_rows": found.rows,
        "checkpoint": found.checkpoint,
        "doubt": found.doubt,
        "seconds": {part: round(took, 3) for part, took in found.seconds.items()},
    }


def _lines(found: Drilled) -> list[str]:
    manifest, seconds = found.manifest, found.seconds
    notary = f"checkpoint of {found.checkpoint:,} events" if found.checkpoint else "no checkpoint here"
    tape = "the tape" if found.has_tape else "no tape"
    parts = ", ".join(f"{part} {took:.1f} s" for part, took in seconds.items())
    return [
        f"Backup {manifest.number} of the log {manifest.log} is whole; the log has {found.behind:,} events since.",
        f"Equal: {manifest.events:,} events, {found.balances} balances, {found.open_orders} open orders; {notary}.",
        f"Restored beside them: {tape}, {found.rows} rows of the store's own tables.",
        f"It took {sum(seconds.values()):.1f} s: {parts}.",
    ]

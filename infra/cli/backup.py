"""`whence backup` and `whence restore`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import ConfigOption, JsonOption, LogOption, StoreOption, whole
from infra.cli.proof import Proof, ProofCheckpointsOption, ProofKeyOption, WithoutProofOption

if TYPE_CHECKING:
    from adapters.backup.manifest import Manifest
    from adapters.backup.place import Place

PlaceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[PLACE]", help="A folder, or s3://BUCKET/PREFIX; default: place in the table [backup]."
    ),
]
NumberOption = Annotated[
    int | None,
    typer.Option(
        "--backup",
        metavar="N",
        parser=whole(1),
        help="The backup with this number, as listed; default: the newest.",
    ),
]


def backup(
    place: PlaceArgument = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List the backups of the place, and make none.")
    ] = False,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Backs a log up, with its tape and the store's own tables, into a folder or a bucket, also while an engine writes.

    Only what the last backup there does not have is written. Old backups are removed by the settings of [backup], and
    events of the log never. It holds no secret: copy the files of the keys, whose ids it names, to another place.
    """
    from infra.backup.making import backed_up
    from infra.backup.places import opened_place
    from infra.backup.retention import remove_old_backups
    from infra.config import load
    from infra.run.clock import utc_now

    settings = load(log=log, store=store, config=config)
    found = opened_place(settings, place)
    if list_:
        _list(found, as_json=as_json)
        return
    manifest, written = backed_up(settings, found, utc_now)
    removed = remove_old_backups(settings.backup, found, utc_now())
    if as_json:
        typer.echo(json.dumps({**_row(manifest), "written_bytes": written, "removed": list(removed)}))
    else:
        typer.echo(
            f"{found} has backup {manifest.number}: {manifest.events:,} events of the log {manifest.log}; "
            f"{written:,} bytes were written.",
            err=True,
        )
    if removed:
        typer.echo(f"Old backups were removed: {', '.join(map(str, removed))}.", err=True)
    if manifest.without_tape:
        typer.echo(f"The tape of its inputs is not in the backup: {manifest.without_tape}", err=True)
    if manifest.keys:
        typer.echo(f"A restored log needs the files of these keys: {', '.join(manifest.keys)}.", err=True)


def restore(
    place: PlaceArgument = None,
    number: NumberOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    key: ProofKeyOption = "",
    checkpoints: ProofCheckpointsOption = None,
    without_proof: WithoutProofOption = False,
) -> None:
    """Makes a log of a backup, with its tape and the store's own tables. It is a copy until `whence log adopt`.

    The events are proven by the backup's signature, which needs the installation's key. The read models are built anew
    by the next program that needs them.
    """
    from adapters.backup.rows import read_backup
    from infra.backup.places import opened_place
    from infra.backup.restoring import chosen_backup, doubt_of, restore_tables, restore_tape
    from infra.cli.copies import copied
    from infra.config import load

    settings = load(log=log, store=store, config=config)
    found = opened_place(settings, place)
    manifest = chosen_backup(found, number)
    source = read_backup(found, manifest)
    doubt = Proof(key, checkpoints, without_proof).doubt(source, doubt_of(settings, found, manifest))
    copied(source, settings, as_json=as_json, doubt=doubt)
    if restore_tape(settings, found, manifest):
        typer.echo("Its tape is restored.", err=True)
    if (tables := restore_tables(settings, found, manifest)) is not None:
        typer.echo(f"{tables.rows:,} rows of the store's own tables are restored.", err=True)
        if tables.tokens:
            typer.echo(
                f"These tokens are in force, also those that were revoked after the backup: "
                f"{', '.join(tables.tokens)}. `whence tokens revoke NAME` ends one.",
                err=True,
            )


def _list(place: Place, *, as_json: bool) -> None:
    from adapters.backup.manifest import numbers, read_manifest
    from infra.cli.rows import show

    rows = [_row(read_manifest(place, number)) for number in numbers(place)]
    show(rows, as_json=as_json, nothing=f"{place} has no backup")


def _row(manifest: Manifest) -> dict[str, object]:
    from adapters.avro import iso

    return {
        "backup": manifest.number,
        "made_at": iso(manifest.made_at),
        "log": manifest.log,
        "events": manifest.events,
        "segments": len(manifest.segments),
        "has_tape": bool(manifest.tape),
        "has_store": bool(manifest.store),
        "is_signed": bool(manifest.signature),
    }

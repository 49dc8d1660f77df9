"""`whence log backup` and `whence log restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.options import ConfigOption, JsonOption, LogOption
from infra.cli.proof import Proof, ProofCheckpointsOption, ProofKeyOption, WithoutProofOption

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the backup.")]


def backup(folder: FolderArgument, log: LogOption = None, config: ConfigOption = None) -> None:
    """Backs a log up into an empty folder, also while an engine writes: as a file or as an export, with its tape.

    It holds no secret: copy the files of the keys, whose ids it names, to another place.
    """
    from infra.config import load
    from infra.run.log_backup import backed_up

    made = backed_up(load(log=log, config=config), folder)
    typer.echo(f"{folder} has {made.events:,} events of the log {made.log}.", err=True)
    if made.without_tape:
        typer.echo(f"The tape of its inputs is not in the backup: {made.without_tape}", err=True)
    if made.keys:
        typer.echo(f"A restored log needs the files of these keys: {', '.join(made.keys)}.", err=True)


def restore(
    folder: FolderArgument,
    log: LogOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    key: ProofKeyOption = "",
    checkpoints: ProofCheckpointsOption = None,
    without_proof: WithoutProofOption = False,
) -> None:
    """Makes a log of a backup, of any kind, and compares both. It is a copy until `whence log adopt`.

    The events are proven by their marks, in a backup of a log on Kafka or PostgreSQL by the signature in `backup.json`;
    both need the installation's key. A tape is restored with a log in a file and on Kafka.
    """
    from infra.cli.copies import copied
    from infra.config import load
    from infra.run.log_backup import opened_backup, restore_tape

    settings = load(log=log, config=config)
    proof = Proof(key, checkpoints, without_proof)
    with opened_backup(settings, folder) as (source, doubt):
        copied(source, settings, as_json=as_json, doubt=proof.doubt(source, doubt))
    if restore_tape(settings, folder):
        typer.echo("Its tape is restored.", err=True)

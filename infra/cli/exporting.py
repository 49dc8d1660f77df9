"""`whence log export` and `whence log import`: a log as daily files of JSON lines, and back."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from infra.cli import INTERRUPTED
from infra.cli.options import ConfigOption, JsonOption, LogOption
from infra.cli.proof import Proof, ProofCheckpointsOption, ProofKeyOption, WithoutProofOption

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the export.")]


def export(
    folder: FolderArgument,
    log: LogOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Continue with new events, until Ctrl-C.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Writes the events as JSON lines, one file for each type and day; a later call continues after the last event.

    Each line has the hash of the line before in the files of its type, and of its leaf in the notary's tree. An engine
    may write to the log.
    """
    from adapters.export.following import Export
    from infra.cli.stopping import stoppable
    from infra.config import load
    from infra.logs import open_reader

    with ExitStack() as held, stoppable() as stopping:
        reader = held.enter_context(closing(open_reader(load(log=log, config=config))))
        writing = held.enter_context(closing(Export(reader, folder)))
        before = writing.ordinal
        if follow:
            writing.follow(stopping.requested)
        else:
            for _ in writing.advance():
                if stopping.requested():
                    break
        after = writing.ordinal
    typer.echo(f"{folder} has {after:,} events, {after - before:,} of them written now.", err=True)
    if stopping.requested() and not follow:
        raise typer.Exit(INTERRUPTED)


def import_(
    folder: FolderArgument,
    log: LogOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    key: ProofKeyOption = "",
    checkpoints: ProofCheckpointsOption = None,
    without_proof: WithoutProofOption = False,
) -> None:
    """Makes a log of an export: the same events with the same bytes. It is a copy until `whence log adopt`.

    Every line is compared with the one before, and every event with the hash of its leaf; the first that differs is
    refused with its file and line. Whoever can write the files can make these hashes again, so the events are proven by
    the notary's checkpoints, or accepted without a proof. An import that was interrupted is continued by the same
    command.
    """
    from adapters.export.rows import read_export
    from infra.cli.copies import copied
    from infra.config import load

    settings, proof = load(log=log, config=config), Proof(key, checkpoints, without_proof)
    with closing(read_export(folder)) as source:
        copied(source, settings, as_json=as_json, doubt=proof.doubt(source, source.unverified()))

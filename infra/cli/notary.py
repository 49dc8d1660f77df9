"""`whence notary`: signs checkpoints of a log with a key that the engine does not have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.number import number
from infra.cli.options import ConfigOption, LogOption, file_of, whole

notary_app = typer.Typer(
    name="notary", no_args_is_help=True, help="Signs checkpoints of a log with a key of its own."
)

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder", metavar="DIR", help="The notary's folder; default: one for each log in this user's data."
    ),
]


_LEAST_SECONDS, _MOST_SECONDS = 0.01, 86_400.0


def _seconds(given: str | float) -> float:
    """The parser of an option in seconds. Raises BadParameter where it is no number or out of range."""
    try:
        value = number(str(given), float)
    except ValueError:
        raise typer.BadParameter(f"{given!r} is not a number in the digits 0 to 9") from None
    if not _LEAST_SECONDS <= value <= _MOST_SECONDS:
        raise typer.BadParameter(f"{value:g} is not from {_LEAST_SECONDS:g} to {_MOST_SECONDS:g}")
    return value


@notary_app.command()
def key(log: LogOption = None, folder: FolderOption = None, config: ConfigOption = None) -> None:
    """Prints the public key of the log's notary, and makes the key where there is none. No secret is printed.

    Give the printed line to everybody who verifies the log, by another way than the checkpoints.
    """
    from infra.config import load
    from infra.notary import notarys_key

    verifier, path = notarys_key(load(log=log, config=config), folder)
    typer.echo(str(verifier))
    typer.echo(f"its private part is in {path}", err=True)


@notary_app.command()
def run(
    log: LogOption = None,
    folder: FolderOption = None,
    seconds: Annotated[
        float, typer.Option("--every", parser=_seconds, metavar="SECONDS", help="Sign new events this often.")
    ] = 1.0,
    events: Annotated[
        int,
        typer.Option("--events", parser=whole(1), metavar="N", help="Sign at the latest after N new events."),
    ] = 1_000,
    git: Annotated[
        Path | None,
        typer.Option("--git", metavar="DIR", help="Also commit each checkpoint into this git repository."),
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(
            "--witness",
            metavar="URL=KEY",
            help="Also have each checkpoint signed by this witness over HTTP (c2sp.org/tlog-witness); repeatable.",
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Sign the log as it is, and end.")] = False,
    config: ConfigOption = None,
) -> None:
    """Follows the log and signs checkpoints, until Ctrl-C. It only reads the log, also while an engine writes.

    Before it signs, the whole log is compared with the last checkpoint, and each new checkpoint is proven to
    continue the one before.
    """
    from adapters.notary.notary import Pace
    from infra.cli.stopping import stoppable
    from infra.config import load
    from infra.notary import WitnessAddress, opened_notary

    witnesses = [WitnessAddress.parse(one) for one in witness or ()]
    with (
        stoppable() as stopping,
        opened_notary(load(log=log, config=config), folder, git, Pace(seconds, events), witnesses) as notary,
    ):
        typer.echo(_agreeing(notary.size), err=True)
        if once:
            notary.sign()
        else:
            notary.run(stopping.requested)
        typer.echo(f"events that are signed: {notary.size:,}", err=True)


def _agreeing(size: int) -> str:
    if not size:
        return "no event was signed before: the log is signed from its first event on"
    return f"events that agree with the last checkpoint: {size:,}"


@notary_app.command()
def cosign(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A checkpoint, or the proof that it continues the last one."),
    ],
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="The notary's public key.")],
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="The witness's folder.")],
    name: Annotated[
        str | None, typer.Option("--name", help="The witness's name, for the first use of the folder.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=file_of,
            metavar="FILE",
            help="Write the checkpoint to this file; default: print it.",
        ),
    ] = None,
) -> None:
    """Signs a checkpoint as a witness, whose key the notary does not have; needs neither the log nor a network.

    The first checkpoint of a log is believed. Each later one needs the proof of `whence audit consistency`.
    """
    import time

    from adapters.notary.proof_file import read_given
    from adapters.notary.witness import Witness
    from domain.notary.note import parse_verifier
    from infra.cli.audit import write

    witness = Witness(folder, name)
    signed = witness.cosigned(read_given(file), parse_verifier(key), int(time.time()))
    write(str(signed).encode(), out)
    typer.echo(f"signed with {witness.key.verifier}", err=True)

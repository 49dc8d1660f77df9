"""`whence audit`: verifies a log by its notary's checkpoints, and makes and checks proofs."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.options import ConfigOption, JsonOption, LogOption, file_of

if TYPE_CHECKING:
    from adapters.notary.verifying import Trust

audit_app = typer.Typer(
    name="audit",
    no_args_is_help=True,
    help="Verifies a log by signed checkpoints, and proves events.",
)

KeyOption = Annotated[
    str,
    typer.Option("--key", metavar="KEY", help="The notary's public key, as `whence notary key` prints it."),
]
WitnessOption = Annotated[
    list[str] | None,
    typer.Option("--witness", metavar="KEY", help="Also demand this witness's signature; repeatable."),
]
CheckpointsOption = Annotated[
    Path,
    typer.Option(
        "--checkpoints", metavar="PATH", help="A file of signed checkpoints, or the notary's folder."
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", parser=file_of, metavar="FILE", help="Write the proof to this file; default: print it."
    ),
]


@audit_app.command()
def verify(
    key: KeyOption,
    checkpoints: CheckpointsOption,
    log: LogOption = None,
    witness: WitnessOption = None,
    begin: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Begin where the verification that saved FILE ended."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Save where this verification ends.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compares every event of the log with the checkpoints. Names the first event that differs."""
    from adapters.notary import verifying
    from infra.config import load
    from infra.logs import open_reader

    trust = _trust(key, witness)
    signed = verifying.read_signed(checkpoints, trust)
    tree = None
    if begin is not None:
        tree, reached = verifying.resumed(begin, trust)
        signed = verifying.continued(signed, reached)
    with closing(open_reader(load(log=log, config=config))) as reader:
        comparison = verifying.verified(reader, signed, checkpoints, tree)
        later = reader.head() - comparison.tree.size
    if save is not None:
        verifying.save(save, comparison.tree, signed)
    last = signed.checkpoints[-1]
    if as_json:
        found = {
            "origin": last.origin,
            "events": last.size,
            "checkpoints": comparison.agreeing,
            "unsigned": later,
        }
        typer.echo(json.dumps(found))
        return
    typer.echo(
        f"{last.size} events of {last.origin} are as they were signed; checkpoints compared: {comparison.agreeing}; "
        f"later events, which are in none of them: {later}"
    )


@audit_app.command()
def prove(
    events: Annotated[list[str], typer.Argument(metavar="EVENT...", help="Ids or ordinals of events.")],
    key: KeyOption,
    checkpoints: CheckpointsOption,
    log: LogOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Writes the proof that an event is in the last checkpoint: one JSON document for each, in their order."""
    from adapters.notary import proof_file, proving, verifying
    from infra.config import load
    from infra.logs import open_reader

    wanted = [proving.parse_wanted(one) for one in events]
    signed = verifying.read_signed(checkpoints, _trust(key, None))
    if out is not None and len(wanted) > 1:
        raise InvalidInput("--out takes the proof of one event: name one, or leave out --out")
    with closing(open_reader(load(log=log, config=config))) as reader:
        for proof in proving.proven(reader, wanted, signed.last, signed.checkpoints[-1]):
            write(proof_file.written(proof), out)


@audit_app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A proof, from `prove` or `consistency`.")],
    key: KeyOption,
    witness: WitnessOption = None,
    as_json: JsonOption = False,
) -> None:
    """Checks a proof with public keys alone; needs neither the log nor a network. Prints what is proven."""
    from adapters.notary import proof_file

    trust = _trust(key, witness)
    checked = proof_file.check(proof_file.read(file), trust)
    if as_json:
        typer.echo(json.dumps(checked.as_json))
        return
    for line in checked.lines:
        typer.echo(line)


@audit_app.command()
def consistency(
    older: Annotated[Path, typer.Argument(metavar="A", help="The older checkpoint.")],
    newer: Annotated[Path, typer.Argument(metavar="B", help="The newer checkpoint.")],
    key: KeyOption,
    log: LogOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Writes the proof that checkpoint B continues checkpoint A: no event of A was changed or removed since."""
    from adapters.notary import proof_file, proving, verifying
    from infra.config import load
    from infra.logs import open_reader

    trust = _trust(key, None)
    old, new = (verifying.read_signed(path, trust) for path in (older, newer))
    with closing(open_reader(load(log=log, config=config))) as reader:
        proof = proving.consistent(reader, (old.last, old.checkpoints[-1]), (new.last, new.checkpoints[-1]))
    write(proof_file.written(proof), out)


def _trust(key: str, witnesses: list[str] | None) -> Trust:
    from adapters.notary.verifying import Trust
    from domain.notary.note import parse_verifier

    return Trust(parse_verifier(key), tuple(parse_verifier(one) for one in witnesses or ()))


def write(content: bytes, out: Path | None) -> None:
    """Prints a text, or writes it to a file and prints its name. Raises InvalidInput where it cannot be written."""
    from adapters.whole_file import replace_file

    if out is None:
        typer.echo(content.decode(), nl=False)
        return
    try:
        replace_file(out, content)
    except OSError as fault:
        raise InvalidInput(f"{out} cannot be written: {fault.strerror}") from None
    typer.echo(out)

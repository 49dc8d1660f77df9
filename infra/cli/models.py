"""`whence models`: trains models, shows what a model file holds, and keeps the register of a log."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from domain.learning.settings import Thresholds, TrainingSettings
from domain.number import number
from infra.cli.member_option import MemberOption
from infra.cli.model_auto import auto
from infra.cli.model_registry import add_commands
from infra.cli.options import JsonOption, file_of, whole

models_app = typer.Typer(
    name="models",
    no_args_is_help=True,
    help="Trains models that score signals, shows their files, and puts them in force.",
)
_DEFAULT = TrainingSettings()


def share(text: str | float) -> float:
    """A number from 0 to 1. Raises BadParameter for any other text."""
    try:
        found = float(number(str(text).strip(), Decimal))
    except ValueError as fault:
        raise typer.BadParameter(f"{fault}; write it like 0.65") from None
    if not 0 <= found <= 1:
        raise typer.BadParameter(f"{text} is not from 0 to 1; write it like 0.65")
    return found


@models_app.command()
def train(
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            parser=file_of,
            metavar="FOLDER",
            help="A data set of `whence features build`.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            parser=file_of,
            metavar="FOLDER",
            help="Where the file is written, as <sha256>.json.",
        ),
    ] = Path("models"),
    seed: Annotated[
        int, typer.Option(parser=whole(0, 2**31 - 1), metavar="N", help="Equal seeds give equal files.")
    ] = 0,
    member: MemberOption = None,
    trees: Annotated[
        int, typer.Option(parser=whole(1, 1_000), metavar="N", help="Trees of each head of a member.")
    ] = _DEFAULT.trees,
    depth: Annotated[
        int, typer.Option(parser=whole(1, 16), metavar="N", help="The most splits on a path of a tree.")
    ] = _DEFAULT.depth,
    leaves: Annotated[
        int, typer.Option(parser=whole(2, 256), metavar="N", help="The most leaves of a tree.")
    ] = _DEFAULT.leaves,
    tests: Annotated[
        int, typer.Option(parser=whole(1, 100), metavar="N", help="Tests of the walk-forward.")
    ] = _DEFAULT.tests,
    embargo_hours: Annotated[
        int,
        typer.Option(
            parser=whole(0, 10_000),
            metavar="N",
            help="No label trains that was known less than so many hours before a test.",
        ),
    ] = _DEFAULT.embargo_hours,
    confidence: Annotated[
        float, typer.Option(parser=share, metavar="P", help="A trade is let through from here on.")
    ] = _DEFAULT.thresholds.confidence,
    risk: Annotated[
        float, typer.Option(parser=share, metavar="P", help="A trade is let through below this risk.")
    ] = _DEFAULT.thresholds.risk,
    as_json: JsonOption = False,
) -> None:
    """Validates by a purged walk-forward beside four baselines, then trains on all rows and writes one file.

    The verdict states whether the model may be promoted. A model without skill is written, too: its file proves it.
    """
    from adapters.extras import ML, check_extras

    check_extras("whence models train", ML)
    from infra.cli.advance import Advance
    from infra.cli.models_report import print_trained
    from infra.cli.output import readers_may_leave
    from infra.learning.dataset_file import read_dataset, read_manifest
    from infra.learning.model_files import write_model
    from infra.learning.trainers import kinds_for
    from infra.learning.training import trained

    settings = TrainingSettings(
        trees=trees,
        depth=depth,
        leaves=leaves,
        tests=tests,
        embargo_hours=embargo_hours,
        thresholds=Thresholds(confidence=confidence, risk=risk),
    )
    dataset, labels = read_dataset(data), read_manifest(data).labels
    kinds = kinds_for(len(dataset.net), member or ())
    with Advance() as advance:
        found = trained(
            dataset,
            settings,
            seed,
            labels=labels,
            kinds=kinds,
            progress=lambda name, done, parts: advance.show({name: (done, parts)}),
        )
    place = write_model(out, found.data)
    with readers_may_leave():
        print_trained(place, found.data, as_json=as_json)


@models_app.command()
def show(
    file: Annotated[Path, typer.Argument(parser=file_of, metavar="FILE", help="A model file.")],
    as_json: JsonOption = False,
) -> None:
    """Prints what a model was trained from, its figures and its verdict. A damaged file is refused."""
    from infra.cli.models_report import print_model
    from infra.cli.output import readers_may_leave
    from infra.learning.model_files import open_model

    opened = open_model(file)
    with readers_may_leave():
        print_model(opened.file, opened.model.sha256, as_json=as_json)


add_commands(models_app)
models_app.command()(auto)

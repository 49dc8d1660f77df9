"""`whence models auto`: one pass that records drifts, promotes or retires by rule, and trains again when it is due."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.kill import HERE, ApiOption, TokenFileOption, check_door, engine_of
from infra.cli.model_registry import registration_of, state_in_force
from infra.cli.model_sending import answered
from infra.cli.options import ConfigOption, LogAccountOption, LogOption, StoreOption, file_of

if TYPE_CHECKING:
    from collections.abc import Container

    from domain.models.settings import ModelSettings
    from domain.settings import Settings
    from infra.config import WhenceSettings
    from infra.learning.auto_plan import AutoPlan
    from infra.run.unattended import OfTheRegister


def auto(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            parser=file_of,
            metavar="FOLDER",
            help="A data set of `whence features build`, from which a model is trained when it is due.",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The line of models to which a new one belongs.")
    ] = "main",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be requested, and request nothing.")
    ] = False,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Looks once at the models in force: run it by a timer, after `whence features build`.

    Drifts are recorded once an episode. A challenger is promoted by signals of its trial alone, within one
    error budget over all trials (docs/drift.md). A model that is trained begins as a challenger.
    """
    settings = engine_of(log, store, account, config)
    check_door(settings, token_file)
    trading = state_in_force(settings).settings.settings
    plan, now = _plan(settings, trading), datetime.now(UTC)
    requests: list[OfTheRegister] = list(plan.requests(now))
    why = None if data is None else plan.training_due(now)
    for request in requests:
        typer.echo(_sentence(request))
        if not dry_run:
            _send(settings, api, token_file, request)
    if data is not None and why is not None:
        typer.echo(f"a model is due: {why}")
        if not dry_run:
            _train(settings, api, token_file, data, name, why, plan.registered, trading.models)
    if not requests and why is None:
        typer.echo("nothing is due")


def _plan(settings: WhenceSettings, trading: Settings) -> AutoPlan:
    from infra.learning.auto_plan import AutoPlan
    from infra.learning.model_folder import ModelFolder
    from infra.logs import open_reader
    from projections.model_scores import ModelBook
    from projections.scored_trades import ScoredTrades

    with closing(open_reader(settings)) as log:
        book, scored = ModelBook().take_all(log.read()), ScoredTrades().take_all(log.read())
    tables = settings.models
    file_of_model = ModelFolder(tables.folder).file_of
    return AutoPlan(book, scored, file_of_model, tables.drift.settings, tables.auto.settings, trading)


def _sentence(request: OfTheRegister) -> str:
    from commands.request import PromoteModel, ReportDrift, RetireModel

    match request:
        case ReportDrift():
            return (
                f"{request.sha256[:12]}: {request.subject} drifts: {request.test} {request.statistic:.4f}, limit "
                f"{request.limit:.4f}, over {request.count}"
            )
        case PromoteModel():
            return f"{request.sha256[:12]} becomes {request.role}: {request.reason}"
        case RetireModel():
            return f"{request.sha256[:12]} is retired ({request.rule}): {request.reason}"
        case _:
            return type(request).__name__


def _send(settings: WhenceSettings, api: str, token_file: Path | None, request: OfTheRegister) -> None:
    """Raises Refused where the request is declined, or is not known to be carried out."""
    from commands.door import Completed, Declined, TimedOut
    from domain.errors import Refused

    what = type(request).__name__
    match answer := answered(settings, api, token_file, request):
        case Completed():
            return
        case Declined():
            raise Refused(f"{what} was declined: {answer.reason}")
        case TimedOut():
            raise Refused(f"{what} has no answer: {answer.known}; the next pass looks at the log again")
        case _:
            raise AssertionError(answer)


def _train(
    settings: WhenceSettings,
    api: str,
    token_file: Path | None,
    data: Path,
    name: str,
    why: str,
    registered: Container[str],
    limits: ModelSettings,
) -> None:
    """Trains a model whose gate judges by the limits in force, registers it and makes it a challenger.

    A model that is registered already is left as it is.
    """
    from adapters.extras import ML, check_extras

    check_extras("whence models auto --data", ML)
    from domain.learning.settings import TrainingSettings
    from infra.cli.advance import Advance
    from infra.learning.auto_plan import SCHEDULED, as_challenger
    from infra.learning.dataset_file import read_dataset, read_manifest
    from infra.learning.limits_in_force import thresholds_of
    from infra.learning.model_files import open_model, write_model
    from infra.learning.trainers import kinds_for
    from infra.learning.training import trained

    dataset, labels = read_dataset(data), read_manifest(data).labels
    with Advance() as advance:
        found = trained(
            dataset,
            TrainingSettings(thresholds=thresholds_of(limits)),
            0,
            labels=labels,
            kinds=kinds_for(len(dataset.net)),
            progress=lambda part, done, parts: advance.show({part: (done, parts)}),
        )
    opened = open_model(write_model(settings.models.folder, found.data))
    sha256 = opened.model.sha256
    if sha256 in registered:
        typer.echo(
            f"the training returned {sha256} again, which is registered: the data set is that of before"
        )
        return
    _send(settings, api, token_file, registration_of(opened.file, sha256, name, SCHEDULED + why))
    _send(settings, api, token_file, as_challenger(sha256, why))
    typer.echo(f"{sha256} is trained, registered as {name}, and a challenger")

"""`whence models auto`: one pass that records drifts, promotes or retires by rule, and trains again when it is due."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, Refused
from infra.cli.at_rest import answered
from infra.cli.kill import HERE, ApiOption, TokenFileOption, check_door, engine_of
from infra.cli.member_option import MemberName, MemberOption
from infra.cli.model_registry import registration_of, state_in_force
from infra.cli.options import (
    CandlesOption,
    ConfigOption,
    FundingHoursOption,
    LogAccountOption,
    LogOption,
    MoreCandles,
    StoreOption,
    SymbolOption,
    file_of,
    whole,
)
from infra.cli.tapes import TapeOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.models.settings import ModelSettings
    from domain.settings import Settings
    from infra.config import WhenceSettings
    from infra.learning.auto_plan import AutoPlan
    from infra.learning.model_files import OpenedModel
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
    build: Annotated[
        Path | None,
        typer.Option(
            "--build",
            parser=file_of,
            metavar="FOLDER",
            help="In place of --data: when a model is due, build the data set of the log in this folder first. A build "
            "that was stopped goes on.",
        ),
    ] = None,
    candles: CandlesOption = None,
    more: MoreCandles = None,
    symbol: SymbolOption = None,
    funding_hours: FundingHoursOption = None,
    hours: Annotated[
        int,
        typer.Option(
            "--hours",
            parser=whole(1, 8_760),
            metavar="N",
            help="With --build: a signal that was not traded is held for so long at most.",
        ),
    ] = 24,
    member: MemberOption = None,
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
    """Looks once at the models in force: run it by a timer.

    Drifts are recorded once an episode. A challenger is promoted by signals of its trial alone, within one
    error budget over all trials (docs/drift.md). A model that is trained begins as a challenger.
    """
    training = _training(
        data, build, [*(candles or ()), *(more or ())], symbol, funding_hours, hours, member or ()
    )
    settings = engine_of(log, store, account, config)
    check_door(settings, token_file)
    with nullcontext() if dry_run else _alone(settings):
        _looked(settings, api, token_file, training, name, dry_run=dry_run)


def _alone(settings: WhenceSettings) -> AbstractContextManager[None]:
    from infra.learning.pass_lock import one_pass

    return one_pass(settings.models.folder, settings.log, settings.account)


def _looked(
    settings: WhenceSettings,
    api: str,
    token_file: Path | None,
    training: _Training | None,
    name: str,
    *,
    dry_run: bool,
) -> None:
    """The pass. Raises Refused at its end where requests were declined."""
    trading = state_in_force(settings).settings.settings
    plan, now = _plan(settings, trading)
    requests: list[OfTheRegister] = list(plan.requests(now))
    why = None if training is None else plan.training_due(now)
    declined = 0
    for request in requests:
        typer.echo(_sentence(request))
        if not dry_run and (why_not := _declined(settings, api, token_file, request)):
            declined += 1
            typer.echo(why_not, err=True)
    if training is not None and why is not None:
        typer.echo(f"a model is due: {why}")
        if not dry_run:
            opened = _opened(training, settings, plan, trading.models)
            if opened is not None:
                _register(settings, api, token_file, opened, name, why)
    if not requests and why is None:
        typer.echo("nothing is due")
    if declined:
        raise Refused(
            f"{declined} of {len(requests)} requests were declined, see above; the others were carried out"
        )


def _plan(settings: WhenceSettings, trading: Settings) -> tuple[AutoPlan, datetime]:
    """The plan, and the time that its log has now."""
    from infra.learning.auto_plan import AutoPlan
    from infra.logs import open_reader
    from infra.model_store import model_store
    from infra.run.log_clock import now_by
    from projections.model_scores import ModelBook
    from projections.scored_trades import ScoredTrades

    with closing(open_reader(settings)) as log:
        book, scored = ModelBook().take_all(log.read()), ScoredTrades().take_all(log.read())
        now = now_by(log)
    tables = settings.models
    file_of_model = model_store(settings).file_of
    return AutoPlan(book, scored, file_of_model, tables.drift.settings, tables.auto.settings, trading), now


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


def _declined(settings: WhenceSettings, api: str, token_file: Path | None, request: OfTheRegister) -> str:
    """Why the request is declined; empty where it is carried out. Raises Refused where that is not known."""
    from commands.door import Completed, Declined, TimedOut

    what = type(request).__name__
    match answer := answered(settings, api, token_file, request):
        case Completed():
            return ""
        case Declined():
            return f"{what} was declined: {answer.reason}"
        case TimedOut():
            raise Refused(f"{what} has no answer: {answer.known}; the next pass looks at the log again")
        case _:
            raise AssertionError(answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Training:
    """What a model is trained from: the data set in `folder` or, where it `builds`, the one that is built below it."""

    folder: Path
    builds: bool
    tapes: TapeOptions
    limit: timedelta
    members: Sequence[MemberName]


def _training(
    data: Path | None,
    build: Path | None,
    candles: Sequence[Path],
    symbol: Sequence[str] | None,
    funding_hours: int | None,
    hours: int,
    members: Sequence[MemberName],
) -> _Training | None:
    """None without a data set. Raises InvalidInput for options that contradict each other, MissingParts without the
    libraries of the training: here, before anything is built or requested.
    """
    from adapters.extras import ML, check_extras
    from infra.learning.pytorch import check_installed

    if data is not None and build is not None:
        raise InvalidInput("give --data with a data set, or --build with a folder to build it in, not both")
    if build is None and any((candles, symbol, funding_hours)):
        raise InvalidInput("--candles, --symbol and --funding-hours are for --build: name its folder")
    folder = build or data
    if folder is None:
        if members:
            raise InvalidInput("--member is for a training: name a data set with --data or --build")
        return None
    check_extras("whence models auto with --data or --build", ML)
    if MemberName.SEQUENCE in members:
        check_installed()
    tapes = TapeOptions(candles, symbol or (), None, None, funding_hours)
    return _Training(
        folder=folder, builds=build is not None, tapes=tapes, limit=timedelta(hours=hours), members=members
    )


def _opened(
    training: _Training, settings: WhenceSettings, plan: AutoPlan, limits: ModelSettings
) -> OpenedModel | None:
    """The model that is trained; None where one of the same rows is registered."""
    from infra.cli.model_data import built_data
    from infra.cli.model_retraining import retrained
    from infra.model_store import model_store

    data = training.folder
    if training.builds:
        data = built_data(settings, training.folder, training.tapes, training.limit)
    return retrained(model_store(settings), data, plan.seed, limits, plan.registered, training.members)


def _register(
    settings: WhenceSettings, api: str, token_file: Path | None, opened: OpenedModel, name: str, why: str
) -> None:
    """Registers the model and makes it a challenger. Raises Refused where one of the two is declined."""
    from domain.learning.rule_names import SCHEDULED
    from infra.learning.auto_plan import as_challenger

    sha256 = opened.model.sha256
    for request in (
        registration_of(opened.file, sha256, name, SCHEDULED + why),
        as_challenger(sha256, why),
    ):
        if why_not := _declined(settings, api, token_file, request):
            raise Refused(why_not)
    typer.echo(
        f"{sha256} is trained with the seed {opened.file.seed}, registered as {name}, and a challenger"
    )

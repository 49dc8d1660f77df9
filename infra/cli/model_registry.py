"""`whence models list|record|compare|register|promote|retire|rollback`: the register of models of a log."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, Refused, WhenceError
from infra.cli.at_rest import answered
from infra.cli.kill import HERE, ApiOption, TokenFileOption, engine_of, report, state_of
from infra.cli.options import ConfigOption, JsonOption, LogAccountOption, LogOption, StoreOption, file_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from commands.model import RegisterModel
    from domain.model import ModelRole, ModelsInForce
    from domain.models.file import ModelFile
    from domain.portfolio import Portfolio
    from infra.config import WhenceSettings
    from infra.run.unattended import OfTheRegister
    from projections.model_scores import ModelBook

ModelArgument = Annotated[
    str, typer.Argument(metavar="SHA256", help="The model's SHA-256, or its first digits, six at least.")
]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why; it is recorded with your login, as `whence kill` does.")
]
_SHORTEST = 6
_NOTHING_BEFORE = {
    True: "there was no champion before this one: `whence models retire` ends the one in force",
    False: "no model was ever the champion of this account: `whence models promote` makes one",
}
"""Why there is no rollback, by whether a champion is in force."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def list_models(
    log: LogOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lists the models of a log: their roles, and how many of their scores had each outcome."""
    from infra.cli.model_rows import print_models
    from infra.cli.output import readers_may_leave

    book = _book(engine_of(log, None, account, config))
    with readers_may_leave():
        print_models(book, as_json=as_json)


def record(
    model: ModelArgument,
    log: LogOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Shows the record of a model in a log: training, results, calibration and drifts."""
    from infra.cli.model_rows import print_model
    from infra.cli.output import readers_may_leave

    book = _book(engine_of(log, None, account, config))
    found = book.models[named(model, book.in_force.registered)]
    with readers_may_leave():
        print_model(found, as_json=as_json)


def compare(
    log: LogOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compares the champion with its challengers on the trades that were closed and that both have scored.

    Only signals that were traded have a result, so the champion has chosen them: the comparison is descriptive.
    """
    from infra.cli.model_rows import print_comparison
    from infra.cli.output import readers_may_leave

    book = _book(engine_of(log, None, account, config))
    if not book.in_force.is_scoring:
        raise Refused("no model of this log scores: `whence models promote` puts one in force")
    with readers_may_leave():
        print_comparison(book, as_json=as_json)


def register(
    file: Annotated[
        Path, typer.Argument(parser=file_of, metavar="FILE", help="The model file, as `train` writes it.")
    ],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The line of models that it belongs to.")
    ] = "main",
    reason: ReasonOption = "trained",
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Makes a model known to the account's engine, and keeps its file in the folder of models."""
    from domain.learning.rule_names import check_reason
    from infra.learning.model_files import open_model
    from infra.model_store import model_store

    check_reason(reason, "--reason")
    settings = engine_of(log, store, account, config)
    opened = open_model(file)
    sha256 = opened.model.sha256
    model_store(settings).keep(opened.data)
    request = registration_of(opened.file, sha256, name, reason)
    _do(
        settings,
        api,
        token_file,
        request,
        f"{sha256} is registered as {name}",
        lambda models: sha256 in models.registered,
    )


def promote(
    model: ModelArgument,
    reason: ReasonOption,
    challenger: Annotated[
        bool, typer.Option("--challenger", help="Only score beside the champion, and decide nothing.")
    ] = False,
    unproven: Annotated[
        bool,
        typer.Option("--unproven", help="Promote a champion that its gate has not passed, all the same."),
    ] = False,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Puts a registered model in force: its score of each entry is voted on from the next signal on."""
    from domain.model import ModelRole
    from infra.learning.limits_in_force import with_difference

    settings = engine_of(log, store, account, config)
    state = state_in_force(settings)
    sha256 = named(model, state.models.registered)
    role = ModelRole.CHALLENGER if challenger else ModelRole.CHAMPION
    file = _readable(settings, sha256, role, unproven=unproven)
    if role is ModelRole.CHAMPION:
        reason = with_difference(reason, file, state.settings.settings)
    _promote(settings, api, token_file, state.models, sha256, role, reason, unproven=unproven)


def retire(
    model: ModelArgument,
    reason: ReasonOption,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Takes the role of a model: it scores nothing any more, and stays registered."""
    from commands.request import RetireModel

    settings = engine_of(log, store, account, config)
    sha256 = named(model, state_in_force(settings).models.registered)
    request = RetireModel(sha256=sha256, reason=reason)
    _do(
        settings,
        api,
        token_file,
        request,
        f"{sha256} scores nothing",
        lambda models: models.role_of(sha256) is None,
    )


def rollback(
    reason: ReasonOption,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Puts the champion before the last change in force again."""
    from domain.model import ModelRole
    from infra.learning.limits_in_force import with_difference

    settings = engine_of(log, store, account, config)
    state = state_in_force(settings)
    before = state.models.before
    if not before:
        raise Refused(_NOTHING_BEFORE[state.models.champion is not None])
    file = _readable(settings, before, ModelRole.CHAMPION, unproven=True)
    reason = with_difference(reason, file, state.settings.settings)
    _promote(settings, api, token_file, state.models, before, ModelRole.CHAMPION, reason, unproven=True)


def add_commands(app: typer.Typer) -> None:
    """Adds the commands of the register to the group `models`."""
    app.command("list")(list_models)
    app.command()(record)
    app.command()(compare)
    app.command()(register)
    app.command()(promote)
    app.command()(retire)
    app.command()(rollback)


def _book(settings: WhenceSettings) -> ModelBook:
    from infra.logs import open_reader
    from projections.model_scores import ModelBook

    with closing(open_reader(settings)) as log:
        return ModelBook().take_all(log.read())


def state_in_force(settings: WhenceSettings) -> Portfolio:
    """The account by its log. Raises what reading the log raises."""
    state = state_of(settings)
    if isinstance(state, WhenceError):
        raise state
    return state


def named(model: str, registered: Iterable[str]) -> str:
    """The SHA-256 of the registered model that these digits begin. Raises InvalidInput unless there is just one."""
    found = [one for one in registered if one.startswith(model.lower())]
    if len(found) == 1 and len(model) >= _SHORTEST:
        return found[0]
    if len(model) < _SHORTEST:
        raise InvalidInput(f"{model!r} is too short: write six digits of the SHA-256 at least")
    what = "several models begin" if found else "no registered model begins"
    raise InvalidInput(f"{what} with {model[:64]!r}; `whence models list` has them")


def _readable(settings: WhenceSettings, sha256: str, role: ModelRole, *, unproven: bool) -> ModelFile:
    """The model's file. Raises where it cannot be read, and where a champion has not passed its gate."""
    from domain.model import ModelRole
    from infra.model_store import model_store

    file = model_store(settings).file_of(sha256)
    verdict = file.verdict
    if role is ModelRole.CHAMPION and not verdict.passed and not unproven:
        failed = [one.removeprefix("no: ") for one in verdict.reasons if not one.startswith("yes: ")]
        raise Refused(
            f"the gate has not let {sha256[:12]} pass: {'; '.join(failed)}; make it a --challenger, or "
            "promote it with --unproven all the same"
        )
    return file


def registration_of(file: ModelFile, sha256: str, name: str, reason: str) -> RegisterModel:
    from commands.model import RegisterModel
    from infra.learning.model_metrics import metrics_of

    return RegisterModel(
        name=name,
        sha256=sha256,
        feature_set=file.feature_set,
        data_from=_EPOCH + timedelta(microseconds=file.data.first_signal_at),
        data_until=_EPOCH + timedelta(microseconds=file.data.last_signal_at),
        labels=file.data.rows,
        seed=file.seed,
        reason=reason,
        metrics=metrics_of(file.validation),
        passed_gate=file.verdict.passed,
    )


def _promote(
    settings: WhenceSettings,
    api: str,
    token_file: Path | None,
    before: ModelsInForce,
    sha256: str,
    role: ModelRole,
    reason: str,
    *,
    unproven: bool,
) -> None:
    from commands.request import PromoteModel
    from domain.learning.rule_names import check_reason

    check_reason(reason, "--reason")
    request = PromoteModel(sha256=sha256, role=role, reason=reason, unproven=unproven)
    done = f"{sha256} is {role}{_warming(before, sha256, role)}"
    _do(settings, api, token_file, request, done, lambda models: models.role_of(sha256) is role)


def _warming(before: ModelsInForce, sha256: str, role: ModelRole) -> str:
    """States that the features of the model have to be read first; empty where a model in force reads them already."""
    from domain.features.bars import LONGEST_BARS
    from domain.model import ModelRole

    wanted = before.registered[sha256].feature_set
    if any(one.feature_set == wanted for _role, one in before.scoring):
        return ""
    meanwhile = "its scores are FEATURES_MISSING"
    if role is ModelRole.CHAMPION:
        meanwhile = "every entry is skipped for SCORE_MISSING"
    return (
        f"; no model in force read {wanted}: until {LONGEST_BARS} candles of the engine's interval and 25 hours have "
        f"been read, {meanwhile}. A restart of an engine on live prices reads them from the feed's history at once"
    )


def _do(
    settings: WhenceSettings,
    api: str,
    token_file: Path | None,
    request: OfTheRegister,
    done: str,
    holds: Callable[[ModelsInForce], bool],
) -> None:
    answer = answered(settings, api, token_file, request)
    state = state_of(settings)

    def held(portfolio: Portfolio) -> bool:
        return holds(portfolio.models)

    report(answer, done, state, held)

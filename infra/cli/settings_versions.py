"""`whence settings pending|apply|rollback|history`: the settings of a log, and changes of them by a person."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, Refused
from infra.cli.at_rest import answered
from infra.cli.kill import HERE, ApiOption, TokenFileOption, engine_of, report, state_of
from infra.cli.options import ConfigOption, JsonOption, LogAccountOption, LogOption, StoreOption, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.settings import Settings
    from infra.config import WhenceSettings
    from infra.settings_versions import Edit, SettingsVersion

ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
SeenOption = Annotated[
    str | None,
    typer.Option(
        "--seen",
        metavar="ID",
        help="Id of the difference that you have seen, as `pending` prints it; without it a terminal is needed, on "
        "which the difference is confirmed. Not needed where nothing is loosened.",
    ),
]


def pending(
    log: LogOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints what differs between the settings file, with the environment, and the settings in force in the log.

    A line that ends in `waits` loosens a limit or has no tighter direction: a reload holds it for `whence settings
    apply`.
    """
    settings = engine_of(log, None, account, config)
    in_force = _in_force(settings)
    edit = _edit(in_force.settings, _configured(settings, in_force.settings))
    if as_json:
        typer.echo(json.dumps(_edit_json(edit), indent=2))
        return
    if not edit.differences:
        typer.echo("nothing is pending: the settings in force are those of the file")
    _print(edit)


def apply(
    reason: ReasonOption = "",
    seen: SeenOption = None,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Puts the settings of the file in force, by the account's running engine or in the log at rest.

    It prints the difference before. What loosens a limit is confirmed by a person.
    """
    settings = engine_of(log, store, account, config)
    in_force = _in_force(settings)
    configured = _configured(settings, in_force.settings)
    why = reason or f"applied from {_named(settings)}"
    _change(settings, _edit(in_force.settings, configured), why, seen, api, token_file)


def rollback(
    version: Annotated[
        int | None,
        typer.Argument(
            parser=whole(1),
            metavar="[VERSION]",
            help="Version that is put in force again; default: the one before.",
        ),
    ] = None,
    reason: ReasonOption = "",
    seen: SeenOption = None,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Puts a former version of the settings in force again: a new version with its values.

    It prints the difference before. What loosens a limit is confirmed by a person. The settings file is unchanged.
    """
    from infra.settings_versions import last_of, version_in, versions_of

    settings = engine_of(log, store, account, config)
    versions = versions_of(settings)
    in_force = last_of(versions)
    former = version_in(versions, version or in_force.version - 1)
    why = reason or f"rolled back to version {former.version}"
    _change(settings, _edit(in_force.settings, former.settings), why, seen, api, token_file)


def history(
    log: LogOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints every version of the settings in a log: when, by whom, why, and what changed."""
    from infra.cli.output import readers_may_leave
    from infra.settings_versions import versions_of

    versions = versions_of(engine_of(log, None, account, config))
    with readers_may_leave():
        if as_json:
            typer.echo(json.dumps([_version_json(one) for one in versions], indent=2))
            return
        for one in versions:
            why = f": {one.reason}" if one.reason else ""
            typer.echo(
                f"version {one.version}, {one.at:%Y-%m-%d %H:%M:%S} UTC, #{one.ordinal}, {one.actor}{why}"
            )
            for difference in one.edit.differences:
                typer.echo(f"  {difference}")
            for name in one.edit.fixed:
                typer.echo(f"  {name} was changed")


def _in_force(settings: WhenceSettings) -> SettingsVersion:
    from infra.settings_versions import last_of, versions_of

    return last_of(versions_of(settings))


def _edit(before: Settings, after: Settings) -> Edit:
    from infra.settings_versions import edit_of

    return edit_of(before, after)


def _named(settings: WhenceSettings) -> str:
    """The name of the settings file. Raises InvalidInput where there is none."""
    if settings.config is None:
        raise InvalidInput("there is no settings file here: name it with --config")
    return settings.config.name


def _configured(settings: WhenceSettings, in_force: Settings) -> Settings:
    """The settings of the file and the environment. Raises InvalidInput where there is no file, InvalidSettings."""
    from infra.trading import trading_settings, unnamed_as_in

    _named(settings)
    return unnamed_as_in(in_force, trading_settings(settings.trading), settings.trading)


def _change(
    settings: WhenceSettings, edit: Edit, reason: str, seen: str | None, api: str, token_file: Path | None
) -> None:
    """Prints the difference, has it confirmed where it has to be, and puts it in force."""
    from commands.request import ChangeSettings
    from domain.adjusting import as_text

    _print(edit)
    if not edit.differences:
        typer.echo("nothing was changed: the settings in force are these already")
        return
    _check_seen(edit, seen)
    changes = {one.name: one.after for one in edit.differences}
    answer = answered(settings, api, token_file, ChangeSettings(changes, reason))
    state = state_of(settings)
    report(
        answer,
        "the settings above are in force",
        state,
        lambda portfolio: all(
            as_text(portfolio.settings.settings, name) == value for name, value in changes.items()
        ),
    )


def _check_seen(edit: Edit, seen: str | None) -> None:
    """Raises Refused where a person has to confirm the difference, and none does."""
    if seen is not None and seen != edit.id:
        raise Refused(
            f"--seen {seen[:40]!r} is another difference than this one, {edit.id}: look at it again"
        )
    if not edit.waits or seen is not None:
        return
    if not sys.stdin.isatty():
        raise Refused(
            "this loosens a limit, or changes a setting that has no tighter direction: a person confirms it on a "
            f"terminal, or states the difference with --seen {edit.id}"
        )
    if not typer.confirm("Put these settings in force?"):
        raise Refused("nothing was changed")


def _print(edit: Edit) -> None:
    for one in edit.differences:
        typer.echo(f"{one}{', waits' if one.waits else ''}")
    if edit.differences:
        typer.echo(f"difference {edit.id}")
    if edit.fixed:
        typer.echo(f"fixed while an engine runs, for the next start: {', '.join(edit.fixed)}", err=True)


def _edit_json(edit: Edit) -> Mapping[str, object]:
    return {
        "id": edit.id,
        "differences": [
            {"name": one.name, "before": one.before, "after": one.after, "waits": one.waits}
            for one in edit.differences
        ],
        "fixed": list(edit.fixed),
    }


def _version_json(one: SettingsVersion) -> Mapping[str, object]:
    from adapters.avro import iso

    return {
        "version": one.version,
        "ordinal": one.ordinal,
        "at": iso(one.at),
        "actor": one.actor,
        "reason": one.reason,
        **{name: value for name, value in _edit_json(one.edit).items() if name != "id"},
    }

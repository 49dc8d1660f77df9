"""`whence settings pending|apply|reject|rollback|history`: the settings of a log, and changes of them by a person."""

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
    from collections.abc import Mapping, Sequence

    from domain.held import HeldChange
    from domain.settings import Settings
    from infra.config import WhenceSettings
    from infra.settings_versions import Edit, Holding, SettingsVersion

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
    """Prints the changes that the log holds until a person reviews them, and what differs besides between the settings
    file, with the environment, and the settings in force.

    Held is what an edit of the file or a submission by the API loosens, and what could close open positions at once.
    """
    from infra.settings_versions import history_of, last_of

    settings = engine_of(log, None, account, config)
    found = history_of(settings)
    in_force = last_of(found.versions).settings
    edit = None
    if settings.config is not None or not found.held:
        edit = _besides(_edit(in_force, _configured(settings, in_force)), found.held)
    if as_json:
        typer.echo(json.dumps(_pending_json(found.held, edit), indent=2))
        return
    _print_held(found.held)
    if edit is None:
        return
    if edit.differences and found.held:
        typer.echo("the settings file differs besides:")
    if not edit.differences and not found.held:
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
    """Puts the held changes in force or, where none is held, the settings of the file: by the account's running engine,
    or in the log at rest.

    It prints the difference before. A person confirms what loosens a limit or can close open positions at once.
    """
    from infra.settings_versions import history_of, last_of

    settings = engine_of(log, store, account, config)
    found = history_of(settings)
    if found.held:
        _print_held(found.held)
        _check_seen(_held_id(found.held), seen, waits=True)
        _review(settings, found.held, _APPLIED, reason or "applied at a shell", api, token_file)
        return
    in_force = last_of(found.versions)
    configured = _configured(settings, in_force.settings)
    why = reason or f"applied from {_named(settings)}"
    _change(settings, _edit(in_force.settings, configured), why, seen, api, token_file)


def reject(
    reason: ReasonOption = "",
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Ends the holding of the held changes, by the account's running engine or in the log at rest. The settings in
    force and the settings file stay as they are.
    """
    from infra.settings_versions import history_of

    settings = engine_of(log, store, account, config)
    held = history_of(settings).held
    if not held:
        typer.echo("nothing was changed: no change of the settings is held")
        return
    _print_held(held)
    _review(settings, held, _REJECTED, reason or "rejected at a shell", api, token_file)


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
    from infra.settings_versions import history_of, last_of, version_in

    settings = engine_of(log, store, account, config)
    versions = history_of(settings).versions
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
    """Prints every version of the settings in a log, and every change of what is held: when, by whom, why, and what."""
    from infra.cli.output import readers_may_leave
    from infra.settings_versions import history_of

    entries = history_of(engine_of(log, None, account, config)).entries
    with readers_may_leave():
        if as_json:
            typer.echo(json.dumps([_entry_json(one) for one in entries], indent=2))
            return
        for one in entries:
            _print_entry(one)


def _print_entry(one: SettingsVersion | Holding) -> None:
    from infra.settings_versions import SettingsVersion

    why = f": {one.reason}" if one.reason else ""
    where = f"{one.at:%Y-%m-%d %H:%M:%S} UTC, #{one.ordinal}, {one.actor}{why}"
    if isinstance(one, SettingsVersion):
        typer.echo(f"version {one.version}, {where}")
        for difference in one.edit.differences:
            typer.echo(f"  {difference}")
        for name in one.edit.fixed:
            typer.echo(f"  {name} was changed")
        return
    typer.echo(f"{'held' if one.changes else 'nothing held any more'}, {where}")
    for change in one.changes:
        typer.echo(f"  {change}")


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
    _check_seen(edit.id, seen, waits=edit.waits)
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


_APPLIED, _REJECTED = "APPLY", "REJECT"


def _review(
    settings: WhenceSettings,
    held: Sequence[HeldChange],
    verdict: str,
    reason: str,
    api: str,
    token_file: Path | None,
) -> None:
    """Sends the verdict on these held changes and reports what became of them."""
    from commands.request import ReviewSettings
    from domain.held import Review

    answer = answered(settings, api, token_file, ReviewSettings(_held_id(held), Review(verdict), reason))
    done = "the settings above are in force" if verdict == _APPLIED else "the changes above are held no more"
    report(answer, done, state_of(settings), lambda portfolio: tuple(portfolio.settings.held) != tuple(held))


def _held_id(held: Sequence[HeldChange]) -> str:
    from domain.held import id_of

    return id_of(held)


def _check_seen(wanted: str, seen: str | None, *, waits: bool) -> None:
    """Raises Refused where a person has to confirm the difference with the id `wanted`, and none does."""
    if seen is not None and seen != wanted:
        raise Refused(f"--seen {seen[:40]!r} is another difference than this one, {wanted}: look at it again")
    if not waits or seen is not None:
        return
    if not sys.stdin.isatty():
        raise Refused(
            "this loosens a limit, can close open positions at once, or changes a setting that has no tighter "
            f"direction: a person confirms it on a terminal, or states the difference with --seen {wanted}"
        )
    if not typer.confirm("Put these settings in force?"):
        raise Refused("nothing was changed")


def _besides(edit: Edit, held: Sequence[HeldChange]) -> Edit:
    """The edit without the differences that are held as they are."""
    from infra.settings_versions import Edit

    known = {str(one) for one in held}
    return Edit([one for one in edit.differences if str(one) not in known], edit.fixed)


def _print_held(held: Sequence[HeldChange]) -> None:
    from domain.held import described

    for one in held:
        why = f": {one.reason}" if one.reason else ""
        typer.echo(f"{described(one)}, held since {one.since:%Y-%m-%d %H:%M:%S} UTC by {one.by}{why}")
    if held:
        typer.echo(f"held {_held_id(held)}")


def _print(edit: Edit) -> None:
    for one in edit.differences:
        note = ", may close open positions at once" if one.may_close else ""
        typer.echo(f"{one}{', waits' if one.waits else note}")
    if edit.differences:
        typer.echo(f"difference {edit.id}")
    if edit.fixed:
        typer.echo(f"fixed while an engine runs, for the next start: {', '.join(edit.fixed)}", err=True)


def _pending_json(held: Sequence[HeldChange], edit: Edit | None) -> Mapping[str, object]:
    """What is held, with its id, beside what differs in the file; the latter is empty where there is no file."""
    found = {"id": _held_id(held), "changes": [_held_json(one) for one in held]} if held else None
    return {
        "held": found,
        **({"id": None, "differences": [], "fixed": []} if edit is None else _edit_json(edit)),
    }


def _held_json(one: HeldChange) -> Mapping[str, object]:
    from msgspec.structs import asdict

    from adapters.avro import iso

    return {**asdict(one), "since": iso(one.since)}


def _edit_json(edit: Edit) -> Mapping[str, object]:
    return {
        "id": edit.id,
        "differences": [
            {
                "name": one.name,
                "before": one.before,
                "after": one.after,
                "waits": one.waits,
                "may_close": one.may_close,
            }
            for one in edit.differences
        ],
        "fixed": list(edit.fixed),
    }


def _entry_json(one: SettingsVersion | Holding) -> Mapping[str, object]:
    """A version with its differences, or what is held from an event on, each with its `kind`."""
    from adapters.avro import iso
    from infra.settings_versions import SettingsVersion

    if isinstance(one, SettingsVersion):
        kind, stated = "CHANGED", _edit_json(one.edit)
    else:
        kind, stated = "HELD", {"held": [_held_json(change) for change in one.changes]}
    return {
        "kind": kind,
        "version": one.version,
        "ordinal": one.ordinal,
        "at": iso(one.at),
        "actor": one.actor,
        "reason": one.reason,
        **{name: value for name, value in stated.items() if name != "id"},
    }

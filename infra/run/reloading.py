"""Changes of `whence.toml` while an engine trades: what tightens is put in force, what loosens waits for a person.

    with reloading_of(settings) as reloading:
        while ...:
            run.attend(0.5)
            reloading.look(run)

An edit is the difference between the file before and the file now, both read as a whole with the environment. The first
file before is the one with which the program was started. A file with a fault changes nothing. An edit that the engine
refuses is part of the next edit.

An edit is submitted to the engine as one request with the actor `settings` (`commands/requests/held_settings.py`), as a
person submits changes by the API: what tightens a limit is in force at once, and the log holds the rest until a person
reviews it. A strategy that the edit adds to `paused` is paused by a request of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from commands.door import Declined
from commands.request import PauseStrategy, Requested, SubmitSettings
from domain.adjusting import FIXED, as_text
from domain.directions import differences_of
from domain.errors import InvalidSettings
from domain.held import described
from domain.settings import InForce, Settings
from domain.streams import settings_stream
from infra.config import WhenceSettings, load, shown
from infra.run.adopting import requested_by_settings
from infra.run.attending import Attending
from infra.run.clock import utc_now
from infra.trading import for_live, trading_settings

_log = logging.getLogger(__name__)


class Changing(Protocol):
    """States once for each change that the file may have changed."""

    def take(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What a settings file states together with the environment: the settings of the trading, and the others."""

    program: WhenceSettings
    trading: Settings


def settings_in(file: Path) -> FileSettings:
    """The settings of this file, checked as a whole. Raises InvalidSettings with one line for each fault.

    An empty file is refused, because a writer that fails leaves one behind.
    """
    try:
        is_empty = not file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as fault:
        raise InvalidSettings(f"{file} cannot be read: {type(fault).__name__}: {fault}") from None
    if is_empty:
        raise InvalidSettings(
            f"{file} is empty: write the settings again, or a comment where all are the defaults"
        )
    program = load(config=file)
    return FileSettings(program, _trading(program))


def _trading(program: WhenceSettings) -> Settings:
    return for_live(trading_settings(program.trading), program.trading)


class Reloading:
    """The edits of one settings file; it belongs to the thread of the run."""

    def __init__(
        self,
        file: Path,
        account: str,
        watch: Changing,
        started: Settings,
        log: str,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`account` is that of the run, and `started` are the trading's settings with which the program was started.
        `log` is the address of the log, as a person states it in a command.

        The first look takes in what the file states otherwise by now: it was edited while the program started. Raises
        InvalidSettings where the file has a fault now.
        """
        self._file, self._account, self._watch, self._clock = file, account, watch, clock
        self._log_address = log
        now = settings_in(file)
        self._known = replace(now, trading=started)
        self._is_due = now.trading != started

    def look(self, run: Attending) -> None:
        """Takes in an edit, if there is one. Raises the log's errors; the edit is taken in by the next call then."""
        try:
            self._is_due = self._watch.take() or self._is_due
        except InvalidSettings as fault:
            _log.error("%s", fault)
        if not self._is_due or run.recalling:
            return
        try:
            now = settings_in(self._file)
        except InvalidSettings as fault:
            _log.error("the settings in force are unchanged, because the file has a fault: %s", fault)
        else:
            if self._take_in(run, now):
                self._known = now
        self._is_due = False

    def _take_in(self, run: Attending, now: FileSettings) -> bool:
        """Returns whether the edit is taken in; false where the engine refused it."""
        self._name_restarts(now)
        is_switched = self._switch_strategies(run, now)
        edited = [one.name for one in differences_of(self._known.trading, now.trading)]
        before = run.world.portfolio.settings
        changes = {
            name: value
            for name in edited
            if (value := as_text(now.trading, name)) != as_text(before.settings, name)
            or any(one.name == name for one in before.held)
        }
        if not changes:
            return is_switched
        submission = SubmitSettings(changes, f"{self._file.name} was changed")
        answer = run.answer(self._requested(submission, sorted(changes.items()), run))
        if isinstance(answer, Declined):
            _log.error(
                "nothing of the edit of %s is put in force or held: %s; save the file again to try it again, or use "
                "`whence settings apply --log %s`",
                self._file,
                answer.reason,
                self._log_address,
            )
            return False
        self._log_outcome(before, run.world.portfolio.settings)
        return is_switched

    def _switch_strategies(self, run: Attending, now: FileSettings) -> bool:
        """Pauses the strategies that the edit added to `paused`; returns whether the engine took all of them.

        One that the edit removed stays paused, because a resumption lets entries in: a person requests it.
        """
        known, listed = set(self._known.trading.paused), set(now.trading.paused)
        paused = run.world.portfolio.settings.settings.paused
        if left := sorted((known - listed) & set(paused)):
            _log.warning(
                "%s: still paused, because a person resumes a strategy, with a reason", ", ".join(left)
            )
        taken = [self._paused(name, run) for name in sorted(listed - known - set(paused))]
        return all(taken)

    def _paused(self, name: str, run: Attending) -> bool:
        pause = PauseStrategy(name, f"{self._file.name} was changed")
        answer = run.answer(self._requested(pause, [(name, "paused")], run))
        if isinstance(answer, Declined):
            _log.error("%s is not paused by the edit of %s: %s", name, self._file, answer.reason)
            return False
        _log.info("%s is paused, by %s", name, self._file)
        return True

    def _requested(
        self, request: SubmitSettings | PauseStrategy, values: Sequence[tuple[str, str]], run: Attending
    ) -> Requested:
        """The request of this edit. Its id names what it was compared with, so that a later edit is another request."""
        compared = run.world.versions.get(settings_stream(self._account), 0)
        return requested_by_settings(request, self._account, (compared, values), self._clock())

    def _log_outcome(self, before: InForce, after: InForce) -> None:
        found = differences_of(before.settings, after.settings)
        if found:
            _log.info("settings version %d, by %s: %s", after.version, self._file, ", ".join(map(str, found)))
        if after.held and after.held != before.held:
            _log.warning(
                "held until a person reviews them: %s; `whence settings pending --log %s` shows these, `apply` in "
                "place of `pending` puts them in force, and `reject` ends their holding",
                ", ".join(map(described, after.held)),
                self._log_address,
            )

    def _name_restarts(self, now: FileSettings) -> None:
        names = restarts(self._known, now)
        if names:
            _log.warning(
                "%s: fixed while the engine runs, so that the next start takes them from %s",
                ", ".join(names),
                self._file,
            )


def restarts(before: FileSettings, after: FileSettings) -> Sequence[str]:
    """The names of the settings that differ and that only a start can change. Their values may be secrets."""
    program = [
        name
        for name in WhenceSettings.model_fields
        if name != "trading" and getattr(before.program, name) != getattr(after.program, name)
    ]
    old, new = _tops(before.trading), _tops(after.trading)
    return [*program, *(f"trading.{name}" for name, value in new.items() if value != old[name])]


def _tops(settings: Settings) -> Mapping[str, object]:
    return {name: getattr(settings, name) for name in FIXED if name != "paused"}


@contextmanager
def reloading_of(settings: WhenceSettings) -> Generator[Reloading | None]:
    """The edits of the settings file, where `reload` is on; else None.

    Raises InvalidSettings where there is no file to watch, MissingParts where watchfiles is not installed.
    """
    if not settings.reload:
        yield None
        return
    if settings.config is None:
        raise InvalidSettings(
            "reload is on, but there is no settings file: write whence.toml, or name one with --config"
        )
    from adapters.extras import RELOAD, check_extras

    check_extras("reload", RELOAD)
    from adapters.file_watch import FileWatch

    with FileWatch(settings.config) as watch:
        yield Reloading(settings.config, settings.account, watch, _trading(settings), shown(settings.log))

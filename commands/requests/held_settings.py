"""The commands of requests that submit changes of settings and review those that are held."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from commands.request import ReviewSettings, SubmitSettings
from commands.requests.closing_changes import closed_by
from commands.requests.situation import Situation
from commands.routes import Command
from commands.settings import ChangeSettings, HoldSettings
from domain.adjusting import adjusted
from domain.directions import Difference, differences_of
from domain.errors import InvalidInput, Refused
from domain.held import HeldChange, Review, id_of
from domain.holding import remaining, values_of
from domain.settings import Settings


def submit(request: SubmitSettings, situation: Situation, _chain: str) -> Sequence[Command]:
    """Puts in force what tightens a limit (`domain/directions.py`) and closes no open position at once, and holds the
    rest with what is held already.

    The changes are checked as a whole: with all of them in force, and with those alone that are in force at once. What
    was held before keeps none of them out: it is held no more where the settings would be invalid with both. Raises
    InvalidSettings and Refused as `adjusted` does.
    """
    if not request.changes:
        raise InvalidInput("no setting was named: there is nothing to change")
    before = situation.settings
    whole = adjusted(before, request.changes)
    differing = differences_of(before, whole)
    closes = {one.name: closed_by(one.name, whole, situation) for one in differing}
    at_once = {one.name: one.after for one in differing if not one.waits and not closes[one.name]}
    tighter = adjusted(before, at_once)
    # What is held is not in force: without it, more of the rest may close positions.
    while alone := _closing(at_once, tighter, situation):
        closes |= alone
        at_once = {name: value for name, value in at_once.items() if name not in alone}
        tighter = adjusted(before, at_once)
    waiting = [
        _held(one, closes[one.name], request.reason, situation)
        for one in differing
        if one.name not in at_once
    ]
    held = _together(situation.portfolio.settings.held, waiting, request.changes, whole)
    return [ChangeSettings(tighter, request.reason), HoldSettings(held, request.reason)]


def _closing(names: Iterable[str], settings: Settings, situation: Situation) -> Mapping[str, int]:
    """How many open positions each of these settings could close at once; those that close none are left out."""
    counts = {name: closed_by(name, settings, situation) for name in names}
    return {name: count for name, count in counts.items() if count}


def _held(difference: Difference, closes: int, reason: str, situation: Situation) -> HeldChange:
    return HeldChange(
        name=difference.name,
        before=difference.before,
        after=difference.after,
        by=situation.actor,
        since=situation.at,
        reason=reason,
        closes=closes,
    )


def _together(
    earlier: Sequence[HeldChange], waiting: Sequence[HeldChange], named: Container[str], whole: Settings
) -> tuple[HeldChange, ...]:
    """What is held after a request that names these settings and would lead to `whole`.

    A change that is requested again keeps its place, who requested it first, and since when.
    """
    left = remaining(whole, [one for one in earlier if one.name not in named])
    kept = {one.name for one in (*left, *waiting)}
    found = {one.name: one for one in earlier if one.name in kept}
    for one in waiting:
        if str(found.get(one.name)) != str(one):
            found[one.name] = one
    return tuple(found.values())


def review(request: ReviewSettings, situation: Situation, _chain: str) -> Sequence[Command]:
    """Puts what is held in force, or ends its holding. Raises Refused where other changes are held than were seen."""
    held = situation.portfolio.settings.held
    if not held:
        raise Refused("no change of the settings is held")
    if request.held != id_of(held):
        raise Refused(
            f"the changes {request.held} are not those that are held: look at them again; held are {id_of(held)}: "
            f"{', '.join(map(str, held))}"
        )
    if request.verdict is Review.REJECT:
        return [HoldSettings((), request.reason)]
    return [ChangeSettings(adjusted(situation.settings, values_of(held)), request.reason)]

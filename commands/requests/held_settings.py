"""The commands of requests that submit changes of settings and review those that are held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from commands.request import ReviewSettings, SubmitSettings
from commands.requests.situation import Situation
from commands.routes import Command
from commands.settings import ChangeSettings, HoldSettings
from domain.adjusting import adjusted
from domain.directions import differences_of
from domain.errors import InvalidInput, Refused
from domain.held import HeldChange, Review, id_of


def submit(request: SubmitSettings, situation: Situation, _chain: str) -> Sequence[Command]:
    """Puts in force what tightens a limit (`domain/directions.py`), and holds the rest with what is held already.

    The changes are checked as a whole: with all of them in force, and with those alone that tighten. Raises
    InvalidSettings and Refused as `adjusted` does.
    """
    if not request.changes:
        raise InvalidInput("no setting was named: there is nothing to change")
    before = situation.settings
    differing = differences_of(before, adjusted(before, request.changes))
    tighter = adjusted(before, {one.name: one.after for one in differing if not one.waits})
    earlier = [one for one in situation.portfolio.settings.held if one.name not in request.changes]
    waiting = [HeldChange(one.name, one.before, one.after) for one in differing if one.waits]
    held = (*earlier, *waiting)
    adjusted(tighter, _values(held))
    return [ChangeSettings(tighter, request.reason), HoldSettings(held, request.reason)]


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
    return [ChangeSettings(adjusted(situation.settings, _values(held)), request.reason)]


def _values(held: Iterable[HeldChange]) -> Mapping[str, str]:
    return {one.name: one.after for one in held}

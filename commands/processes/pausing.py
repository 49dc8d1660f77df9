"""The process after a position was closed with a loss: entries may pause after several losses in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from msgspec.structs import replace

from commands.pause import BeginPause
from commands.processes.moment import Moment
from commands.routes import Command
from domain.pause import ACCOUNT, EntriesPaused, Pause
from domain.portfolio import altered
from domain.position import PositionClosed


def pause_on_losses(moment: Moment) -> Sequence[Command]:
    """Pauses the entries of the account, and of the position's strategy, whose losses in a row reach their limit.

    The losses of a strategy are those of its own positions, by its own limits where it has some. A pause that is in
    force is not prolonged.
    """
    return [BeginPause(begun) for begun in _begun(moment)]


def with_pauses(moment: Moment) -> Moment:
    """The moment whose portfolio has the pauses that the losses of its event begin.

    All processes of an event have the same moment, and the commands of the first are carried out after the last was
    called. A process that judges an entry would not see the pause that the same event begins.
    """
    begun = _begun(moment)
    if not begun:
        return moment
    pauses = dict(moment.portfolio.pauses)
    for one in begun:
        pauses[one.owner] = Pause(owner=one.owner, losses=one.losses, net=one.net, until=one.until)
    return replace(moment, portfolio=altered(moment.portfolio, pauses=pauses))


def _begun(moment: Moment) -> Sequence[EntriesPaused]:
    """The pauses that the event of the moment begins: none unless it closed a position with a loss."""
    event, stream = moment.envelope.event, moment.envelope.meta.stream
    if not isinstance(event, PositionClosed) or event.net >= 0:
        return ()
    streaks, pauses = moment.portfolio.streaks, moment.portfolio.pauses
    return [
        EntriesPaused(
            owner=owner,
            losses=streaks[owner].losses,
            net=streaks[owner].net,
            positions=streaks[owner].positions,
            until=moment.now + timedelta(seconds=seconds) if seconds else None,
        )
        for owner, most, seconds in _limits(moment, stream)
        if 0 < most <= streaks[owner].losses and owner not in pauses
    ]


def _limits(moment: Moment, stream: str) -> Iterator[tuple[str, int, int]]:
    """Owner, losses in a row and seconds of the pause, for each row that ends with the position of this stream."""
    settings = moment.portfolio.settings.settings
    for owner, streak in moment.portfolio.streaks.items():
        if streak.positions[-1] != stream:
            continue
        limits = settings.limits_of(owner)
        if owner == ACCOUNT:
            yield owner, limits.account_losses, limits.account_pause_seconds
        else:
            yield owner, limits.strategy_losses, limits.strategy_pause_seconds

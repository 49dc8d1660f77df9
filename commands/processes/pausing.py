"""The process after a position was closed with a loss: entries may pause after several losses in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from commands.pause import BeginPause
from commands.processes.moment import Moment
from commands.routes import Command
from domain.pause import ACCOUNT, EntriesPaused
from domain.position import PositionClosed


def pause_on_losses(moment: Moment) -> Sequence[Command]:
    """Pauses the entries of the account, and of the position's strategy, whose losses in a row reach their limit.

    The losses of a strategy are those of its own positions, by its own limits where it has some. A pause that is in
    force is not prolonged.
    """
    event, stream = moment.envelope.event, moment.envelope.meta.stream
    assert isinstance(event, PositionClosed)
    if event.net >= 0:
        return ()
    streaks, pauses = moment.portfolio.streaks, moment.portfolio.pauses
    return [
        BeginPause(
            EntriesPaused(
                owner=owner,
                losses=streaks[owner].losses,
                net=streaks[owner].net,
                positions=streaks[owner].positions,
                until=moment.now + timedelta(seconds=seconds) if seconds else None,
            )
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

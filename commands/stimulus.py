"""A stimulus: the commands that follow directly from one input."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from commands.identity import ENGINE
from commands.routes import Command


class Ask(Struct, frozen=True, gc=False, kw_only=True):
    """One command, its cause, and who sends it.

    `cause` is the id of an event or an outside fact (see `domain.log.Meta`), `occurred_at` its time, `actor` whoever
    sends the command. `chain` is the chain that the command continues; None if the command continues the chain of its
    stream, or if the fact begins a new chain.
    """

    command: Command
    cause: str
    occurred_at: datetime
    actor: str
    chain: str | None = None


def clock_fact(at: datetime) -> str:
    """The cause of a command that follows from this time (UTC)."""
    return f"clock:{at.isoformat()}"


def asks_of_engine(commands: Iterable[Command], at: datetime) -> tuple[Ask, ...]:
    """Sends these commands as the engine's own, which follow from this time (UTC)."""
    cause = clock_fact(at)
    return tuple(Ask(command=one, cause=cause, occurred_at=at, actor=ENGINE) for one in commands)


class Stimulus(Struct, frozen=True, gc=False):
    """Commands that are handled together: all their events are recorded at `at`, or none."""

    at: datetime
    asks: tuple[Ask, ...]

"""A stimulus: what came from outside, as the commands it asks for."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from commands.routes import Command


class Ask(Struct, frozen=True, gc=False, kw_only=True):
    """One command and why it is asked.

    `cause` is an event's id or a typed outside fact, `occurred_at` when that was so, `actor` who asks. `chain` is
    the chain it goes on with; None where the stream it speaks to goes on, or where the fact begins a new one.
    """

    command: Command
    cause: str
    occurred_at: datetime
    actor: str
    chain: str | None = None


class Stimulus(Struct, frozen=True, gc=False):
    """Everything that is to be handled as one: it is recorded whole, at `at`, or not at all."""

    at: datetime
    asks: tuple[Ask, ...]

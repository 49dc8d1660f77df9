"""People's requests, as commands on the state of this instant. Read the table to know what each may lead to.

A request is judged once, when it is taken up: whatever it leads to is recorded with the request's key and fingerprint
as its cause, and a log that is taken up again folds that instead of judging anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from unicodedata import category

from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    RaiseSignal,
    Request,
    Requested,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeStrategy,
    TripKillSwitch,
)
from commands.requests import account, orders, protection, signals
from commands.requests.draft import draft
from commands.requests.fingerprint import fingerprint
from commands.requests.repeated import is_the_same
from commands.requests.situation import Situation
from commands.routes import Command
from commands.stimulus import Ask, Stimulus
from domain.command_fact import command_fact
from domain.errors import InvalidInput

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST = 500
_MOST_FIGURES = 100
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, halves of surrogate pairs, and separators of lines and paragraphs."""


def stimulus(requested: Requested, situation: Situation) -> Stimulus:
    """All that the request asks for, as one unit of work.

    Raises InvalidInput for a request that cannot be meant, Refused for one that the situation forbids.
    """
    cause = command_fact(requested.id, fingerprint(requested.request))
    commands = COMMANDS[type(requested.request)](requested.request, situation, situation.chain(cause))
    asks = (
        Ask(command=command, cause=cause, occurred_at=situation.at, actor=requested.actor)
        for command in commands
    )
    return Stimulus(situation.at, tuple(asks))


def check(requested: Requested) -> None:
    """Raises InvalidInput for what no situation makes right: no key, nobody who asks, a reason that says nothing."""
    if not _KEY.fullmatch(requested.id):
        raise InvalidInput("an idempotency key is 1 to 64 letters, digits, dashes and underscores")
    if not requested.actor:
        raise InvalidInput("a request names who asks")
    if requested.valid_until.tzinfo is None:
        raise InvalidInput(f"valid until {requested.valid_until} is no moment: it has no time zone")
    for name, told in _texts(requested.request):
        if not 0 < len(told.strip()) <= len(told) <= _LONGEST:
            raise InvalidInput(f"the {name} is 1 to {_LONGEST} characters, and says something")
        if any(category(character) in _UNSEEN for character in told):
            raise InvalidInput(f"the {name} has a character in it that nobody sees, like NUL or escape")


def _texts(request: Request) -> Iterator[tuple[str, str]]:
    """What is recorded as it was told; nobody who reads it later is to be misled or stopped by it."""
    for name in ("reason", "resolution", "strategy"):
        told = getattr(request, name, None)
        if isinstance(told, str):
            yield name, told
    if isinstance(request, RaiseSignal):
        yield "strategy", request.signal.strategy
        if len(request.signal.inputs) > _MOST_FIGURES:
            raise InvalidInput(f"a signal is made of {_MOST_FIGURES} figures at most")
        yield from (("name of a figure", name) for name in request.signal.inputs)


COMMANDS: Mapping[type, Callable[[Any, Situation, str], Sequence[Command]]] = {
    RaiseSignal: signals.raise_signal,
    PlaceOrder: orders.place,
    AmendOrder: orders.amend,
    CancelOrder: orders.cancel,
    ClosePosition: orders.close,
    MoveProtection: protection.move,
    PauseStrategy: account.pause,
    ResumeStrategy: account.resume,
    ChangeSettings: account.adjust,
    TripKillSwitch: account.trip,
    ResetKillSwitch: account.reset,
    ResolveDiscrepancy: account.settle,
}
"""How each request that records something becomes commands; a test holds the table to all of them."""

__all__ = ["COMMANDS", "Situation", "check", "draft", "fingerprint", "is_the_same", "stimulus"]

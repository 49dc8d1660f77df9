"""Turns requests into commands, depending on the current state, by the table `COMMANDS`.

A request is judged once, when the engine handles it. The cause of its events holds the request's key and fingerprint.
When a log is resumed, these events are folded and the request is not judged again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from commands.identity import ENGINE, EXCHANGE
from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftEntry,
    DraftOrder,
    EndRoute,
    ForgetPersonalKey,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    PromoteModel,
    RaiseSignal,
    RegisterModel,
    ReportDrift,
    Request,
    Requested,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeEntries,
    ResumeStrategy,
    RetireModel,
    ReviewSettings,
    SubmitSettings,
    TripKillSwitch,
    WithdrawClose,
)
from commands.requests import (
    account,
    closes,
    ended_routes,
    held_settings,
    models,
    orders,
    protection,
    signals,
)
from commands.requests.already import note
from commands.requests.decided import decided
from commands.requests.draft import draft
from commands.requests.entry_draft import draft_entry
from commands.requests.fingerprint import fingerprint
from commands.requests.repeated import is_the_same
from commands.requests.situation import Situation
from commands.routes import Command
from commands.stimulus import Ask, Stimulus
from domain.command_fact import command_fact
from domain.errors import InvalidInput
from domain.number import is_bounded
from domain.plain_text import check_plain
from domain.sealed import is_sealed

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST = 500
_LONGEST_SEALED = 2_800
"""The longest sealed text: 500 characters in UTF-8 with 16 bytes of AES-SIV, in base64, the field and the key's id."""
_MOST_FIGURES = 100
_PROSE = ("reason", "resolution", "strategy")
"""The fields that are recorded as given."""

_REFERENCES = (
    "order_id",
    "position",
    "discrepancy_id",
    "owner",
    "route",
    "held",
    "sha256",
    "subject",
    "test",
    "rule",
)
"""The fields that name something in the log; a message of refusal repeats them."""


def stimulus(requested: Requested, situation: Situation) -> Stimulus:
    """The commands of the request, to be handled as one unit of work.

    Raises InvalidInput for an invalid request, Refused for a request that is not allowed in this situation.
    """
    key = situation.world.commanded.key(requested.id, requested.actor)
    cause = command_fact(key, fingerprint(requested.request))
    commands = COMMANDS[type(requested.request)](requested.request, situation, situation.chain(cause))
    asks = (
        Ask(command=command, cause=cause, occurred_at=situation.at, actor=requested.actor)
        for command in commands
    )
    return Stimulus(situation.at, tuple(asks))


def check(requested: Requested) -> None:
    """Raises InvalidInput for a request that is invalid in any situation: a bad key, no actor, an empty reason."""
    if not _KEY.fullmatch(requested.id):
        raise InvalidInput("an idempotency key is 1 to 64 letters, digits, dashes and underscores")
    if not requested.actor:
        raise InvalidInput("a request needs an actor")
    check_plain("actor", requested.actor)
    if requested.actor in (ENGINE, EXCHANGE):
        raise InvalidInput(f"{requested.actor} is the actor of this system's own commands, and of no request")
    if requested.valid_until.tzinfo is None:
        raise InvalidInput(f"valid until {requested.valid_until} is no moment: it has no time zone")
    for name, amount in _amounts(requested.request):
        if amount.is_finite() and not is_bounded(amount):
            raise InvalidInput(f"the {name} has more than 100 digits or places")
    for name, text in _texts(requested.request):
        longest = _LONGEST_SEALED if is_sealed(text) else _LONGEST
        if not 0 < len(text.strip()) <= len(text) <= longest:
            raise InvalidInput(f"the {name} is 1 to {_LONGEST} characters, not only spaces")
        check_plain(name, text)
    for name, text in _references(requested.request):
        check_plain(name, text)


def _amounts(request: Request) -> Iterator[tuple[str, Decimal]]:
    """The decimals of a request, each after its name in messages."""
    for part in (request, getattr(request, "terms", None), getattr(request, "signal", None)):
        for one in fields(part) if is_dataclass(part) else ():
            amount = getattr(part, one.name)
            if isinstance(amount, Decimal):
                yield one.name.replace("_", " "), amount


def _texts(request: Request) -> Iterator[tuple[str, str]]:
    """The texts that are recorded as given, each after its name in messages."""
    yield from _fields(request, _PROSE)
    if isinstance(request, RaiseSignal | DraftEntry):
        yield "strategy", request.signal.strategy
        yield "instrument", request.signal.instrument
        if len(request.signal.inputs) > _MOST_FIGURES:
            raise InvalidInput(f"a signal has {_MOST_FIGURES} inputs at most")
        yield from (("name of an input", name) for name in request.signal.inputs)


def _references(request: Request) -> Iterator[tuple[str, str]]:
    yield from _fields(request, _REFERENCES)
    if isinstance(request, PlaceOrder | DraftOrder):
        yield "instrument", request.terms.instrument
    if isinstance(request, ChangeSettings | SubmitSettings):
        for name, value in request.changes.items():
            yield "name of a setting", name
            yield "value of a setting", value


def _fields(request: Request, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        text = getattr(request, name, None)
        if isinstance(text, str):
            yield name.replace("_", " "), text


COMMANDS: Mapping[type, Callable[[Any, Situation, str], Sequence[Command]]] = {
    RaiseSignal: signals.raise_signal,
    PlaceOrder: orders.place,
    AmendOrder: orders.amend,
    CancelOrder: orders.cancel,
    ClosePosition: closes.close,
    WithdrawClose: closes.withdraw,
    MoveProtection: protection.move,
    PauseStrategy: account.pause,
    ResumeStrategy: account.resume,
    ResumeEntries: account.resume_entries,
    EndRoute: ended_routes.end,
    ChangeSettings: account.adjust,
    SubmitSettings: held_settings.submit,
    ReviewSettings: held_settings.review,
    TripKillSwitch: account.trip,
    ResetKillSwitch: account.reset,
    ForgetPersonalKey: account.forget,
    ResolveDiscrepancy: account.settle,
    RegisterModel: models.register,
    PromoteModel: models.promote,
    RetireModel: models.retire,
    ReportDrift: models.report_drift,
}
"""The commands of each request that records something; a test checks that the table is complete."""

__all__ = [
    "COMMANDS",
    "Situation",
    "check",
    "decided",
    "draft",
    "draft_entry",
    "fingerprint",
    "is_the_same",
    "note",
    "stimulus",
]

"""Changes of settings that are held until a person reviews them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct


class Review(StrEnum):
    """The outcome of a person's review: held changes are put in force, or held no more."""

    APPLY = "APPLY"
    REJECT = "REJECT"


class HeldChange(Struct, frozen=True, gc=False, kw_only=True):
    """One setting by its dotted name, with its value in force and the value that is held, both as text.

    Of the request that led to it, `by` is the actor, `since` the time (UTC) and `reason` the reason, empty where none
    was given. `closes` is how many open positions the change could have closed at once at that time.
    """

    name: str
    before: str
    after: str
    by: str
    since: datetime
    reason: str = ""
    closes: int = 0

    def __str__(self) -> str:
        """As a line for a person: `risk.max_positions = 5 (before: 3)`."""
        return line_of(self.name, self.before, self.after)


class SettingsHeld(Struct, frozen=True, gc=False):
    """These are all changes of the account's settings that are held from this event on; none where it is empty.

    `reason` is the reason of the request that led to this list, also where it ends a holding; empty where none was
    given.
    """

    changes: tuple[HeldChange, ...]
    reason: str = ""


def line_of(name: str, before: str, after: str) -> str:
    """A difference as a line for a person; an empty value is `""`."""
    return f"{name} = {after or chr(34) * 2} (before: {before or chr(34) * 2})"


def described(one: HeldChange) -> str:
    """The difference as a line for a person, with what it could close at once."""
    return f"{one}{closing(one.closes)}"


def closing(count: int) -> str:
    """What a change could close at once, as the end of its line; empty where it is nothing."""
    return f", closes {count} open position{'' if count == 1 else 's'} at once" if count else ""


def id_of(differences: Iterable[object]) -> str:
    """Eight hexadecimal digits of a digest of these differences, printed as lines.

    A person who states the id has seen these differences and no others.
    """
    return blake2b(repr([str(one) for one in differences]).encode(), digest_size=4).hexdigest()

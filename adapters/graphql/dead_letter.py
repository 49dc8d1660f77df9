"""Dead letters: what came from outside and could not be understood."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import strawberry

from adapters.dead_letters.letter import DeadLetter as Letter
from adapters.dead_letters.state import OPEN, LetterSource, LetterState
from adapters.dead_letters.store import DeadLetters, Wanted
from adapters.graphql.context import Info
from domain.errors import InvalidInput, Refused

_MOST = 500


@strawberry.type(description="A message, record or request from outside that could not be understood.")
class DeadLetter:
    id: strawberry.ID = strawberry.field(description="Its id, as in `whence dead-letters show ID`.")
    source: LetterSource = strawberry.field(description="What kind of original it is.")
    place: str = strawberry.field(description="A venue, or `<topic>[<partition>]@<offset>`.")
    received_at: datetime = strawberry.field(description="When it was received or noticed.")
    reason: str = strawberry.field(description="Why it could not be understood.")
    size: int = strawberry.field(description="The length of the original in bytes.")
    kept: int = strawberry.field(description="How many of its first bytes are kept.")
    digest: str = strawberry.field(description="The SHA-256 of the whole original, hexadecimal.")
    retries: int = strawberry.field(description="How often it was retried in vain; after 3 it is PERMANENT.")
    state: LetterState = strawberry.field(description="What became of it.")
    is_due: bool = strawberry.field(description="Whether it can be read now and waits for the engine.")
    changed_at: datetime | None = strawberry.field(description="When its state changed last.")
    changed_by: str = strawberry.field(description="Who changed it last; empty for a new one.")
    note: str = strawberry.field(description="The reason or the result of the last change.")


async def dead_letters_of(
    info: Info, source: LetterSource | None, state: LetterState | None, first: int
) -> list[DeadLetter]:
    """The letters of this source and state, the latest first; the open ones where no state is given.

    Raises InvalidInput where `first` is not from 1 to 500, Refused in a process without letters.
    """
    if not 1 <= first <= _MOST:
        raise InvalidInput(f"first must be from 1 to {_MOST}, not {first}")
    states = OPEN if state is None else frozenset({state})
    wanted = Wanted(source=source, states=states, most=first)
    found = await info.context.served.readers.run(partial(_listed, info, wanted))
    return [_letter(one) for one in found]


def _listed(info: Info, wanted: Wanted) -> list[Letter]:
    opened = info.context.served.letters
    if opened is None:
        raise Refused("this program has no dead letters")
    letters: DeadLetters = opened()
    return list(letters.letters(wanted))


def _letter(one: Letter) -> DeadLetter:
    return DeadLetter(
        id=strawberry.ID(one.id),
        source=one.source,
        place=one.place,
        received_at=one.received_at,
        reason=one.reason,
        size=one.size,
        kept=one.kept,
        digest=one.digest,
        retries=one.retries,
        state=one.state,
        is_due=one.is_due,
        changed_at=one.changed_at,
        changed_by=one.changed_by,
        note=one.note,
    )

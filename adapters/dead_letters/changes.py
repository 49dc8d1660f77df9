"""What becomes of a dead letter: the rules of its retries, its end, and the record of each change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from adapters.dead_letters.letter import DeadLetter
from adapters.dead_letters.state import LetterState
from domain.errors import InvalidInput, Refused
from domain.plain_text import check_plain

MOST_RETRIES = 3
"""The retries in vain after which a letter is PERMANENT."""
MOST_NOTE = 500
"""The characters of a note that are kept."""

_ENDED = frozenset({LetterState.DISCARDED, LetterState.RESOLVED})


class Change(Struct, frozen=True, gc=False, kw_only=True):
    """One change of a letter: its `number` (1, 2, 3 …), by whom and when (UTC), and what the letter is after it.

    A change is valid only as the next one of its letter, so that of two people who act at once one is refused, and only
    with a signature of the installation (`SignedChange`).
    """

    letter: str
    number: int
    at: datetime
    by: str
    state: LetterState
    retries: int
    is_due: bool
    note: str


class SignedChange(NamedTuple):
    """What the signature of a change covers: all of it.

    Nobody without a key of the installation can hide a letter, or have it read again.
    """

    change: Change

    @property
    def purpose(self) -> bytes:
        """See `adapters.marks.signature.Signable`."""
        return b"whence change 01"

    @property
    def parts(self) -> Sequence[bytes]:
        """See `adapters.marks.signature.Signable`."""
        change = self.change
        figures = (str(change.number), str(change.retries), str(change.is_due))
        texts = (change.letter, change.at.astimezone(UTC).isoformat(), change.by, change.state, change.note)
        return [text.encode("utf-8", "surrogatepass") for text in (*figures, *texts)]


def last_change(letter: DeadLetter) -> Change | None:
    """The change that made the letter what it is; None where it states none."""
    if letter.changed_at is None or not letter.changes:
        return None
    return Change(
        letter=letter.id,
        number=letter.changes,
        at=letter.changed_at,
        by=letter.changed_by,
        state=letter.state,
        retries=letter.retries,
        is_due=letter.is_due,
        note=letter.note,
    )


def applied(letter: DeadLetter, change: Change) -> DeadLetter | None:
    """The letter after the change; None where the change is not the letter's next one."""
    if change.number != letter.changes + 1:
        return None
    return replace(
        letter,
        state=change.state,
        retries=change.retries,
        is_due=change.is_due,
        changes=change.number,
        changed_at=change.at,
        changed_by=change.by,
        note=change.note,
    )


def check_retry(letter: DeadLetter) -> None:
    """Raises Refused where the letter cannot be retried: it has ended, or a part of its original is missing."""
    if letter.state in _ENDED:
        raise Refused(f"letter {letter.id} is {letter.state}: it cannot be retried")
    if letter.state is LetterState.PERMANENT:
        raise Refused(
            f"letter {letter.id} was retried {letter.retries} times and is PERMANENT: discard it with a reason, by "
            f"`whence dead-letters discard {letter.id} --reason …`"
        )
    if letter.is_count:
        raise Refused(f"letter {letter.id} stands for several that were not kept: discard it with a reason")
    if letter.is_due:
        raise Refused(f"letter {letter.id} can be read already: the engine of its log takes it in")
    if not letter.is_whole:
        raise Refused(
            f"letter {letter.id} has {letter.kept:,} of {letter.size:,} bytes: its original is not whole and cannot be "
            "read again"
        )


def failed(letter: DeadLetter, at: datetime, by: str, why: str) -> Change:
    """A retry in vain; after the last one the letter is PERMANENT."""
    retries = letter.retries + 1
    state = LetterState.PERMANENT if retries >= MOST_RETRIES else LetterState.RETRIED
    return _change(letter, at, by, state, why, retries=retries)


def understood(letter: DeadLetter, at: datetime, by: str, note: str) -> Change:
    """What the letter holds was understood, and nothing more is to be done."""
    return _change(letter, at, by, LetterState.RESOLVED, note, retries=letter.retries)


def due(letter: DeadLetter, at: datetime, by: str, note: str) -> Change:
    """The letter can be read by now; the engine of its log has to take it in."""
    return _change(letter, at, by, LetterState.RETRIED, note, retries=letter.retries, is_due=True)


def discarded(letter: DeadLetter, at: datetime, by: str, reason: str) -> Change:
    """A person has decided that nothing is to be done.

    Raises InvalidInput without a reason or for one that is not plain text, Refused where the letter has ended.
    """
    if not reason.strip():
        raise InvalidInput("a letter is only discarded with a reason: give one with --reason")
    check_plain("reason", reason)
    if letter.state in _ENDED:
        raise Refused(f"letter {letter.id} is {letter.state}: it cannot be discarded")
    return _change(letter, at, by, LetterState.DISCARDED, reason.strip(), retries=letter.retries)


def _change(
    letter: DeadLetter,
    at: datetime,
    by: str,
    state: LetterState,
    note: str,
    *,
    retries: int,
    is_due: bool = False,
) -> Change:
    return Change(
        letter=letter.id,
        number=letter.changes + 1,
        at=at,
        by=by,
        state=state,
        retries=retries,
        is_due=is_due,
        note=note[:MOST_NOTE],
    )

"""The port to the place of a log's dead letters. Every store passes `tests/adapters/dead_letters/test_stores.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from adapters.dead_letters.changes import Change
from adapters.dead_letters.letter import Arrival, DeadLetter
from adapters.dead_letters.state import LetterSource, LetterState
from domain.errors import InvalidInput, Refused

MOST_LISTED = 10_000
Counts = Mapping[tuple[LetterSource, LetterState], int]


class Wanted(Struct, frozen=True, gc=False, kw_only=True):
    """Which letters are listed: of one source, in these states, and those that are due; None for any."""

    source: LetterSource | None = None
    states: frozenset[LetterState] | None = None
    is_due: bool | None = None
    most: int = MOST_LISTED

    def has(self, letter: DeadLetter) -> bool:
        """Whether the letter is wanted."""
        return (
            self.source in (None, letter.source)
            and (self.states is None or letter.state in self.states)
            and self.is_due in (None, letter.is_due)
        )


class DeadLetters(Protocol):
    """The letters of one log. Several processes may use one store. Safe to use from several threads.

    A change counts only with a signature of the installation; another one is refused, logged and returned by `refused`.
    Every method raises StoreError or LogUnavailable where the store does not answer.
    """

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        """Keeps the letters, signed; they are durable on return. A letter that is there already is not changed.

        Where it raises, some of them may be kept; the same call again keeps the others.
        """
        ...

    def letters(self, wanted: Wanted = ...) -> Sequence[DeadLetter]:
        """The wanted letters, the latest first."""
        ...

    def letter(self, letter_id: str) -> DeadLetter:
        """The letter. Raises InvalidInput where there is none with this id."""
        ...

    def original(self, letter_id: str) -> bytes:
        """The bytes of the original that are kept.

        Raises InvalidInput for an unknown id; MarkRefused where letter and original are not as they were kept, and
        KeyMissing where their key is not at hand.
        """
        ...

    def unverified(self, letter_id: str) -> bytes:
        """The bytes that are in the store, whoever wrote them. Raises InvalidInput for an unknown id."""
        ...

    def changes(self, letter_id: str) -> Sequence[Change]:
        """The changes of the letter, the first one first."""
        ...

    def refused(self, letter_id: str) -> Sequence[str]:
        """Why changes of the letter that are in the store are not believed; a sentence each, with its number."""
        ...

    def change(self, change: Change) -> DeadLetter:
        """Records a change, signed; returns the letter after it. Raises Refused where another change came first."""
        ...

    def counts(self) -> Counts:
        """The number of letters by source and state; a pair without letters is left out."""
        ...

    def close(self) -> None:
        """Releases its resources; idempotent."""
        ...


def unknown(letter_id: str) -> InvalidInput:
    """The error for an id that no letter has."""
    return InvalidInput(f"no dead letter has the id {letter_id!r}; `whence dead-letters list` names them")


def overtaken(letter_id: str) -> Refused:
    """The error for a change that is not the next one."""
    return Refused(f"letter {letter_id} was changed by somebody else meanwhile; look at it again")


def not_believed(change: Change, reason: str) -> str:
    """The sentence about a change that the installation did not sign."""
    return f"change {change.number} of letter {change.letter} is not believed: {reason}"

"""The chain of a log's marks: each mark includes the one before it, so no event can be removed, moved or replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from adapters.marks.key_folder import Keys, newest
from adapters.marks.mark import Link, Mark, Marked, is_genuine, signed_mark
from domain.errors import KeyMissing, MarkRefused

LogIdOf = Callable[[bytes], bytes]
"""The id (16 bytes) of the log whose first event has these bytes; zeros where that event is not `LogOpened`."""


class Chain:
    """Signs and verifies the marks of one log in order. `link` is the end of the chain."""

    def __init__(self, keys: Keys, log_id_of: LogIdOf, link: Link = Link()) -> None:  # noqa: B008  (immutable)
        self.keys, self.link = keys, link
        self._log_id_of = log_id_of

    def signed(self, events: Iterable[tuple[int, Marked]], epoch: int) -> tuple[Sequence[bytes], Link]:
        """The marks (64 bytes each) of new events with their ordinals, and the end of the chain with them.

        Does not change `link`, because the events may not become durable.
        """
        link, marks = self.link, list[bytes]()
        for ordinal, marked in events:
            mark = self._marked(self._begun(link, marked), ordinal, epoch, marked)
            link = self._begun(link, marked)._replace(
                ordinal=ordinal, code=mark.code, epoch=epoch, key=mark.next_key
            )
            marks.append(mark.packed)
        return marks, link

    def verified(self, ordinal: int, stored: bytes | None, marked: Marked) -> Link:
        """The end of the chain after the event at `ordinal`, which has the mark `stored` (None: no mark).

        Raises MarkRefused where the mark is missing or not valid here, and KeyMissing where its key is not at hand.
        """
        if stored is None:
            raise MarkRefused("it has no mark")
        mark, link = Mark.unpacked(stored), self._begun(self.link, marked)
        _check_place(mark, link, ordinal)
        key = self.keys.get(mark.key)
        if key is None:
            raise missing(mark.key)
        if not is_genuine(mark, key, link.log_id, marked):
            raise MarkRefused(f"its mark was not made with key {mark.key.hex()} for this content")
        return Link(link.log_id, ordinal, mark.code, mark.epoch, mark.next_key)

    def _begun(self, link: Link, first: Marked) -> Link:
        return link if link.ordinal else link._replace(log_id=self._log_id_of(first.state))

    def _marked(self, link: Link, ordinal: int, epoch: int, marked: Marked) -> Mark:
        last = newest(self.keys)
        signer = self.keys[link.key] if link.key else last
        unsigned = Mark(signer.id, last.id, epoch, ordinal, link.code, b"")
        return signed_mark(unsigned, signer, link.log_id, marked)


def missing(key: bytes) -> KeyMissing:
    """The error for a key that is not at hand."""
    return KeyMissing(
        f"the log's marks were made with key {key.hex()}, which is not in the folder of keys: copy its file there from "
        "the machine that wrote the log"
    )


def unsealed(events: int) -> str:
    """The message of NotSealed for a log with this number of events."""
    return (
        f"the log has {events} events without marks, from an earlier version of the program or from somebody else: "
        "look at them with `whence log`, then accept them with `whence log seal`"
    )


def _check_place(mark: Mark, link: Link, ordinal: int) -> None:
    if mark.ordinal != ordinal:
        raise MarkRefused(f"its mark is that of ordinal {mark.ordinal}")
    if mark.previous != link.code:
        raise MarkRefused("its mark does not follow the mark before it")
    if mark.epoch < link.epoch:
        raise MarkRefused(
            f"its mark is of the log's owner {mark.epoch}, and the last of its owner {link.epoch}"
        )
    if link.key and mark.key != link.key:
        raise MarkRefused(f"its mark names key {mark.key.hex()}; the mark before it demands {link.key.hex()}")

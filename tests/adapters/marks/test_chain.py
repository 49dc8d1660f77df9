"""The chain of marks: what it accepts, and every change that it refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from adapters.marks.chain import Chain
from adapters.marks.key import Key
from adapters.marks.mark import Mark, Marked
from domain.errors import KeyMissing, MarkRefused

OLD, NEW = Key(bytes(32)), Key(bytes(31) + b"\1")
LOG, OTHER = bytes(15) + b"\1", bytes(15) + b"\2"
EVENTS = [(n, Marked(f"s{n % 2}", n // 2 + 1, "type", b"state %d" % n)) for n in range(1, 6)]

Row = tuple[int, bytes | None, Marked]


def chain(*keys: Key, log_id: bytes = LOG) -> Chain:
    return Chain({key.id: key for key in keys}, lambda _: log_id)


def rows(signing: Chain, epochs: Sequence[int] = (1, 1, 1, 2, 2)) -> list[Row]:
    """The events with their marks, each written by the owner of its epoch."""
    found = list[Row]()
    for event, epoch in zip(EVENTS, epochs, strict=True):
        [mark], signing.link = signing.signed([event], epoch)
        found.append((event[0], mark, event[1]))
    return found


def verify(verifying: Chain, found: Sequence[Row]) -> None:
    for ordinal, mark, marked in found:
        verifying.link = verifying.verified(ordinal, mark, marked)


def test_events_that_were_signed_one_by_one_or_at_once_have_the_same_marks() -> None:
    one_by_one = rows(chain(OLD), (1,) * 5)
    at_once, _ = chain(OLD).signed(EVENTS, 1)
    assert [mark for _, mark, _ in one_by_one] == at_once
    verify(chain(OLD), one_by_one)


def test_a_new_key_signs_after_the_mark_that_names_it() -> None:
    signing = chain(OLD)
    before = rows(signing)
    signing.keys = chain(OLD, NEW).keys
    later = [(n, Marked("s0", n, "type", b"later")) for n in (6, 7)]
    marks, signing.link = signing.signed(later, 3)
    assert [Mark.unpacked(mark).key for mark in marks] == [OLD.id, NEW.id]
    whole = [*before, *((n, mark, marked) for (n, marked), mark in zip(later, marks, strict=True))]
    verify(chain(OLD, NEW), whole)
    with pytest.raises(KeyMissing, match=NEW.id.hex()):
        verify(chain(OLD), whole)


Change = Callable[[list[Row]], object]


def _of(mark: bytes | None, **changed: int | bytes) -> bytes:
    return Mark.unpacked(mark or b"")._replace(**changed).packed  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _set(at: int, mark: Callable[[list[Row]], bytes | None] | None = None, **fields: object) -> Change:
    def change(found: list[Row]) -> None:
        ordinal, old, marked = found[at]
        changed = marked._replace(**fields)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        found[at] = (ordinal, old if mark is None else mark(found), changed)

    return change


CHANGES: dict[str, tuple[Change, str]] = {
    "other bytes": (_set(2, state=b"+1,000,000"), "was not made with key"),
    "another stream": (_set(2, stream="s9"), "was not made with key"),
    "another version": (_set(2, version=9), "was not made with key"),
    "another type": (_set(2, type="typf"), "was not made with key"),
    "letters moved from stream to type": (_set(2, stream="s", type="1type"), "was not made with key"),
    "no mark": (_set(2, lambda _: None), "has no mark"),
    "a mark of three bytes": (_set(2, lambda _: b"abc"), "3 bytes"),
    "the mark before": (_set(2, lambda found: found[1][1]), "is that of ordinal 2"),
    "another code": (_set(2, lambda found: _of(found[2][1], code=bytes(16))), "was not made with key"),
    "another epoch": (_set(2, lambda found: _of(found[2][1], epoch=9)), "was not made with key"),
    "an earlier epoch": (_set(4, lambda found: _of(found[4][1], epoch=1)), "of the log's owner 1"),
    "another key": (_set(2, lambda found: _of(found[2][1], key=NEW.id)), "demands"),
    "another next key": (_set(2, lambda found: _of(found[2][1], next_key=NEW.id)), "was not made with key"),
    "an event removed": (lambda found: found.pop(2), "does not follow"),
    "the first removed": (lambda found: found.pop(0), "does not follow"),
    "two exchanged": (lambda found: found.insert(1, found.pop(2)), "does not follow"),
    "one repeated": (lambda found: found.insert(2, found[1]), "does not follow"),
}


@pytest.mark.parametrize(("change", "reason"), CHANGES.values(), ids=CHANGES)
def test_a_changed_log_is_refused(change: Change, reason: str) -> None:
    found = rows(chain(OLD))
    change(found)
    with pytest.raises(MarkRefused, match=reason):
        verify(chain(OLD, NEW), found)


def test_an_event_of_another_log_is_refused() -> None:
    with pytest.raises(MarkRefused, match="was not made with key"):
        verify(chain(OLD), rows(chain(OLD, log_id=OTHER)))


def test_an_event_of_an_unknown_key_needs_that_key() -> None:
    with pytest.raises(KeyMissing, match=NEW.id.hex()):
        verify(chain(OLD), rows(chain(NEW)))

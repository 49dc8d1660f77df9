"""Which marks a reader accepts, with the log's key and without it: both refuse a wrong place for the same reason."""

from __future__ import annotations

import pytest

from adapters.kafka.record import Entry
from adapters.kafka.rule import Proof, Rule, marked_of, with_mark
from adapters.marks.key import Key
from adapters.marks.key_folder import Keys
from domain.errors import MarkRefused

KEY = Key(bytes(32))
KEYS: Keys = {KEY.id: KEY}
READERS = {"with the key": KEYS, "without the key": dict[bytes, Key]()}


def rule(keys: Keys) -> Rule:
    return Rule(keys, lambda _state: bytes(16), lambda _log, _ordinal, _entry: None, None)


def signed(version: int, epoch: int, proof: Proof, ordinal: int) -> tuple[Entry, Proof]:
    """An entry with the mark that its owner would make at this place."""
    bare = Entry(0, "s", version, "type", b"state %d" % version, 0, [])
    [mark], after = rule(KEYS).signed(proof, [(ordinal, marked_of(bare))], epoch)
    return bare._replace(headers=with_mark(bare.headers, mark)), after


@pytest.mark.parametrize("keys", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("ordinal", "epoch", "elsewhere", "reason"),
    [
        (2, 1, False, "the last of its owner 2"),
        (3, 2, False, "that of ordinal 3"),
        (2, 2, True, "does not follow the mark before it"),
    ],
)
def test_a_mark_at_a_wrong_place_is_refused(
    keys: Keys, ordinal: int, epoch: int, elsewhere: bool, reason: str
) -> None:
    reader = rule(keys)
    first, signing = signed(1, 2, Proof(), 1)
    read = reader.after(Proof(), 1, first)
    _, other = signed(7, 2, Proof(), 1)
    second, _ = signed(2, epoch, other if elsewhere else signing, ordinal)
    with pytest.raises(MarkRefused, match=reason):
        reader.after(read, 2, second)


@pytest.mark.parametrize("keys", READERS.values(), ids=READERS)
def test_the_marks_of_a_later_owner_are_accepted(keys: Keys) -> None:
    reader = rule(keys)
    first, signing = signed(1, 1, Proof(), 1)
    second, _ = signed(2, 2, signing, 2)
    assert reader.after(reader.after(Proof(), 1, first), 2, second).link.epoch == 2

"""What every place of announcements does."""

from __future__ import annotations

from adapters.processes.place import Announced, ProcessPlace
from tests.adapters.processes.announcements import ANNOUNCEMENT, EVERY
from tests.replacing import replace

OTHER = replace(ANNOUNCEMENT, id="1" * 32, name="other")


def check_place(place: ProcessPlace) -> None:
    """The last announcement of each process is read, and a forgotten one is gone."""
    later = replace(ANNOUNCEMENT, ordinal=1_043, every=2 * EVERY)
    for one in (ANNOUNCEMENT, OTHER, later):
        place.announce(one)
    assert sorted(place.announced(), key=_key) == [Announced(one.id, one) for one in (later, OTHER)]
    place.forget([OTHER.id])
    assert place.announced() == [Announced(later.id, later)]


def _key(one: Announced) -> str:
    return one.key

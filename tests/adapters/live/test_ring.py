from __future__ import annotations

import pytest

from adapters.live.ring import Ring
from domain.log import Recorded
from tests.adapters.log.days import day


def _event(ordinal: int) -> Recorded:
    return Recorded(ordinal, day("account-main", ordinal))


def test_a_full_ring_holds_only_the_last_events() -> None:
    ring = Ring(3, begin=10)
    assert (ring.first, ring.last) == (11, 10)
    for ordinal in range(11, 16):
        ring.add(_event(ordinal))
    assert (ring.first, ring.last) == (13, 15)
    held = [ring.at(ordinal) for ordinal in range(10, 18)]
    assert [one and one.ordinal for one in held] == [None, None, None, 13, 14, 15, None, None]


def test_an_event_before_the_beginning_is_not_held() -> None:
    ring = Ring(100, begin=10)
    ring.add(_event(11))
    assert (ring.first, ring.at(10)) == (11, None)


@pytest.mark.parametrize("ordinal", [10, 12])
def test_a_gap_or_a_repetition_is_refused(ordinal: int) -> None:
    with pytest.raises(ValueError, match=f"ordinal {ordinal} does not follow 10"):
        Ring(3, begin=10).add(_event(ordinal))

"""Which stops and targets have nothing left to protect."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from msgspec import Struct

from adapters.ccxt.placing import in_sending_order
from adapters.ccxt.protection import surplus
from domain.direction import Purpose
from tests.adapters.ccxt.served import bracket, ticket

INSTRUMENT = "BTCUSDT-LINEAR.OKX"
FAMILY = bracket(ticket("e1", INSTRUMENT), "58000", "64000")
TERMS = {one.order_id: one.terms for one in FAMILY}
FAMILIES = {"e1": {Purpose.STOP: "e1-s1", Purpose.TARGET: "e1-t1"}}
BOTH, NONE = ["e1-s1", "e1-t1"], frozenset[str]()
OPEN, FILLED, PART, ENDED = (True, False), (False, True), (True, True), (False, False)


class Known(Struct):
    """Whether each order is open and has a fill; an order that is left out was never seen."""

    seen: Mapping[str, tuple[bool, bool]]

    def is_open(self, order_id: str) -> bool:
        return self.seen.get(order_id, OPEN)[0]

    def filled(self, order_id: str) -> bool | None:
        found = self.seen.get(order_id)
        return None if found is None else found[1]


@pytest.mark.parametrize(
    ("seen", "unsent", "flat", "gone"),
    [
        ({"e1": OPEN, "e1-s1": OPEN, "e1-t1": OPEN}, NONE, NONE, []),
        ({"e1": PART, "e1-s1": OPEN, "e1-t1": OPEN}, NONE, NONE, []),
        ({"e1": FILLED, "e1-s1": OPEN, "e1-t1": OPEN}, NONE, NONE, []),
        ({"e1": FILLED, "e1-s1": FILLED, "e1-t1": OPEN}, NONE, NONE, ["e1-t1"]),
        ({"e1": FILLED, "e1-s1": OPEN, "e1-t1": FILLED}, NONE, NONE, ["e1-s1"]),
        ({"e1": FILLED, "e1-s1": OPEN, "e1-t1": PART}, NONE, NONE, []),
        ({"e1": FILLED, "e1-s1": OPEN, "e1-t1": ENDED}, NONE, NONE, []),
        ({"e1": ENDED, "e1-s1": OPEN, "e1-t1": OPEN}, NONE, NONE, BOTH),
        ({"e1": ENDED}, NONE, NONE, BOTH),
        ({}, NONE, NONE, []),
        ({}, frozenset({"e1"}), NONE, BOTH),
        ({"e1": FILLED}, NONE, frozenset({INSTRUMENT}), BOTH),
        ({}, NONE, frozenset({INSTRUMENT}), []),
        ({"e1": PART, "e1-s1": OPEN}, NONE, frozenset({INSTRUMENT}), []),
        ({"e1": FILLED}, frozenset({"e1"}), NONE, []),
        ({"e1": OPEN}, NONE, frozenset({INSTRUMENT}), []),
        ({"e1": FILLED}, NONE, frozenset({"ETHUSDT-LINEAR.OKX"}), []),
        ({"e1": FILLED, "e1-s1": ENDED, "e1-t1": ENDED}, NONE, frozenset({INSTRUMENT}), []),
    ],
    ids=[
        "entry rests",
        "entry filled in part",
        "entry filled",
        "stop filled",
        "target filled",
        "target filled in part",
        "target cancelled",
        "entry cancelled",
        "entry cancelled, legs not seen",
        "nothing seen",
        "entry not sent",
        "position closed",
        "position closed, entry sent a moment ago",
        "position closed, entry still fills",
        "entry that seemed not sent was filled",
        "position closed, another entry rests",
        "another position closed",
        "all ended",
    ],
)
def test_stops_and_targets_to_cancel(
    seen: Mapping[str, tuple[bool, bool]], unsent: frozenset[str], flat: frozenset[str], gone: list[str]
) -> None:
    assert list(surplus(FAMILIES, TERMS, Known(seen), unsent, flat)) == gone


def test_after_a_close_the_stop_and_target_of_an_entry_that_ended_in_an_earlier_process_are_cancelled() -> (
    None
):
    working = {name: terms for name, terms in TERMS.items() if name != "e1"}
    assert list(surplus(FAMILIES, working, Known({}), NONE, frozenset({INSTRUMENT}))) == BOTH


def test_a_stop_goes_before_its_entry_and_other_tickets_keep_their_place() -> None:
    entry, stop, target = FAMILY
    alone, other = ticket("a", INSTRUMENT), ticket("b", INSTRUMENT, limit="1", purpose=Purpose.TARGET)
    sent = in_sending_order([alone, entry, target, stop, other])
    assert [one.order_id for one in sent] == ["a", "e1-s1", "e1", "e1-t1", "b"]

"""Which fields of events hold what people write: those that the schemas mark as personal, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast, get_args, get_type_hints

from msgspec import Struct
from msgspec.structs import fields

from adapters.avro.schema import current_schemas
from adapters.marks.key import Key
from adapters.personal.cipher import Cipher
from commands.door import Answer
from commands.order import CancelOrder
from commands.pause import BeginPause
from commands.reconciliation import RecordDiscrepancy
from commands.request import (
    ChangeSettings,
    ClosePosition,
    EndRoute,
    ForgetPersonalKey,
    PauseStrategy,
    PlaceOrder,
    RaiseSignal,
    Request,
    Requested,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeEntries,
    ResumeStrategy,
    RetireModel,
    ReviewSettings,
    SubmitSettings,
    TripKillSwitch,
    WithdrawClose,
)
from commands.requests.personal import FIELDS, with_personal
from domain.events import FULL_NAMES
from domain.held import Review, id_of
from domain.order import OrderType
from domain.pause import EntriesPaused
from domain.sealed import SEALED
from tests.commands.models_of_tests import FIRST, a_drift, promotion, registration
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking, terms
from tests.commands.requests.routed import routed
from tests.commands.requests.test_account import fresh
from tests.domain.history import ACCOUNT, BTC, ETH, D
from tests.schemas.personal import personal_fields

POSITION = f"{BTC}-LONG-1"
RESTING = terms(
    instrument=ETH, quantity=D(1), type=OrderType.LIMIT, limit_price=D(90), stop=D(89), target=None
)


class Sealed(Asking):
    """A person whose texts are sealed, as every engine's door does it."""

    def __init__(self) -> None:
        super().__init__()
        self.prices[ETH] = D(100)
        self.sent = set[type]()
        self._cipher = Cipher(Key(bytes(32)), ACCOUNT)

    def answer(self, requested: Requested) -> Answer:
        self.sent.add(type(requested.request))
        return super().answer(with_personal(requested, self._cipher.seal))


def everything_written() -> Sealed:
    """A person who has sent each request with a text of its own."""
    eve = Sealed()
    eve.entered()
    eve.accepted(ClosePosition(POSITION, "why"))
    eve.accepted(WithdrawClose(POSITION, "why"))
    eve.accepted(PlaceOrder(RESTING))
    (entry,) = eve.desk.world.portfolio.entries
    eve.rests(entry)
    eve.accepted(CancelOrder(entry, "why"))
    eve.accepted(RaiseSignal(outside(fresh(eve, confidence=0.1))))
    eve.accepted(EndRoute(routed(eve), "why", nothing_held=True))
    eve.accepted(PauseStrategy("scanner", "why"))
    eve.accepted(ResumeStrategy("scanner", "why"))
    paused = EntriesPaused(owner="scanner", losses=1, net=D(-1), positions=(POSITION,))
    eve.desk.ask(BeginPause(paused), cause="clock:a pause")
    eve.accepted(ResumeEntries("why", "scanner"))
    eve.accepted(ChangeSettings({"weights.table": "scanner/*/*=0.5"}, "why"))
    eve.accepted(SubmitSettings({"risk.max_positions": "9"}, "why"))
    eve.accepted(ReviewSettings(id_of(eve.desk.world.portfolio.settings.held), Review.REJECT, "why"))
    for name in ("d-1", f"difference:AcceptedOrderNotFound:{entry}"):
        eve.desk.ask(RecordDiscrepancy(name, BTC, "1 more"), cause=f"exchange:test:{name}")
        eve.accepted(ResolveDiscrepancy(name, "why"))
    for request in (registration(), promotion(), a_drift(), RetireModel(sha256=FIRST, reason="why")):
        eve.accepted(request)
    eve.accepted(TripKillSwitch("why"))
    eve.accepted(RaiseSignal(outside(fresh(eve))))
    eve.accepted(ResetKillSwitch("why"))
    eve.accepted(ForgetPersonalKey("0123456789abcdef", "why"))
    return eve


def sealed_places(value: Any, name: str = "") -> Iterator[str]:
    """The dotted names of the fields that hold a sealed text."""
    if isinstance(value, str) and SEALED.search(value):
        yield name.strip(".")
    elif isinstance(value, Struct):
        for field in fields(value):
            yield from sealed_places(getattr(value, field.name), f"{name}.{field.name}")
    elif isinstance(value, tuple):
        for one in cast("tuple[object, ...]", value):
            yield from sealed_places(one, name)


def test_what_people_write_is_recorded_in_the_fields_that_the_schemas_mark_and_in_all_of_them() -> None:
    eve = everything_written()
    found = {
        (FULL_NAMES[type(one.event)], place)
        for one in eve.desk.log.envelopes
        for place in (*sealed_places(one.meta, "meta"), *sealed_places(one.event))
    }
    marked = {
        (name, place) for name, schema in current_schemas().items() for place in personal_fields(schema)
    }
    assert found <= marked
    assert {one for one in marked - found if one[1] != "meta.actor"} == set()


def test_every_request_with_a_personal_text_is_among_those_that_were_sent() -> None:
    written = {kind for kind in get_args(Request) if set(FIELDS) & set(get_type_hints(kind))}
    assert written <= everything_written().sent

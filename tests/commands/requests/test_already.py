"""Every request in every state in which it changes nothing: its answer states what holds, or why it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from commands.door import Answer, Completed, Declined
from commands.exchange import Cancelled, Expired, Rejected
from commands.reconciliation import RecordDiscrepancy
from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftEntry,
    DraftOrder,
    EndRoute,
    ForgetPersonalKey,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    RaiseSignal,
    ReportDrift,
    Request,
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
from commands.requests.already import ALREADY
from domain.order import OrderType
from tests.commands.desk import a_fill_of
from tests.commands.models_of_tests import FIRST, promotion, registration
from tests.commands.requests.asking import Asking, chain_of, terms
from tests.commands.requests.routed import routed
from tests.domain.history import BTC, D

POSITION = f"{BTC}-LONG-1"
RESTING = terms(quantity=D(1), type=OrderType.LIMIT, limit_price=D(90), stop=D(89), target=None)
ENTRY = f"{chain_of('rest')}-e1"
Prepare = Callable[[Asking], object]


def waits(eve: Asking) -> None:
    eve.accepted(PlaceOrder(RESTING), "rest")
    eve.rests(ENTRY, f"{chain_of('rest')}-s1")


def ended(report: type[Cancelled | Rejected | Expired]) -> Prepare:
    def prepare(eve: Asking) -> None:
        waits(eve)
        eve.desk.tell(report(order_id=ENTRY, at=eve.desk.at, fact="exchange:test:end", reason="no liquidity"))

    return prepare


def filled(eve: Asking) -> None:
    waits(eve)
    eve.desk.tell(a_fill_of(ENTRY, "x1", D(1), D(90)))


def cancelling(eve: Asking) -> None:
    waits(eve)
    eve.accepted(CancelOrder(ENTRY, "first"))


def closed(eve: Asking) -> None:
    chain = eve.entered()
    eve.desk.tell(a_fill_of(f"{chain}-t1", "out", D(10), D(106)))


def closing(eve: Asking) -> None:
    eve.entered()
    eve.accepted(ClosePosition(POSITION, "first"))


def found(eve: Asking) -> None:
    eve.desk.ask(RecordDiscrepancy("d-1", BTC, "1 more"), cause="exchange:test:d-1")
    eve.accepted(ResolveDiscrepancy("d-1", "counted"))


def ended_route(eve: Asking) -> None:
    eve.accepted(EndRoute(routed(eve), "gone", nothing_held=True))


def after(request: Request) -> Prepare:
    return lambda eve: eve.accepted(request)


def nothing(_eve: Asking) -> None:
    return None


def promoted(eve: Asking) -> None:
    eve.accepted(registration())
    eve.accepted(promotion())


CANCEL, AMEND, CLOSE = (
    CancelOrder(ENTRY, "why"),
    AmendOrder(order_id=ENTRY, quantity=D(2)),
    ClosePosition(POSITION, "why"),
)

HOLDS: dict[str, tuple[Prepare, Request, str]] = {
    "a cancel of a cancelled order": (ended(Cancelled), CANCEL, f"order {ENTRY} is cancelled already: no liquidity"),
    "a cancel of a rejected order": (ended(Rejected), CANCEL, f"order {ENTRY} is rejected already: no liquidity"),
    "a cancel of an expired order": (ended(Expired), CANCEL, f"order {ENTRY} is expired already: no liquidity"),
    "a second cancel": (cancelling, CANCEL, f"a cancel of order {ENTRY} was requested already"),
    "an amendment to the same terms": (
        waits,
        AmendOrder(order_id=ENTRY, quantity=D(1)),
        f"order {ENTRY} has these terms already",
    ),
    "protection at the same prices": (
        lambda eve: eve.entered(),
        MoveProtection(POSITION, stop=D(98)),
        f"the protection of {POSITION} rests at these prices already",
    ),
    "a trip of a tripped switch": (
        after(TripKillSwitch("lunch")),
        TripKillSwitch("dinner"),
        "the kill switch is tripped already: lunch",
    ),
    "a reset of a switch that is not tripped": (nothing, ResetKillSwitch("why"), "the kill switch is not tripped"),
    "the forgetting of a forgotten key": (
        after(ForgetPersonalKey("0123456789abcdef", "why")),
        ForgetPersonalKey("0123456789abcdef", "again"),
        "the key 0123456789abcdef is forgotten already",
    ),
    "a pause of a paused strategy": (
        after(PauseStrategy("trend", "news")),
        PauseStrategy("trend", "news"),
        "trend is paused already",
    ),
    "a resumption of a strategy that is not paused": (nothing, ResumeStrategy("trend", "why"), "trend is not paused"),
    "a resumption of entries that are not paused": (
        nothing,
        ResumeEntries("why"),
        "no pause after losses is in force for the account",
    ),
    "a resumption of a strategy's entries that are not paused": (
        nothing,
        ResumeEntries("why", "trend"),
        "no pause after losses is in force for trend",
    ),
    "an end of an ended route": (
        ended_route,
        EndRoute(chain_of("routed"), "gone"),
        f"the route {chain_of('routed')} is over already",
    ),
    "a change to the settings in force": (
        after(ChangeSettings({"risk.max_positions": "3"})),
        ChangeSettings({"risk.max_positions": "3"}),
        "these settings are in force already",
    ),
    "a submission of held changes": (
        after(SubmitSettings({"risk.max_positions": "9"}, "why")),
        SubmitSettings({"risk.max_positions": "9"}, "why"),
        "these settings are in force or held already",
    ),
    "a resolution of a resolved discrepancy": (
        found,
        ResolveDiscrepancy("d-1", "counted"),
        "the discrepancy d-1 is resolved already",
    ),
    "a registration of a registered model": (
        after(registration()),
        registration(),
        f"the model {FIRST} is registered already",
    ),
    "a promotion to the role that a model has": (
        promoted,
        promotion(),
        f"the model {FIRST} is CHAMPION already",
    ),
    "a retirement of a model without a role": (
        after(registration()),
        RetireModel(sha256=FIRST, reason="why"),
        f"the model {FIRST} has no role",
    ),
}  # fmt: skip

CANNOT: dict[str, tuple[Prepare, Request, str]] = {
    "a cancel of a filled order": (filled, CANCEL, f"order {ENTRY} is filled already: nothing is left to cancel"),
    "an amendment of a filled order": (filled, AMEND, f"order {ENTRY} has ended: nothing is left to amend"),
    "an amendment of a cancelled order": (ended(Cancelled), AMEND, f"order {ENTRY} has ended"),
    "an amendment of a rejected order": (ended(Rejected), AMEND, f"order {ENTRY} has ended"),
    "an amendment of an expired order": (ended(Expired), AMEND, f"order {ENTRY} has ended"),
    "an amendment of an order being cancelled": (cancelling, AMEND, f"order {ENTRY} waits for the response"),
    "a close of a closed position": (closed, CLOSE, f"{POSITION} has ended"),
    "a close of a position being closed": (closing, CLOSE, f"{POSITION} is being closed already"),
    "moved protection of a closed position": (
        closed,
        MoveProtection(POSITION, stop=D(97)),
        f"{POSITION} has ended",
    ),
    "a withdrawal without a close": (
        lambda eve: eve.entered(),
        WithdrawClose(POSITION, "why"),
        f"{POSITION} is not being closed",
    ),
}  # fmt: skip


def _answered_without_events(prepare: Prepare, request_: Request) -> Answer:
    """The answer to a request that records nothing."""
    eve = Asking()
    prepare(eve)
    head = eve.desk.log.head()
    answer = eve.ask(request_)
    assert eve.desk.log.head() == head
    return answer


@pytest.mark.parametrize(("prepare", "request_", "note"), HOLDS.values(), ids=HOLDS)
def test_a_request_whose_result_holds_already_states_so(
    prepare: Prepare, request_: Request, note: str
) -> None:
    answer = _answered_without_events(prepare, request_)
    assert isinstance(answer, Completed)
    assert (answer.note, answer.events, answer.ordinal) == (note, (), 0)


@pytest.mark.parametrize(("prepare", "request_", "reason"), CANNOT.values(), ids=CANNOT)
def test_a_request_whose_result_cannot_be_reached_is_declined(
    prepare: Prepare, request_: Request, reason: str
) -> None:
    answer = _answered_without_events(prepare, request_)
    assert isinstance(answer, Declined)
    assert answer.code == "Refused"
    assert answer.reason.startswith(reason)


def test_every_request_that_can_change_nothing_has_its_note() -> None:
    always_recorded = {PlaceOrder, RaiseSignal, ClosePosition, WithdrawClose, ReportDrift, ReviewSettings}
    assert set(get_args(Request)) - always_recorded - {DraftOrder, DraftEntry} == set(ALREADY)
    assert {type(request) for _, request, _ in HOLDS.values()} == set(ALREADY)

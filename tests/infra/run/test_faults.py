"""Which faults of the read models become notices, and when an acknowledged one is raised again."""

from __future__ import annotations

from datetime import timedelta

from commands.exchange import Accepted
from commands.reconciliation import recorded
from commands.watchdog import LONGEST_BARE, Watchdog
from domain.direction import Direction
from domain.reconciliation.differences import PositionUnknownToThem
from domain.reconciliation.statement import StatedPosition
from infra.run.faults import UNPROTECTED, read_model_notices, unprotected_notices
from projections.condition import Fault, FaultKind
from projections.severity import Severity
from tests.commands.desk import Desk, a_fill_of, chain_of, long
from tests.domain.history import BTC, NOW, D


def test_parked_late_and_ended_read_models_are_critical_notices_and_other_faults_are_none() -> None:
    faults = [Fault("orders", kind, "detail") for kind in FaultKind]
    notices = list(read_model_notices(faults, NOW))
    assert {(one.kind, one.severity) for one in notices} == {
        ("READ_MODEL_PARKED", Severity.CRITICAL),
        ("READ_MODEL_LATE", Severity.CRITICAL),
        ("READ_MODEL_ENDED", Severity.CRITICAL),
    }
    assert {(one.account, one.subject, one.line, one.ordinal) for one in notices} == {
        ("system", "orders", "orders detail", None)
    }


def test_a_fault_has_one_id_within_an_hour_and_another_one_in_the_next() -> None:
    (fault,) = [Fault("orders", FaultKind.PARKED, "detail")]
    times = (NOW, NOW.replace(minute=59), NOW + timedelta(hours=1))
    first, same, later = [next(read_model_notices([fault], at)).id for at in times]
    assert first == same != later


def test_a_position_without_a_stop_is_a_critical_notice_with_one_id_until_it_is_covered() -> None:
    desk = Desk().opened()
    watchdog = Watchdog(desk.world, desk.driver.engine.market, desk.log)
    chain = chain_of(desk.see(long()))
    watchdog.recorded(desk.tell(a_fill_of(f"{chain}-e1", "x1", D(50), D(100))), 0.0, 0.0)
    late = desk.at + LONGEST_BARE
    first, again = (list(unprotected_notices("main", watchdog, at)) for at in (late, late + LONGEST_BARE))
    (notice,) = first
    assert [one.id for one in again] == [notice.id]
    assert (notice.severity, notice.kind, notice.account) == (Severity.CRITICAL, UNPROTECTED, "main")
    assert notice.line.startswith("LONG 50 BTCUSDT-LINEAR.BYBIT has no stop at the exchange since ")
    assert len(notice.id) <= 100
    gone = recorded(PositionUnknownToThem(subject=BTC, ours=StatedPosition(BTC, Direction.LONG, D(50))))
    watchdog.recorded(desk.ask(gone, cause="exchange:test:gone"), 0.0, 0.0)
    (other,) = unprotected_notices("main", watchdog, late)
    assert other.id != notice.id
    assert gone.discrepancy_id in other.line
    stop = Accepted(order_id=f"{chain}-s1", at=NOW, fact="exchange:test:s", venue_order_id="v")
    watchdog.recorded(desk.tell(stop), 0.0, 0.0)
    assert list(unprotected_notices("main", watchdog, late)) == []

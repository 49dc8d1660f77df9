"""The alerts table: a row for every event that a person should be notified of, and for no other event."""

from __future__ import annotations

from collections import Counter

from projections.alerts import ALERTS, TABLE
from projections.sentences import sentence
from tests.projections.odd import an_odd_log
from tests.projections.worlds import table_of


def test_each_alert_has_one_row_with_sentence_stream_and_time_of_its_event() -> None:
    log = an_odd_log()
    rows = table_of(ALERTS, log)
    assert Counter((row["severity"], row["kind"]) for row in rows.values()) == {
        ("WARNING", "DAILY_LOSS"): 1,
        ("CRITICAL", "OVERFILLED"): 1,
        ("CRITICAL", "OUTCOME_UNKNOWN"): 1,
        ("WARNING", "CANCEL_REFUSED"): 1,
        ("WARNING", "AMEND_REFUSED"): 1,
        ("WARNING", "ORDER_DENIED"): 1,
        ("WARNING", "ORDER_EXPIRED"): 1,
        ("WARNING", "ORDER_REJECTED"): 1,
        ("CRITICAL", "LIQUIDATION"): 1,
        ("CRITICAL", "DISCREPANCY_FOUND"): 1,
        ("INFO", "DISCREPANCY_RESOLVED"): 1,
        ("CRITICAL", "KILL_SWITCH_TRIPPED"): 1,
        ("INFO", "KILL_SWITCH_RESET"): 1,
    }
    for row in rows.values():
        envelope = log.envelopes[int(row["ordinal"]) - 1]
        meta = envelope.meta
        assert (row["line"], row["stream"], row["chain"]) == (
            sentence(envelope.event),
            meta.stream,
            meta.correlation_id,
        )
        assert (row["at"], row["account"]) == (meta.occurred_at, meta.account)
    assert set(next(iter(rows.values()))) == set(TABLE.columns)

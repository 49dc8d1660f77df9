"""The alerts table: a row for every event that a person should be notified of, and for no other event."""

from __future__ import annotations

from collections import Counter

import pytest

from domain.events import Event
from domain.leverage.change import LeverageChangeRefused, LeverageChangeUnclear
from domain.log import Envelope, Recorded
from domain.model import ModelRetired
from domain.pause import EntriesPaused, EntriesResumed
from domain.position import PositionCloseFailed
from domain.routed import RouteEnded, RouteOutcome, RouteReported
from domain.signal import Chamber, Vote
from projections.alerts import ALERTS, TABLE, alert_of
from projections.sentences import sentence
from tests.domain.history import NOW, D, a_decision
from tests.projections.odd import an_odd_log
from tests.projections.worlds import table_of
from tests.replacing import replace
from tests.schemas.samples import META, SAMPLES


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


def recorded(event: Event) -> Recorded:
    return Recorded(1, Envelope(META, event), b"")


def test_the_alert_of_a_daily_loss_has_the_figures_of_the_vote() -> None:
    figures = {"limit": "500.653432060750", "day_balance": "10013.06864121500", "balance": "9480.5"}
    vote = Vote(
        member="daily_loss",
        chamber=Chamber.RISK,
        approves=False,
        reasons=("DAILY_LOSS_LIMIT",),
        figures=figures,
    )
    row = alert_of(recorded(a_decision(reasons=("DAILY_LOSS_LIMIT",), votes=(vote,))))
    assert row is not None
    assert row["line"] == (
        "the day's loss has reached its limit of 500.65: the balance went from 10013.07 to 9480.5; entries are skipped "
        "until the day ends"
    )


@pytest.mark.parametrize(
    ("in_a_row", "is_raised"), [(1, 0), (2, 0), (3, 1), (4, 0), (10, 1), (13, 0), (20, 1)]
)
def test_entries_in_a_row_that_the_champion_does_not_score_are_an_alert(
    in_a_row: int, is_raised: int
) -> None:
    figures = {"model": "a" * 64, "outcome": "FAILED", "detail": "ModelMissing", "in_a_row": str(in_a_row)}
    reasons = ("SCORE_FAILED",)
    vote = Vote(member="model", chamber=Chamber.ALPHA, approves=False, reasons=reasons, figures=figures)
    row = alert_of(recorded(a_decision(reasons=reasons, votes=(vote,))))
    assert (row is not None) == is_raised
    if row is not None:
        assert (row["severity"], row["kind"]) == ("WARNING", "ENTRIES_NOT_SCORED")
        assert row["line"] == (
            f"the deciding model {'a' * 64} has not scored {in_a_row} entries in a row, the last one FAILED "
            "(ModelMissing); each was skipped, and so is every entry that it does not score"
        )


def test_a_pause_after_losses_is_a_warning_and_its_end_is_reported() -> None:
    paused = EntriesPaused(owner="trend", losses=3, net=D("-4.50"), positions=("x",), until=NOW)
    found = [alert_of(recorded(event)) for event in (paused, EntriesResumed("trend", "calm"))]
    assert [None if row is None else (row["severity"], row["kind"], row["line"]) for row in found] == [
        (
            "WARNING",
            "ENTRIES_PAUSED",
            "entries of trend: 3 losing positions in a row of -4.5 together, until 2025-04-03 12:00:00 UTC",
        ),
        ("INFO", "ENTRIES_RESUMED", "entries of trend: calm"),
    ]


def test_a_leverage_that_is_refused_or_not_known_is_a_warning() -> None:
    refused = LeverageChangeRefused("BTCUSDT-LINEAR.BYBIT", D(10), D(20), "no margin")
    unclear = LeverageChangeUnclear("BTCUSDT-LINEAR.BYBIT", D(10), D(20), "timed out")
    found = [alert_of(recorded(event)) for event in (refused, unclear)]
    assert [None if row is None else (row["severity"], row["kind"], row["line"]) for row in found] == [
        ("WARNING", "LEVERAGE_REFUSED", "BTCUSDT-LINEAR.BYBIT: leverage stays 20, 10 refused: no margin"),
        (
            "WARNING",
            "LEVERAGE_UNCLEAR",
            "BTCUSDT-LINEAR.BYBIT: no entry until it is known whether the leverage is 20 or 10: timed out",
        ),
    ]


def test_a_close_that_fails_is_an_alert_at_the_third_attempt_and_at_every_tenth() -> None:
    def alarms(attempt: int) -> bool:
        failed = PositionCloseFailed(order_id="a-x1", attempt=attempt, remaining=D(1), retry_at=NOW)
        return alert_of(recorded(failed)) is not None

    assert [attempt for attempt in range(1, 25) if alarms(attempt)] == [3, 10, 20]


def test_a_drift_and_what_a_rule_retires_are_alerts_and_what_a_person_retires_is_none() -> None:
    drift = SAMPLES["whence.model.DriftFound"].event
    row = alert_of(recorded(drift))
    assert row is not None
    assert (row["severity"], row["kind"], row["line"]) == ("WARNING", "DRIFT_FOUND", sentence(drift))
    retired = ModelRetired(name="main", sha256="a" * 64, reason="adx drifts", rule="drift")
    row = alert_of(recorded(retired))
    assert row is not None
    assert (row["severity"], row["kind"]) == ("WARNING", "MODEL_RETIRED")
    assert alert_of(recorded(replace(retired, rule=""))) is None


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            RouteReported(outcome=RouteOutcome.REFUSED, signal="s9", reasons=("KILL_SWITCH", "STALE_DATA")),
            (
                "WARNING",
                "ROUTE_REFUSED",
                (
                    "another engine has refused a routed signal (signal s9 there), and it is carried out nowhere: "
                    "KILL_SWITCH, STALE_DATA"
                ),
            ),
        ),
        (
            RouteReported(outcome=RouteOutcome.REFUSED, signal="", reasons=()),
            (
                "WARNING",
                "ROUTE_REFUSED",
                "another engine has refused a routed signal, and it is carried out nowhere: no reason given",
            ),
        ),
        (RouteReported(outcome=RouteOutcome.TAKEN, signal="s9", reasons=()), None),
        (RouteReported(outcome=RouteOutcome.ENDED, signal="s9", reasons=()), None),
        (RouteEnded("gone"), ("INFO", "ROUTE_ENDED_BY_PERSON", sentence(RouteEnded("gone")))),
    ],
)
def test_a_route_that_ends_without_an_order_is_an_alert_and_one_that_was_taken_is_none(
    event: Event, expected: tuple[str, str, str] | None
) -> None:
    row = alert_of(recorded(event))
    assert (None if row is None else (row["severity"], row["kind"], row["line"])) == expected

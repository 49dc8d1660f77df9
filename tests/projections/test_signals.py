"""The tables of signals, decisions and reasons equal the recorded events."""

from __future__ import annotations

import pytest

from commands.account import TripKillSwitch
from domain.arms.split import Arm
from domain.signal import Decided, DecisionMade, Detected, SignalDetected, in_arm
from domain.streams import parse
from projections.decisions import DECISIONS
from projections.signals import SIGNALS
from tests.commands.test_gridding import Gridded
from tests.domain.history import ETH
from tests.projections.folded import folded, table
from tests.projections.odd import an_odd_log
from tests.projections.test_models import a_traded_day
from tests.projections.worlds import LOGS, recorded, states, table_of
from tests.replacing import replace

_SHOWN = [name for name in SignalDetected.__struct_fields__ if name not in {"book", "venue"}]
"""Levels and candidates that an entry was judged with are read from its event (`whence explain`), not from a row."""


@pytest.mark.parametrize("name", LOGS)
def test_each_row_equals_the_state_of_its_signal(name: str) -> None:
    log = LOGS[name]()
    rows = table_of(SIGNALS, log)
    known = list(states(log, "signal"))
    assert {(stream.account, stream.id) for stream, _ in known} == set(rows)
    for stream, state in known:
        assert isinstance(state, Detected | Decided)
        row = rows[stream.account, stream.id]
        seen = {name: getattr(state.signal, name) for name in _SHOWN}
        assert {name: row[name] for name in seen} == {**seen, "inputs": dict(state.signal.inputs)}
        assert row["grid_end"] is None
        decision = state.decision if isinstance(state, Decided) else None
        assert row["status"] == ("DETECTED" if decision is None else "DECIDED")
        assert row["verdict"] == (None if decision is None else decision.verdict.value)
        assert row["reasons"] == (None if decision is None else list(decision.reasons))


def test_the_row_of_a_decision_has_the_arm_of_its_entry() -> None:
    eve = a_traded_day()
    log = [
        replace(one, event=in_arm(one.event, Arm.B)) if isinstance(one.event, DecisionMade) else one
        for one in eve.desk.log.envelopes
    ]
    (row,) = table(folded(DECISIONS, log), "decisions").values()
    assert row["arm"] == "B"


def test_a_row_has_the_grid_of_its_signal_with_exact_prices_and_the_reason_of_its_end() -> None:
    grid = Gridded()
    grid.desk.ask(TripKillSwitch("test"), cause="command:trip")
    (row,) = folded(SIGNALS, grid.desk.log.envelopes).tables["signals"].dirty.values()
    levels = [
        {"price": "98", "target": "100"},
        {"price": "96", "target": "98"},
        {"price": "94", "target": "96"},
    ]
    assert row["grid"] == {"levels": levels, "rounds": 2, "lifetime_seconds": 3_600}
    assert row["grid_end"] == "KILL_SWITCH"


@pytest.mark.parametrize("name", LOGS)
def test_the_row_of_a_decision_holds_all_its_values(name: str) -> None:
    log = LOGS[name]()
    rows = table_of(DECISIONS, log)
    decided = list(recorded(log, DecisionMade))
    assert len(rows) == len(decided) > 1
    for at, envelope in decided:
        event, meta = envelope.event, envelope.meta
        assert isinstance(event, DecisionMade)
        row = rows[meta.account, parse(meta.stream).id]
        for name in ("quantity", "stop", "target", "policy_version", "settings_version"):
            assert row[name] == getattr(event, name)
        assert (row["verdict"], row["tier"]) == (event.verdict.value, event.tier.value)
        assert row["approvals"] + row["rejections"] == len(event.votes) == len(row["votes"])
        for vote, held in zip(event.votes, row["votes"], strict=True):
            assert held == {
                "member": vote.member,
                "chamber": vote.chamber.value,
                "approves": vote.approves,
                "reasons": list(vote.reasons),
                "figures": dict(vote.figures),
            }
        assert (row["decided_at"], row["ordinal"]) == (meta.occurred_at, at)


def test_every_reason_is_recorded_with_the_member_that_gave_it() -> None:
    rows = table_of(DECISIONS, an_odd_log(), "decision_reasons")
    given = {(row["reason"], row["member"], row["chamber"]) for row in rows.values() if row["id"] == "sk"}
    assert given == {
        ("TOO_UNSURE", "confidence", "ALPHA"),
        ("DAILY_LOSS_LIMIT", "daily_loss", "RISK"),
        ("TOO_UNSURE", "daily_loss", "RISK"),
        ("mute", "mute", "RISK"),
        ("GIVEN_WITHOUT_A_VOTE", "", ""),
    }
    assert {(row["instrument"], row["verdict"]) for row in rows.values() if row["id"] == "sk"} == {
        (ETH, "SKIP")
    }


@pytest.mark.parametrize("name", LOGS)
def test_every_reason_of_a_decision_has_a_row(name: str) -> None:
    log = LOGS[name]()
    rows = table_of(DECISIONS, log, "decision_reasons").values()
    for at, envelope in recorded(log, DecisionMade):
        assert isinstance(envelope.event, DecisionMade)
        assert {row["reason"] for row in rows if row["ordinal"] == at} == set(envelope.event.reasons)

"""Decisions: the committees' decision on each signal, every member's vote, and the reasons of every rejection."""

from __future__ import annotations

from collections.abc import Iterator

from domain.log import Meta, Recorded
from domain.signal import DecisionMade, SignalDetected, Vote
from domain.streams import parse
from projections.columns import COUNT, JSON_TEXT, MOMENT, MONEY, PACKED_JSON, TEXT
from projections.projection import Order, Projection, Row, Rows
from projections.tables import TableSpec

TABLE = TableSpec(
    "decisions",
    key=("account", "id"),
    columns={
        "account": TEXT,
        "id": TEXT,
        "chain": TEXT,
        "strategy": TEXT,
        "instrument": TEXT,
        "direction": TEXT,
        "verdict": TEXT,
        "reasons": JSON_TEXT,
        "tier": TEXT,
        "quantity": MONEY,
        "stop": MONEY,
        "target": MONEY,
        "policy_version": COUNT,
        "settings_version": COUNT,
        "votes": PACKED_JSON,
        "approvals": COUNT,
        "rejections": COUNT,
        "arm": TEXT,
        "decided_at": MOMENT,
        "ordinal": COUNT,
    },
    indexes=(("ordinal",), ("chain",), ("instrument", "ordinal"), ("verdict", "ordinal")),
    is_added_to=True,
)
"""`votes` is a list of `{member, chamber, approves, reasons, figures}`, in the order they were recorded."""

REASONS = TableSpec(
    "decision_reasons",
    key=("account", "id", "reason", "member"),
    columns={
        "account": TEXT,
        "id": TEXT,
        "reason": TEXT,
        "member": TEXT,
        "chamber": TEXT,
        "verdict": TEXT,
        "strategy": TEXT,
        "instrument": TEXT,
        "decided_at": MOMENT,
        "ordinal": COUNT,
    },
    indexes=(("ordinal",), ("reason", "ordinal")),
    is_added_to=True,
)
"""One row for each pair of a reason and a member that gave it; `member` and `chamber` are empty where no member gave
it."""

SIGNALS = TableSpec(
    "decision_signals",
    key=("account", "id"),
    columns={
        "account": TEXT,
        "id": TEXT,
        "strategy": TEXT,
        "instrument": TEXT,
        "direction": TEXT,
        "ordinal": COUNT,
    },
    is_added_to=True,
)
"""For each signal the columns that its decision's row repeats."""


def _detected(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, SignalDetected)
    row = {
        "account": meta.account,
        "id": parse(meta.stream).id,
        "strategy": event.strategy,
        "instrument": event.instrument,
        "direction": event.direction.value,
        "ordinal": recorded.ordinal,
    }
    rows.put("decision_signals", row)


def _decided(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, DecisionMade)
    signal = rows.get("decision_signals", meta.account, parse(meta.stream).id)
    decided = {"verdict": event.verdict.value, "decided_at": meta.occurred_at, "ordinal": recorded.ordinal}
    rows.put("decisions", {**signal, **decided, **_columns(meta, event)})
    about = {name: signal[name] for name in ("account", "id", "strategy", "instrument")}
    for reason in _reasons(event):
        rows.put("decision_reasons", {**about, **decided, **reason})


def _columns(meta: Meta, event: DecisionMade) -> Row:
    approvals = sum(vote.approves for vote in event.votes)
    return {
        "chain": meta.correlation_id,
        "reasons": list(event.reasons),
        "tier": event.tier.value,
        "quantity": event.quantity,
        "stop": event.stop,
        "target": event.target,
        "policy_version": event.policy_version,
        "settings_version": event.settings_version,
        "votes": [_vote(vote) for vote in event.votes],
        "approvals": approvals,
        "rejections": len(event.votes) - approvals,
        "arm": event.arm.value,
    }


def _vote(vote: Vote) -> Row:
    return {
        "member": vote.member,
        "chamber": vote.chamber.value,
        "approves": vote.approves,
        "reasons": list(vote.reasons),
        "figures": dict(vote.figures),
    }


def _reasons(event: DecisionMade) -> Iterator[Row]:
    given: set[str] = set()
    for vote in event.votes:
        for reason in () if vote.approves else vote.reasons or (vote.member,):
            given.add(reason)
            yield {"reason": reason, "member": vote.member, "chamber": vote.chamber.value}
    for reason in event.reasons:
        if reason not in given:
            yield {"reason": reason, "member": "", "chamber": ""}


DECISIONS = Projection(
    "decisions",
    3,
    Order.STREAM,
    (TABLE, REASONS, SIGNALS),
    {SignalDetected: _detected, DecisionMade: _decided},
)

"""The facts of an explanation as JSON; `docs/explain.md` documents the shape.

Amounts are strings in plain notation, times ISO 8601 with Z, durations seconds as strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from adapters.avro import iso, to_json
from domain.committees.margins import Margin
from domain.log import Recorded
from domain.slippage import Slippage
from projections.explained.decisions import ExplainedDecision, ExplainedVote
from projections.explained.explained import Explained
from projections.explained.orders import ExplainedOrder
from projections.explained.positions import ExplainedPosition
from projections.explained.settings import SettingsInForce
from projections.explained.timeline import TimedStep, seconds
from projections.sentences import plain

Form = Mapping[str, object]


def form_of(facts: Explained) -> Form:
    """`subject`, `steps`, `decisions`, `orders`, `positions` and `settings`."""
    return {
        "subject": {"kind": facts.subject.kind.value, "name": facts.subject.name},
        "steps": [_step(one) for one in facts.steps],
        "decisions": [_decision(one) for one in facts.decisions],
        "orders": [_order(one) for one in facts.orders],
        "positions": [_position(one) for one in facts.positions],
        "settings": [_settings(one) for one in facts.settings],
    }


def _step(step: TimedStep) -> Form:
    meta = step.recorded.envelope.meta
    return {
        "ordinal": step.recorded.ordinal,
        "depth": step.depth,
        "because": step.because,
        "type": type(step.recorded.envelope.event).__name__,
        "line": step.line,
        "occurred_at": iso(meta.occurred_at),
        "after_cause": _seconds(step.after_cause),
        "since_start": _seconds(step.since_start),
        "until_recorded": _seconds(step.until_recorded),
    }


def _decision(one: ExplainedDecision) -> Form:
    decision, signal = one.decision, one.signal
    return {
        "account": one.account,
        "signal_id": one.signal_id,
        "signal": to_json(signal),
        "verdict": None if decision is None else decision.verdict.value,
        "reasons": [] if decision is None else list(decision.reasons),
        "is_traded": one.is_traded,
        "decided_at": _moment(one.decided),
        "tier": None if decision is None else decision.tier.value,
        "policy_version": None if decision is None else decision.policy_version,
        "settings_version": None if decision is None else decision.settings_version,
        "strategy": None
        if one.strategy is None
        else {
            "id": one.strategy.instance,
            "name": one.strategy.kind,
            "interval": one.strategy.interval,
            "instruments": list(one.strategy.instruments),
            "parameters": dict(one.strategy.parameters),
        },
        "settings": None if one.settings is None else _settings(one.settings),
        "votes": [_vote(vote) for vote in one.votes],
        "to_pass": [_margin(margin) for margin in one.to_pass],
        "reversal": None if one.reversal is None else to_json(one.reversal),
        "routed": None if one.routed is None else {**to_json(one.routed), "outcomes": list(one.outcomes)},
    }


def _vote(one: ExplainedVote) -> Form:
    vote = one.vote
    return {
        "chamber": vote.chamber.value,
        "member": vote.member,
        "approves": vote.approves,
        "reasons": list(vote.reasons),
        "figures": dict(vote.figures),
        "margins": [_margin(margin) for margin in one.margins],
    }


def _margin(margin: Margin) -> Form:
    return {
        "reason": margin.reason,
        "needed": margin.needed,
        "is_recorded": margin.is_recorded,
        "must": None if margin.must is None else margin.must.value,
        "value": _amount(margin.value),
        "limit": _amount(margin.limit),
        "by": _amount(margin.by),
        "unit": margin.unit,
    }


def _order(one: ExplainedOrder) -> Form:
    return {
        "account": one.account,
        "order_id": one.order_id,
        "exchange_order_ids": list(one.venue_order_ids),
        "terms": to_json(one.terms),
        "status": one.status,
        "reason": one.reason,
        "placed_at": _moment(one.placed),
        "filled": plain(one.filled),
        "average_price": _amount(one.average),
        "fees": {currency: plain(fee) for currency, fee in one.fees.items()},
        "decision_price": _amount(one.decided.price),
        "decision_price_source": one.decided.source,
        "slippage": _slippage(one.slippage),
        "expected_slippage_bps": _amount(one.expected),
        "answers": [
            {
                "ordinal": answer.recorded.ordinal,
                "type": type(answer.recorded.envelope.event).__name__,
                "line": answer.line,
                "cause": answer.cause,
                "after_placed": _seconds(answer.after),
            }
            for answer in one.answers
        ],
        "fills": [{"ordinal": fill.ordinal, **to_json(fill.envelope.event)} for fill in one.fills],
    }


def _slippage(found: Slippage | None) -> Form | None:
    if found is None:
        return None
    return {"money": plain(found.money), "basis_points": plain(found.basis_points)}


def _position(one: ExplainedPosition) -> Form:
    return {
        "account": one.account,
        "position_id": one.position_id,
        "instrument": one.instrument,
        "direction": one.direction.value,
        "quantity": plain(one.quantity),
        "entry_price": plain(one.entry),
        "exit_price": _amount(one.exit),
        "opened_at": iso(one.opened_at),
        "closed_at": _time(one.closed_at),
        "reason": one.reason,
        "gross": plain(one.gross),
        "fees": plain(one.fees),
        "funding": plain(one.funding),
        "net": plain(one.net),
        "protection": [
            {"at": iso(level.at), "stop": _amount(level.stop), "target": _amount(level.target)}
            for level in one.levels
        ],
    }


def _settings(one: SettingsInForce) -> Form:
    return {
        "account": one.account,
        "version": one.event.version,
        "ordinal": one.recorded.ordinal,
        "in_force_from": iso(one.recorded.envelope.meta.occurred_at),
        "settings": to_json(one.event)["settings"],
    }


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _time(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def _moment(recorded: Recorded | None) -> str | None:
    return None if recorded is None else iso(recorded.envelope.meta.occurred_at)


def _seconds(span: timedelta | None) -> str | None:
    return None if span is None else plain(seconds(span))

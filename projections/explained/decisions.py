"""The decisions of a story: the signal, what each member saw and voted, and what would have had to differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from domain.committees.margins import Margin, margins_of
from domain.log import Recorded
from domain.routed import RouteEnded, RouteReported, SignalRouted
from domain.settings import StrategySettings, limit_text
from domain.signal import DecisionMade, ReversalDecided, SignalDetected, Verdict, Vote
from projections.explained.settings import Changes, SettingsInForce, currencies_of, in_force

_TRADED = frozenset({Verdict.ENTER, Verdict.CLOSE, Verdict.REVERSE})
BY_A_PERSON = "ended by a person"
"""What became of a route that a person has ended."""
_WITHOUT_VOTES: Mapping[str, str] = {
    "NOTHING_TO_EXIT": "a position or a waiting entry in the other direction: there was nothing to exit",
    "STALE_REVERSAL": "the position flat soon enough for the entry of the reversal; the times are not recorded",
}
"""What had to hold for the reasons that come with no vote."""


class ExplainedVote(NamedTuple):
    """One member's vote with the figures that it saw; `margins` has one for each reason of a vote against."""

    vote: Vote
    margins: Sequence[Margin]


class ExplainedDecision(NamedTuple):
    """A signal and the decision on it.

    `decision` is None while the signal is undecided; then `votes` are empty. `is_traded` is whether anything was to
    be bought or sold. `to_pass` is empty for a decision to trade; for any other it has one line for each reason: what
    had to differ. A second leg of a reversal has `reversal`; of its votes only the reasons are recorded. `settings` are
    those in force at the decision, and `strategy` is the strategy's own part of them; None where they are not recorded.
    `routed` is what was left to another engine, None where nothing was; `outcomes` are what became of it so far.
    """

    account: str
    signal_id: str
    signal: SignalDetected
    decision: DecisionMade | None
    decided: Recorded | None
    reversal: ReversalDecided | None
    votes: Sequence[ExplainedVote]
    to_pass: Sequence[Margin]
    is_traded: bool
    settings: SettingsInForce | None
    strategy: StrategySettings | None
    routed: SignalRouted | None
    outcomes: Sequence[str]


def decisions_of(events: Iterable[Recorded], changes: Changes) -> Sequence[ExplainedDecision]:
    """One for each signal of these events, in log order; `changes` are those of the accounts."""
    found: dict[str, dict[type, Recorded]] = {}
    outcomes: dict[str, list[str]] = {}
    for recorded in events:
        stream, event = recorded.envelope.meta.stream, recorded.envelope.event
        if isinstance(event, SignalDetected | DecisionMade | ReversalDecided | SignalRouted):
            found.setdefault(stream, {})[type(event)] = recorded
        elif isinstance(event, RouteReported | RouteEnded):
            became = event.outcome.value if isinstance(event, RouteReported) else BY_A_PERSON
            outcomes.setdefault(stream, []).append(became)
    return [
        _decision(one, changes, outcomes.get(stream, ()))
        for stream, one in found.items()
        if SignalDetected in one
    ]


def _decision(parts: Mapping[type, Recorded], changes: Changes, outcomes: Sequence[str]) -> ExplainedDecision:
    detected, decided, leg = (parts.get(one) for one in (SignalDetected, DecisionMade, ReversalDecided))
    assert detected is not None
    meta, signal = detected.envelope.meta, detected.envelope.event
    assert isinstance(signal, SignalDetected)
    decision = decided.envelope.event if decided is not None else None
    assert decision is None or isinstance(decision, DecisionMade)
    reversal = leg.envelope.event if leg is not None else None
    assert reversal is None or isinstance(reversal, ReversalDecided)
    routed = parts[SignalRouted].envelope.event if SignalRouted in parts else None
    assert routed is None or isinstance(routed, SignalRouted)
    named = currencies_of(changes, signal.instrument)
    votes = [] if decision is None else [ExplainedVote(one, margins_of(one, named)) for one in decision.votes]
    settings = None if decision is None else in_force(changes, meta.account, decision.settings_version)
    return ExplainedDecision(
        account=meta.account,
        signal_id=meta.correlation_id,
        signal=signal,
        decision=decision,
        decided=decided,
        reversal=reversal,
        votes=votes,
        to_pass=[*_to_pass(decision, votes), *_leg(reversal)],
        is_traded=decision is not None and decision.verdict in _TRADED,
        settings=settings,
        strategy=None if settings is None else settings.event.settings.strategy_of(signal.strategy),
        routed=routed,
        outcomes=outcomes,
    )


def _to_pass(decision: DecisionMade | None, votes: Sequence[ExplainedVote]) -> Sequence[Margin]:
    """Each failing margin once; also those of the entry that a CLOSE leaves out."""
    if decision is None:
        return ()
    failing = [margin for one in votes for margin in one.margins]
    if failing or decision.verdict in _TRADED:
        return failing
    return [_without_vote(reason) for reason in decision.reasons]


def _leg(reversal: ReversalDecided | None) -> Sequence[Margin]:
    if reversal is None or reversal.verdict is Verdict.ENTER:
        return ()
    return [_without_vote(reason) for reason in reversal.reasons]


def _without_vote(reason: str) -> Margin:
    needed = _WITHOUT_VOTES.get(reason)
    if needed is not None:
        return Margin(reason=reason, needed=needed, is_recorded=True)
    return Margin(
        reason=reason, needed=f"no {reason}; the figures of this vote are not recorded", is_recorded=False
    )


def parameters_of(one: ExplainedDecision) -> str:
    """The parameters of the strategy that were in force at the decision, and its own limits, as text. What raised a
    signal without being a strategy of these settings is a source of signals or a scanner."""
    if one.strategy is None:
        return (
            "parameters not recorded"
            if one.settings is None
            else "a source or scanner, no strategy of the settings"
        )
    given = ", ".join(f"{name} {value}" for name, value in one.strategy.parameters.items())
    own = (f"own {name} {limit_text(value)}" for name, value in one.strategy.own_limits.items())
    return ", ".join((given or "default parameters", *own))


def sizing_of(one: ExplainedDecision) -> str:
    """How KELLY found the size, and a cut to the risk of one trade, as `sizing` recorded them; empty without both."""
    nothing: Mapping[str, str] = {}
    figures = next((vote.vote.figures for vote in one.votes if vote.vote.member == "sizing"), nothing)
    parts = [_kelly(figures)] if "kelly_trades" in figures else []
    if figures.get("cut"):
        parts.append(f"size cut to a loss at the stop of {figures['most_risk']}")
    return ", ".join(parts)


def _kelly(figures: Mapping[str, str]) -> str:
    if not figures["kelly_fraction"]:
        counted = f"{figures['kelly_trades']} of {figures['kelly_least_trades']} closed trades"
        return f"size by KELLY with {counted}: {figures['kelly_risk']} of the balance at risk"
    return (
        f"size by KELLY from {figures['kelly_trades']} closed trades, mean {figures['kelly_mean']} R, fraction "
        f"{figures['kelly_fraction']}: {figures['kelly_risk']} of the balance at risk"
    )


def regime_of(one: ExplainedDecision) -> str:
    """The regime that the decision was made in, as the member `confidence` recorded it; empty where there was none."""
    return next((vote.vote.figures["regime"] for vote in one.votes if "regime" in vote.vote.figures), "")


def weight_of(one: ExplainedDecision) -> str:
    """The weight of the entry, the row it is of and what it scaled, as the member `weight` recorded them; empty where
    no row fitted.
    """
    for vote in one.votes:
        if vote.vote.member == "weight" and vote.vote.figures:
            figures = vote.vote.figures
            return f"{figures['weight']} of {figures['row']} ({figures['scales']})"
    return ""

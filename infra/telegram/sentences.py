"""The titles and sentences of events, and those of alerts, in the language of a user.

English is the API's own. For another language a message has the values of its event, which is converted to its class,
so that a field has the type of the domain: an enumeration is shown by its words, a decimal without trailing zeros, a
time to the second in UTC. What needs more than a field is computed in `_VALUES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from domain import (
    managed,
    manipulation,
    mark,
    model,
    opening,
    order,
    position,
    regime,
    routed,
    scored,
    signal,
)
from domain.account import KillSwitchTripped
from domain.arms.split import Arm
from domain.direction import Side
from domain.errors import InvalidInput
from domain.events import FULL_NAMES, Event
from domain.held import SettingsHeld
from domain.instrument import InstrumentListed, InstrumentRulesChanged
from domain.leverage.change import LeverageChangeRequested
from domain.moving import LogMoved
from domain.pause import EntriesPaused, EntriesResumed
from infra.telegram.words import Words
from projections.alerts import rounded
from projections.sentences import plain, printable

Data = Mapping[str, Any]
Values = Mapping[str, str | int]
_SPOKEN: Final = frozenset({"reason", "resolution", "found", "detail"})
"""The fields of text that are a sentence or a code of the engine."""
_PARTS: Final = frozenset(
    {"stop", "target", "limit_price", "trigger_price", "reason", "rule", "detail", "signal"}
)
"""The fields that an event may lack, and that a sentence then leaves out: `part-<field>`."""


def title_of(event_type: str, words: Words) -> str:
    """The title of a type of events; its name in English, and where it is one of another version."""
    name = f"type-{event_type}"
    return words(name) if words.has(name) else event_type


def sentence_of(event: Data, words: Words) -> str:
    """The sentence of an event of the API, which has `type`, `line` and `json`: the line of the API in English, and
    where the event is one that this version cannot read."""
    if words.is_own or not words.has(f"event-{event['type']}"):
        return str(event["line"])
    recorded = _event_of(event)
    if recorded is None:
        return str(event["line"])
    return printable(words(f"event-{event['type']}", **values_of(recorded, words, _placed(event))))


def alert_sentence(kind: str, line: str, event: Data | None, words: Words) -> str:
    """The sentence of an alert: that of its event, or of its own figures where it has any. `line` is the API's."""
    if event is None:
        return words.reason(line)
    recorded = None if words.is_own else _event_of(event)
    if isinstance(recorded, signal.DecisionMade) and (figures := _figures(kind, recorded)):
        return words(f"line-{kind}", **figures)
    return line if words.is_own else sentence_of({**event, "line": line}, words)


def values_of(event: Event, words: Words, placed: Sequence[str] = ()) -> Values:
    """The values of an event's message. `placed` are the side and the instrument of a fill's order, where known."""
    fields = {one: getattr(event, one) for one in event.__struct_fields__}
    shown = {name: _shown(name, value, words) for name, value in fields.items()}
    parts = {f"{name}_part": _part(name, shown, fields, words) for name in _PARTS & fields.keys()}
    more = _VALUES.get(type(event))
    own: Values = {} if more is None else more(event, words)
    return {
        **{name: text for name, text in shown.items() if text is not None},
        **parts,
        **own,
        "placed": _order(placed, words),
    }


def _event_of(event: Data) -> Event | None:
    """The event in its class; None for one that only another version of the program can read."""
    found = _CLASSES.get(str(event["type"]))
    try:
        return None if found is None else msgspec.convert(event["json"], found, strict=False)
    except (msgspec.ValidationError, InvalidInput):
        return None


_CLASSES: Final[Mapping[str, type[Any]]] = {one.__name__: one for one in FULL_NAMES}


def _placed(event: Data) -> Sequence[str]:
    """Side and instrument of a fill's order, with which the API begins the fill's line; its fields lack them."""
    first = str(event["line"]).split(" ", 2)[:2]
    return first if event["type"] == "OrderFilled" and first[0] in set(Side) else ()


def _order(placed: Sequence[str], words: Words) -> str:
    if len(placed) < 2:
        return ""
    return words("fill-order", side=words.code("Side", placed[0]), instrument=placed[1]) + " "


def _part(name: str, shown: Mapping[str, str | None], fields: Data, words: Words) -> str:
    return words(f"part-{name}", value=shown[name] or "") if fields[name] not in (None, "") else ""


def _shown(name: str, value: Any, words: Words) -> str | None:
    """A field as a sentence shows it; None for one that has fields of its own."""
    match value:
        case None:
            return words("none")
        case StrEnum():
            return words.code(type(value).__name__, value.value)
        case str():
            return words.reason(value) if name in _SPOKEN else value
        case bool():
            return words("yes" if value else "no")
        case Decimal():
            return plain(value)
        case float():
            return f"{value:.3f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S} UTC"
        case int() | UUID():
            return str(value)
        case _:
            return None


def _figures(kind: str, decision: signal.DecisionMade) -> Values:
    """The figures of an alert that has a sentence of its own."""
    member, names = _ALERT_FIGURES.get(kind, ("", ()))
    nothing: Mapping[str, str] = {}
    figures = next((vote.figures for vote in decision.votes if vote.member == member), nothing)
    if not names or not figures.keys() >= set(names):
        return {}
    return {name: rounded(figures[name]) if kind == "DAILY_LOSS" else figures[name] for name in names}


_ALERT_FIGURES: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "DAILY_LOSS": ("daily_loss", ("limit", "day_balance", "balance")),
    "ENTRIES_NOT_SCORED": ("model", ("model", "in_a_row", "outcome", "detail")),
}
"""By kind of alert with a sentence of its own: the member of the committees whose vote has its figures, and which."""


def _prices(event: opening.LogOpened, words: Words) -> Values:
    prices = words(f"prices-{event.mode}")
    if not event.synthetic:
        return {"prices": prices}
    is_tape = event.mode is opening.Mode.TAPE
    return {"prices": words("prices-synthetic") if is_tape else words("prices-as-synthetic", prices=prices)}


def _signal(event: signal.SignalDetected, words: Words) -> Values:
    return {
        "trend": f"{event.trend:+.2f}",
        "grid": _grid(event, words),
        "venue": _venue(event, words),
    }


def _grid(event: signal.SignalDetected, words: Words) -> str:
    if event.grid is None:
        return ""
    levels = [
        words("signal-level", price=plain(one.price), target=plain(one.target)) for one in event.grid.levels
    ]
    hours = f"{event.grid.lifetime_seconds / 3600:g}"
    return words("signal-grid", levels=", ".join(levels), rounds=str(event.grid.rounds), hours=hours)


def _venue(event: signal.SignalDetected, words: Words) -> str:
    choice = event.venue
    if choice is None:
        return ""
    if not choice.candidates:
        return words("signal-stays", proposed=choice.proposed)
    costs = [
        words("signal-costless", instrument=one.instrument, why=words.reason(one.why))
        if one.cost_bps is None
        else words("signal-cost", instrument=one.instrument, bps=plain(one.cost_bps))
        for one in choice.candidates
    ]
    moved = "" if choice.proposed == event.instrument else words("signal-moved", proposed=choice.proposed)
    return moved + words("signal-costs", costs=", ".join(costs))


def _decision(event: signal.DecisionMade, words: Words) -> Values:
    size = words(
        "decision-size", quantity=plain(event.quantity), stop=plain(event.stop), target=plain(event.target)
    )
    return {
        "size": f" {size}" if event.quantity else "",
        "arm": "" if event.arm is Arm.NONE else words("decision-arm", arm=event.arm),
        "why": _why(event.reasons, words),
    }


def _reversal(event: signal.ReversalDecided, words: Words) -> Values:
    is_entry = event.verdict is signal.Verdict.ENTER
    until = event.fresh_until
    return {
        "done": words("reversal-ENTER" if is_entry else "reversal-withdrawn"),
        "less": "" if event.quantity is None else words("reversal-less", quantity=plain(event.quantity)),
        "judged": "" if event.price is None else words("reversal-judged", price=plain(event.price)),
        "fresh": "" if until is None else words("reversal-fresh", until=_clock(until)),
        "why": _why(event.reasons, words),
    }


def _why(reasons: Sequence[str], words: Words) -> str:
    return f": {words.reasons(list(reasons))}" if reasons else ""


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"


def _series(event: signal.SeriesEnded, _words: Words) -> Values:
    return {"until": _clock(event.last_at), "lasted": str(event.duration)}


def _scored(event: scored.SignalScored, words: Words) -> Values:
    short = {"short": event.model[:12]}
    if event.confidence is None or event.risk is None or event.expected_return is None:
        outcome = words.code(type(event.outcome).__name__, event.outcome)
        detail = words("part-detail", value=words.reason(event.detail)) if event.detail else ""
        return {**short, "result": words("score-failed", outcome=outcome, detail_part=detail)}
    features = ", ".join(f"{one.feature} {one.effect:+.2g}" for one in event.reasons)
    figures = {
        "confidence": f"{event.confidence:.3f}",
        "risk": f"{event.risk:.3f}",
        "return": f"{event.expected_return:+.3%}",
        "features": features or words("score-none"),
    }
    return {**short, "result": words("score-figures", **figures)}


def _routed(event: routed.SignalRouted, words: Words) -> Values:
    direction = words.code("Direction", event.direction)
    levels = {"price": plain(event.price), "stop": plain(event.stop), "target": plain(event.target)}
    return {"what": words(f"routed-{event.intent}", direction=direction, **levels)}


def _reported(event: routed.RouteReported, words: Words) -> Values:
    return {"why": _why(event.reasons, words)}


def _terms(event: order.OrderPlaced, words: Words) -> Values:
    at = event.limit_price or event.trigger_price
    return {
        "at": "" if at is None else words("part-price", value=plain(at)),
        "only": words("order-only") if event.reduce_only else "",
    }


def _accepted(event: order.OrderAccepted, words: Words) -> Values:
    number = event.venue_order_id
    return {"accepted": words("accepted-as", number=number) if number else words("accepted-with-entry")}


def _amounts(event: order.OrderAmended | order.OrderAmendRequested, words: Words) -> Values:
    named = {
        "quantity": event.quantity,
        "limit_price": event.limit_price,
        "trigger_price": event.trigger_price,
    }
    parts = [words(f"part-{name}", value=plain(value)) for name, value in named.items() if value is not None]
    return {"amounts": "".join(parts).removeprefix(", ")}


def _orphaned(event: position.PositionOrphaned, words: Words) -> Values:
    heir = words("orphan-heir", heir=event.heir) if event.heir else words("orphan-nobody")
    return {"heir_or_nobody": heir}


def _managed(event: managed.PositionManaged, words: Words) -> Values:
    levels = {
        managed.ManagedBy.MOVE_STOP: (event.stop_before, event.stop),
        managed.ManagedBy.MOVE_TARGET: (event.target_before, event.target),
    }
    before, after = levels.get(event.action, (None, None))
    given = {
        "before": _level(before, words),
        "after": _level(after, words),
        "quantity": _level(event.quantity, words),
    }
    price = "" if event.price is None else " " + words("part-price", value=plain(event.price))
    return {
        "at": price,
        "profit_part": "" if event.profit is None else _profit(event.profit, words),
        "done": words(f"managed-{event.action}", **given),
        "read": "".join(f", {words.code('figure', name)} {value}" for name, value in event.figures.items()),
    }


def _profit(share: Decimal, words: Words) -> str:
    return words("managed-loss" if share < 0 else "managed-profit", share=f"{abs(share):.2%}")


def _level(price: Decimal | None, words: Words) -> str:
    return words("none") if price is None else plain(price)


def _tripped(event: KillSwitchTripped, words: Words) -> Values:
    named = {"positions": event.positions, "entries": event.entries}
    left = [words(f"tripped-{name}", names=", ".join(found)) for name, found in named.items() if found]
    return {"left": "".join(left)}


def _marked(event: mark.AccountMarked, words: Words) -> Values:
    figures = {
        name: plain(getattr(event, name)) for name in ("balance", "unrealised", "low", "high", "worst")
    }
    is_same = event.low == event.high == event.worst == event.balance
    moved = words("marked-same") if is_same else words("marked-moved", **figures)
    return {"hour": f"{event.hour:%Y-%m-%d %H}:00", "moved": moved}


def _regime(event: regime.RegimeChanged, words: Words) -> Values:
    before = event.before
    after = "" if before is None else words("regime-after", before=words.code("Regime", before))
    return {
        "after": after,
        "adx": f"{event.adx:.1f}",
        "efficiency": f"{event.efficiency:.2f}",
        "atr": f"{event.atr_share:.3%}",
        "percentile": f"{event.percentile:.0%}",
    }


def _manipulation(event: manipulation.ManipulationSuspected, words: Words) -> Values:
    lowest, highest = plain(event.lowest), plain(event.highest)
    where = (
        words("walls-at", price=lowest)
        if lowest == highest
        else words("walls-between", lowest=lowest, highest=highest)
    )
    return {
        "score": f"{event.score:.2f}",
        "count": str(len(event.walls)),
        "where": where,
        "first_at": _clock(event.first_at),
        "last_at": _clock(event.last_at),
    }


def _leverage(event: LeverageChangeRequested, words: Words) -> Values:
    is_step = event.leverage == event.step_leverage
    least = event.from_volatility
    return {
        "limit": "" if is_step else words("leverage-limit", leverage=plain(event.step_leverage)),
        "volatility": f"{event.volatility:.3%}",
        "step": words("leverage-from", volatility=f"{least:.3%}") if least else words("leverage-lowest"),
    }


def _rules(event: InstrumentListed | InstrumentRulesChanged, words: Words) -> Values:
    rules, origin = event.instrument, event.origin
    named = "" if origin is None else "rules-guessed" if origin.guessed else "rules-real"
    figures = {
        "name": rules.id,
        "tick": plain(rules.tick),
        "lot": plain(rules.lot),
        "maker": str(rules.maker_fee),
        "taker": str(rules.taker_fee),
        "origin": "" if origin is None else words(named, source=words.reason(origin.source)),
    }
    return {"rules": words("rules", **figures)}


def _held(event: SettingsHeld, words: Words) -> Values:
    changes = [
        words("held-change", name=one.name, before=one.before or _EMPTY, after=one.after or _EMPTY)
        for one in event.changes
    ]
    return {"held": ", ".join(changes) or words("held-none")}


_EMPTY: Final = '""'


def _paused(event: EntriesPaused, words: Words) -> Values:
    until = event.until
    moment = "" if until is None else f"{until:%Y-%m-%d %H:%M:%S} UTC"
    end = words("pause-person") if until is None else words("pause-until", until=moment)
    return {"whose": _whose(event.owner, words), "end": end}


def _resumed(event: EntriesResumed, words: Words) -> Values:
    why = words("part-reason", value=words.reason(event.reason)) if event.reason else words("pause-over")
    return {"whose": _whose(event.owner, words), "why_or_over": why}


def _whose(owner: str, words: Words) -> str:
    return words("pause-strategy", owner=owner) if owner else words("pause-account")


def _short(event: model.ModelRetired | model.DriftFound, _words: Words) -> Values:
    return {"short": event.sha256[:12]}


def _registered(event: model.ModelRegistered, words: Words) -> Values:
    gates = {None: "", True: "gate-passed", False: "gate-failed"}
    gate = gates[event.passed_gate]
    return {
        "short": event.sha256[:12],
        "begin": f"{event.data_from:%Y-%m-%d}",
        "end": f"{event.data_until:%Y-%m-%d}",
        "gate": words(gate) if gate else "",
    }


def _promoted(event: model.ModelPromoted, words: Words) -> Values:
    replaced = event.replaced[:12]
    return {
        "short": event.sha256[:12],
        "instead": words("model-instead", replaced=replaced) if replaced else "",
    }


def _retry(event: position.PositionCloseFailed, _words: Words) -> Values:
    return {"retry_at": _clock(event.retry_at)}


def _moved(event: LogMoved, words: Words) -> Values:
    return {"lost": words("moved-lost") if event.source_lost else ""}


_VALUES: Final[Mapping[type, Callable[[Any, Words], Values]]] = {
    opening.LogOpened: _prices,
    LogMoved: _moved,
    signal.SignalDetected: _signal,
    signal.DecisionMade: _decision,
    signal.ReversalDecided: _reversal,
    signal.SeriesEnded: _series,
    scored.SignalScored: _scored,
    routed.SignalRouted: _routed,
    routed.RouteReported: _reported,
    order.OrderPlaced: _terms,
    order.OrderAccepted: _accepted,
    order.OrderAmendRequested: _amounts,
    order.OrderAmended: _amounts,
    position.PositionOrphaned: _orphaned,
    managed.PositionManaged: _managed,
    position.PositionCloseFailed: _retry,
    KillSwitchTripped: _tripped,
    mark.AccountMarked: _marked,
    regime.RegimeChanged: _regime,
    manipulation.ManipulationSuspected: _manipulation,
    LeverageChangeRequested: _leverage,
    InstrumentListed: _rules,
    InstrumentRulesChanged: _rules,
    SettingsHeld: _held,
    EntriesPaused: _paused,
    EntriesResumed: _resumed,
    model.ModelRegistered: _registered,
    model.ModelPromoted: _promoted,
    model.ModelRetired: _short,
    model.DriftFound: _short,
}
"""The values beside an event's fields, or in place of them."""

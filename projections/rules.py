"""The rules in force of a run's instruments, with their origin, for the summary."""

from __future__ import annotations

from collections.abc import Mapping

from domain.instrument import InstrumentListed, InstrumentRulesChanged, RulesOrigin
from projections.sentences import plain

InForce = InstrumentListed | InstrumentRulesChanged


def kind_of(origin: RulesOrigin | None) -> str:
    """`real`, `guessed`, or `not recorded` for the rules of a log that an earlier version opened."""
    if origin is None:
        return "not recorded"
    return "guessed" if origin.guessed else "real"


def source_of(origin: RulesOrigin | None) -> str:
    """The source with its date, as text; empty where it was not recorded."""
    if origin is None:
        return ""
    return origin.source if origin.as_of is None else f"{origin.source}, {origin.as_of:%Y-%m-%d}"


def figures(in_force: InForce) -> Mapping[str, object]:
    """The rules by name, decimals as text, for JSON."""
    rules, origin = in_force.instrument, in_force.origin
    return {
        "origin": kind_of(origin),
        "source": origin.source if origin else "",
        "as_of": origin.as_of.isoformat() if origin and origin.as_of else None,
        "base": rules.base,
        "quote": rules.quote,
        "tick": plain(rules.tick),
        "lot": plain(rules.lot),
        "min_quantity": plain(rules.min_quantity),
        "max_quantity": plain(rules.max_quantity),
        "min_notional": plain(rules.min_notional),
    }


def sentence(in_force: InForce) -> str:
    """One line for people: what the rules are and where they come from."""
    rules, origin = in_force.instrument, in_force.origin
    least = f"orders from {plain(rules.min_notional)} {rules.quote}"
    steps = f"tick {plain(rules.tick)}, lot {plain(rules.lot)}, {least}"
    if origin is None:
        return f"{rules.id}: rules of a log of an earlier version: {steps}"
    if origin.guessed:
        return f"{rules.id}: guessed rules, from {origin.source}: {steps}"
    return f"{rules.id}: real rules, from {source_of(origin)}: {steps}"

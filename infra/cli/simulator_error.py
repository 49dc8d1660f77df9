"""The simulator's error in the report of a backtest of a live run's tape: its tables, and its form as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adapters.avro import iso
from infra.cli.money import money
from infra.cli.what_if_words import Listed, verdict_of
from infra.pages.tables import Column
from projections.fill_differences import Executed, FillDifference, Followed, SimulatorError
from projections.sentences import plain

TITLE = "Simulator's error"
NOTE = (
    "Each order as it was filled live, and as this backtest fills it: the time of the first fill, how much later that "
    "of the backtest is, and both mean prices. The difference is what the simulated fill gives more than the live one, "
    "less fees; negative where it is worse."
)
_ORDERS = (
    *map(Column, ("live (UTC)", "simulated", "symbol", "order")),
    *(Column(name, is_number=True) for name in ("quantity", "live", "simulated")),
    Column("difference", is_number=True, signed=True),
)
_DECISIONS = tuple(
    map(Column, ("candle closed", "symbol", "strategy", "live", "simulated", "after the fill of"))
)
_PLACES = 8


def tables(found: SimulatorError, currency: str) -> Iterator[Listed]:
    """The tables of the report: every order that was filled, and the decisions that differ, if there are any."""
    title = (
        f"{TITLE}: {len(found.differing):,} of {len(found.orders):,} filled orders differ, "
        f"{'+' if found.money > 0 else ''}{money(found.money, currency)}"
    )
    yield Listed(title, _ORDERS, [_order(one) for one in found.orders])
    if found.decisions:
        yield Listed(
            f"Decisions that differ: {len(found.decisions):,}",
            _DECISIONS,
            [_decision(one) for one in found.decisions],
        )


def as_json(found: SimulatorError) -> Mapping[str, object]:
    """The error for programs: amounts as text, times in ISO 8601; null where an order was not filled."""
    return {
        "money": plain(found.money),
        "orders": [
            {
                "order": _name(one),
                "cause": one.leg.fact.cause,
                "instrument": one.leg.instrument,
                "purpose": one.order.purpose.value,
                "side": one.order.side.value,
                "live": _executed(one.live),
                "simulated": _executed(one.simulated),
                "differs": one.differs,
                "money": plain(one.money),
            }
            for one in found.orders
        ],
        "decisions": [
            {
                "cause": one.decision.fact.cause,
                "strategy": one.decision.signal.strategy,
                "instrument": one.decision.signal.instrument,
                "candle_closed_at": iso(one.decision.signal.candle_closed_at),
                "live": verdict_of(one.decision.control),
                "simulated": verdict_of(one.decision.candidate),
                "after_fill_of": None if one.after is None else _name(one.after),
            }
            for one in found.decisions
        ],
    }


def _order(one: FillDifference) -> Sequence[str]:
    return (
        f"{one.live.at:%m-%d %H:%M:%S}" if one.live else "-",
        _when(one),
        one.leg.instrument.partition("-")[0],
        f"{one.order.purpose.value.lower()} {one.order.side.value.lower()}",
        _quantity(one),
        _price(one.live),
        _price(one.simulated),
        f"{one.money:+,.2f}" if one.money else "0.00",
    )


def _when(one: FillDifference) -> str:
    """How much later the simulated fill is; its time where the order was not filled live."""
    if one.simulated is None:
        return "-"
    if one.live is None:
        return f"{one.simulated.at:%m-%d %H:%M}"
    return f"{(one.simulated.at - one.live.at).total_seconds():+,.1f} s"


def _decision(one: Followed) -> Sequence[str]:
    signal = one.decision.signal
    return (
        f"{signal.candle_closed_at:%y-%m-%d %H:%M}",
        signal.instrument.partition("-")[0],
        signal.strategy,
        verdict_of(one.decision.control),
        verdict_of(one.decision.candidate),
        "no fill differed before it" if one.after is None else _name(one.after),
    )


def _name(one: FillDifference) -> str:
    """`entry 03-02 10:05`: the purpose of the order, and the time of its first fill."""
    return f"{one.order.purpose.value.lower()} {one.at:%m-%d %H:%M}"


def _quantity(one: FillDifference) -> str:
    """One quantity where both are the same, else both."""
    found = ["-" if side is None else plain(side.quantity) for side in (one.live, one.simulated)]
    return " / ".join(dict.fromkeys(found))


def _price(side: Executed | None) -> str:
    return "-" if side is None else plain(round(side.price, _PLACES))


def _executed(side: Executed | None) -> Mapping[str, str] | None:
    if side is None:
        return None
    return {
        "at": iso(side.at),
        "price": plain(round(side.price, _PLACES)),
        "quantity": plain(side.quantity),
        "fee": plain(side.fee),
    }

"""The command of the catalogue: to list an instrument with its current rules."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import ONE, ZERO, is_within
from domain.errors import InvalidInput
from domain.instrument import (
    Catalogue,
    Instrument,
    InstrumentEvent,
    InstrumentListed,
    InstrumentRulesChanged,
    RulesOrigin,
    check_instrument_id,
)


class ListInstrument(Struct, frozen=True, gc=False):
    """Lists the instrument with its current rules. `origin` is None for rules that the venue states about itself."""

    instrument: Instrument
    origin: RulesOrigin | None = None


InstrumentCommand = ListInstrument


def decide(command: InstrumentCommand, state: Catalogue) -> Sequence[InstrumentEvent]:
    """The events that follow; none if the same rules are recorded already. Raises InvalidInput for impossible rules."""
    instrument = command.instrument
    check_instrument_id(instrument.id)
    check_rules(instrument)
    known = state.get(instrument.id)
    if known is None:
        return [InstrumentListed(instrument, command.origin)]
    return [] if known == instrument else [InstrumentRulesChanged(instrument, command.origin)]


def check_rules(instrument: Instrument) -> None:
    """Raises InvalidInput naming every figure that is out of its range, each with the range."""
    faults = [
        f"{name} = {value} must be in {low} … {high}"
        for name, low, high in RANGES
        if not is_within(value := getattr(instrument, name), low, high)
    ]
    if not faults and instrument.min_quantity > instrument.max_quantity:
        faults = [f"min_quantity {instrument.min_quantity} is above max_quantity {instrument.max_quantity}"]
    if faults:
        raise InvalidInput(f"{instrument.id}: {'; '.join(faults)}")


_LEAST, _MOST = Decimal("1e-18"), Decimal("1e18")
RANGES: tuple[tuple[str, Decimal, Decimal], ...] = (
    ("tick", _LEAST, _MOST),
    ("lot", _LEAST, _MOST),
    ("min_quantity", ZERO, _MOST),
    ("max_quantity", _LEAST, _MOST),
    ("min_notional", ZERO, _MOST),
    ("maker_fee", -ONE, ONE),
    ("taker_fee", -ONE, ONE),
    ("max_leverage", ONE, Decimal(1_000)),
    ("maintenance_margin", ZERO, ONE),
)
"""The figures of an instrument's rules and their ranges; a negative fee is a rebate."""

"""What may be asked of the catalogue: to list an instrument by the rules it has now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import InvalidInput
from domain.instrument import (
    Catalogue,
    Instrument,
    InstrumentEvent,
    InstrumentListed,
    InstrumentRulesChanged,
    check_instrument_id,
)


@dataclass(frozen=True, slots=True)
class ListInstrument:
    """The instrument and its rules as they are now."""

    instrument: Instrument


InstrumentCommand = ListInstrument


def decide(command: InstrumentCommand, state: Catalogue) -> Sequence[InstrumentEvent]:
    """The events that follow; none where the rules are known already. Raises InvalidInput for impossible rules."""
    instrument = command.instrument
    check_instrument_id(instrument.id)
    if instrument.tick <= 0 or instrument.lot <= 0:
        raise InvalidInput(
            f"{instrument.id}: tick {instrument.tick} and lot {instrument.lot} must be positive"
        )
    known = state.get(instrument.id)
    if known is None:
        return [InstrumentListed(instrument)]
    return [] if known == instrument else [InstrumentRulesChanged(instrument)]

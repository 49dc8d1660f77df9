"""The observer: watches the engine at work and changes nothing in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.log import Envelope


class Observer(Protocol):
    """Called on the engine's thread, between two units of work: it returns at once and raises nothing."""

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """A candle of the instrument closed at this price (quote currency), at this time of the market's clock."""
        ...

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """One unit of work is durable; recalled units are not passed.

        In wall-clock seconds, `worked` is the time from the stimulus to its last decision, `appended` the time from
        there until the log responded. Where `envelopes` hold a DecisionMade, `worked` is signal -> decision; where they
        hold an OrderPlaced, `appended` is decision -> durable order intent.
        """
        ...

"""The observer: who watches the engine at work. It changes nothing, and the engine does the same without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.log import Envelope


class Observer(Protocol):
    """Told from the engine's own thread, between two units of work: it returns at once and raises nothing."""

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """A candle of the instrument closed at this price (quote currency), at this moment of the market's clock."""
        ...

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """One unit of work is durable; what was taken up again from the log is not told.

        Wall-clock seconds: `worked` from the stimulus to the last decision made of it, `appended` from there until
        the log answered. So where `envelopes` hold a DecisionMade, `worked` is signal -> decision; where they hold an
        OrderPlaced, `appended` is decision -> durable order intent.
        """
        ...

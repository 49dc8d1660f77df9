"""The command of a market's regime: to put another one in force."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from domain.regime import RegimeChanged, RegimeState


class ChangeRegime(Struct, frozen=True, gc=False):
    """Puts a regime in force that closed candles have confirmed."""

    change: RegimeChanged


def decide(command: ChangeRegime, state: RegimeState) -> Sequence[RegimeChanged]:
    """The change; none if this regime is in force already."""
    return [] if state is not None and state.regime is command.change.regime else [command.change]

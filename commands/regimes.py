"""Follows the regimes of the instruments, and changes them where another one is confirmed than is in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from commands.identity import ENGINE, Identity
from commands.regime import ChangeRegime
from commands.stimulus import Ask
from domain.candle import Candle, cause_of
from domain.log import chain_id
from domain.regime import RegimeChanged
from domain.regimes.reader import Confirmed, RegimeReaders
from domain.regimes.settings import RegimeSettings

_REGIME = "/regime"
"""What follows a candle's fact in the fact from which the chain of a change is made."""


class Regimes:
    """The readers of one engine, and the changes that follow from them."""

    def __init__(self, settings: RegimeSettings, identity: Identity) -> None:
        self._readers = RegimeReaders(settings)
        self._identity = identity

    def take(self, candle: Candle, in_force: Mapping[str, RegimeChanged]) -> Sequence[Ask]:
        """The change that this candle of the market leads to, none or one. Raises what `RegimeReaders.take` raises."""
        confirmed = self._readers.take(candle)
        return () if confirmed is None else self._due([confirmed], in_force)

    def pass_over(self, candle: Candle) -> None:
        """Takes a candle that leads to no change."""
        self._readers.take(candle)

    def due(self, in_force: Mapping[str, RegimeChanged]) -> Sequence[Ask]:
        """The changes to what is confirmed now, at most one for each instrument."""
        return self._due(self._readers.confirmed, in_force)

    def _due(self, confirmed: Iterable[Confirmed], in_force: Mapping[str, RegimeChanged]) -> Sequence[Ask]:
        found: list[Ask] = []
        for one in confirmed:
            before = in_force.get(one.candle.instrument)
            if before is None or before.regime is not one.shown.regime:
                found.append(self._change(one, before))
        return found

    def _change(self, confirmed: Confirmed, before: RegimeChanged | None) -> Ask:
        candle, shown = confirmed.candle, confirmed.shown
        cause = cause_of(candle)
        change = RegimeChanged(
            instrument=candle.instrument,
            interval_seconds=int(candle.interval.total_seconds()),
            candle_closed_at=candle.close_time,
            regime=shown.regime,
            before=None if before is None else before.regime,
            candles=confirmed.candles,
            adx=shown.adx,
            efficiency=shown.efficiency,
            atr_share=shown.atr_share,
            percentile=shown.percentile,
        )
        return Ask(
            command=ChangeRegime(change),
            cause=cause,
            occurred_at=candle.close_time,
            actor=ENGINE,
            chain=chain_id(self._identity.log_id, self._identity.account, cause + _REGIME),
        )

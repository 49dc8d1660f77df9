"""The options that name the tapes of a run on candles: files, or the synthetic market."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import InvalidInput

if TYPE_CHECKING:
    from adapters.tapes import Tape


@dataclass(frozen=True, slots=True)
class TapeOptions:
    """Candle files with the symbol of each, or symbols, seed and length of the synthetic market."""

    files: Sequence[Path]
    symbols: Sequence[str]
    seed: int | None
    bars: int | None
    funding_hours: int | None

    def read(self) -> Sequence[Tape]:
        """The tapes. Raises InvalidInput for a file that is no tape, and what `check` raises."""
        self.check()
        return self._recorded() if self.files else self._synthetic()

    def check(self) -> None:
        """Raises InvalidInput for options that contradict each other."""
        if self.files and (self.seed is not None or self.bars is not None):
            raise InvalidInput(
                "--seed and --bars are for a synthetic market: leave out either them or --candles"
            )

    def check_unused(self, why: str = "this log has a tape of its inputs") -> None:
        """Raises InvalidInput, which names the option and states why, where one is given for a log that needs none."""
        given = {
            "--candles": bool(self.files),
            "--symbol": bool(self.symbols),
            "--seed": self.seed is not None,
            "--bars": self.bars is not None,
            "--funding-hours": self.funding_hours is not None,
        }
        for name, is_given in given.items():
            if is_given:
                raise InvalidInput(f"{name} is for a log of candles: {why}")

    def _recorded(self) -> Sequence[Tape]:
        from adapters.tapes import read_tapes

        now = datetime.now(UTC)
        return read_tapes(self.files, self.symbols, now=now, funding_hours=self.funding_hours)

    def _synthetic(self) -> Sequence[Tape]:
        from adapters.tapes import synthetic_tape
        from adapters.tapes.synthetic import SEED

        chosen: dict[str, object] = {"symbols": self.symbols or None, "candles": self.bars}
        given = {name: value for name, value in chosen.items() if value is not None}
        return synthetic_tape(SEED if self.seed is None else self.seed, **given)  # type: ignore[arg-type]  # missing arguments have defaults

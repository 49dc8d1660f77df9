"""How the member of sequences is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from domain.arithmetic import is_within
from domain.errors import InvalidSettings
from domain.most_rows import MOST_ROWS

_BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "rows": (1, MOST_ROWS),
    "hidden": (1, 512),
    "batch": (1, 65_536),
    "accumulate": (1, 256),
    "epochs": (1, 10_000),
    "patience": (1, 1_000),
    "learning_rate": (1e-6, 1),
    "weight_decay": (0, 1),
    "held_out": (0.05, 0.5),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceSettings:
    """The training of an LSTM with `hidden` values over the last `rows` feature rows of an instrument.

    Gradients of `accumulate` batches of `batch` rows are added up for one step of AdamW with `learning_rate` and
    `weight_decay`. The last `held_out` share (0..1) of the rows trains nothing; training ends after `epochs` passes, or
    when the loss of the held-out rows was not lower for `patience` passes, and the best pass counts.
    """

    rows: int = 16
    hidden: int = 32
    batch: int = 256
    accumulate: int = 1
    epochs: int = 60
    patience: int = 6
    learning_rate: float = 0.002
    weight_decay: float = 0.01
    held_out: float = 0.15

    def __post_init__(self) -> None:
        """Raises InvalidSettings for a value out of its range, by name."""
        for name, value in asdict(self).items():
            low, high = _BOUNDS[name]
            if not is_within(value, low, high):
                raise InvalidSettings(f"models.sequence.{name} = {value} must be in {low:g} … {high:g}")


SEQUENCES: Final = SequenceSettings()
"""The defaults."""

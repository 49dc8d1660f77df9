"""Members of trees: boosting, and the forest, whose rows are rounded to 32 bits as scikit-learn does."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from msgspec import Raw, Struct

from domain.errors import InvalidInput
from domain.models.member import Floats, Heads, Member
from domain.models.trees import TreeArrays, Trees, doubled

Rounding = Callable[[Sequence[float]], Sequence[float]]


class TreeHeads(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of a member of trees: the trees of each head."""

    win: TreeArrays
    stopped: TreeArrays
    net: TreeArrays


class TreeMember:
    """Three heads of trees on the same row."""

    def __init__(self, heads: TreeHeads, features: int, rounding: Rounding) -> None:
        """Raises InvalidInput where a head's arrays are no trees; the message names head and node."""
        self._rounding = rounding
        self._win, self._stopped, self._net = (
            _trees(name, getattr(heads, name), features) for name in TreeHeads.__struct_fields__
        )

    @property
    def earlier(self) -> int:
        """Trees read the signal's own row alone."""
        return 0

    def predict(self, row: Sequence[float], earlier: Sequence[Sequence[float]] = ()) -> Heads:
        """The heads of a row: one value a feature, NaN where it is missing."""
        walked = doubled(self._rounding(row))
        win, effects = self._win.explained(walked)
        return Heads(
            win, self._stopped.predict(walked), self._net.predict(walked), self._in_probability(win, effects)
        )

    def _in_probability(self, win: float, effects: Floats) -> Floats:
        """The effects on the sum of the trees, scaled so that together they are the change of the probability."""
        total = float(effects.sum())
        if not total:
            return np.zeros_like(effects)
        return effects * ((win - self._win.linked(self._win.middle)) / total)


def boosting(content: Raw, features: int) -> Member:
    """Reads a member of scikit-learn's HistGradientBoosting."""
    return TreeMember(_heads(content), features, _as_it_is)


def forest(content: Raw, features: int) -> Member:
    """Reads a member of scikit-learn's RandomForest."""
    single = struct.Struct(f"{features}f")

    def rounded(row: Sequence[float]) -> Sequence[float]:
        try:
            return single.unpack(single.pack(*row))
        except OverflowError:
            raise InvalidInput("a value of the row is too large for a 32-bit number") from None

    return TreeMember(_heads(content), features, rounded)


def _as_it_is(row: Sequence[float]) -> Sequence[float]:
    return row


def _heads(content: Raw) -> TreeHeads:
    try:
        return msgspec.json.decode(content, type=TreeHeads)
    except msgspec.DecodeError as fault:
        raise InvalidInput(str(fault)) from None


def _trees(name: str, arrays: TreeArrays, features: int) -> Trees:
    try:
        return Trees(arrays, features)
    except InvalidInput as fault:
        raise InvalidInput(f"{name}: {fault}") from None

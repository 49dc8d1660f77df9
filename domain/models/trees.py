"""Decision trees: their flat form in a model file, and the walk that gives scikit-learn's answer to the last bit.

The sum goes through the trees in their order, one addition a tree, as scikit-learn's does; a compensated sum (Python's
`sum` from 3.12 on) would differ in the last bits. Where a split sends missing values to the left, the walk reads a
second copy of the row that has minus infinity in their place, so that a step is one comparison: NaN is never at most a
threshold.

The effect of a feature is that of Saabas (2014, "Interpreting random forests"): the sum of the changes of the node's
value over the splits on the feature along the path of the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.errors import InvalidInput

Node = tuple[int, float, Any, Any]
"""A split (feature, threshold, left node, right node), or a leaf (-1, value, number of the leaf, None)."""
Floats = NDArray[np.float64]
DEEPEST: Final = 64
"""The most splits on a path that a file may hold."""


class Link(StrEnum):
    """How the sum of the trees becomes a prediction.

    LOGIT: the probability of log-odds. MEAN: the sum over the number of trees. IDENTITY: the sum itself.
    """

    LOGIT = "LOGIT"
    MEAN = "MEAN"
    IDENTITY = "IDENTITY"


class TreeArrays(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The trees of one head as arrays with one item a node; a child's index is greater than its parent's.

    `roots` are the indices of the trees' first nodes. `feature` is the index of the feature of a split, -1 at a leaf.
    A value goes left where it is at most `threshold`; a threshold of None sends every value left that is not missing.
    `missing_left` is where a missing value goes. `value` is the value of a node: at a leaf it is added to `base`; at a
    split it is the mean of the training rows below, which only the effects read. `left` and `right` are -1 at a leaf.
    """

    link: Link
    base: float
    roots: tuple[int, ...]
    feature: tuple[int, ...]
    threshold: tuple[float | None, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    missing_left: tuple[bool, ...]
    value: tuple[float, ...]


class Trees:
    """The trees of one head, ready to be walked. `rows` have one value a feature, NaN where it is missing."""

    def __init__(self, arrays: TreeArrays, features: int) -> None:
        """Raises InvalidInput where the arrays are no trees on so many features; the message names the node."""
        _check(arrays, features)
        self._link = _LINKS[arrays.link]
        self._base = arrays.base
        building = _Building(arrays, features)
        self._roots = tuple(building.node(root, np.zeros(features)) for root in arrays.roots)
        self._effects = np.array(building.effects, dtype=np.float64).reshape(-1, features)
        self._middle = _added(arrays.base, [arrays.value[root] for root in arrays.roots])

    def predict(self, row: Sequence[float]) -> float:
        """The prediction of a row of `doubled` form."""
        total = self._base
        for node in self._roots:
            feature, number, left, right = node
            while right is not None:
                feature, number, left, right = left if row[feature] <= number else right
            total += number
        return self._link(total, len(self._roots))

    def explained(self, row: Sequence[float]) -> tuple[float, Floats]:
        """The prediction of a row of `doubled` form, and each feature's effect on the sum of the trees.

        `middle` and all effects together are the sum: with LOGIT in log-odds, else in the unit of the values.
        """
        total, leaves = self._base, list[int]()
        for node in self._roots:
            feature, number, left, right = node
            while right is not None:
                feature, number, left, right = left if row[feature] <= number else right
            total += number
            leaves.append(left)
        return self._link(total, len(self._roots)), self._effects[leaves].sum(axis=0)

    @property
    def middle(self) -> float:
        """The sum of the trees without any effect: the base and the values of the roots."""
        return self._middle

    def linked(self, total: float) -> float:
        """The prediction of a sum of the trees."""
        return self._link(total, len(self._roots))


def doubled(row: Sequence[float]) -> tuple[float, ...]:
    """The row (NaN where missing), and behind it the copy with minus infinity in place of NaN."""
    return (*row, *(-math.inf if value != value else value for value in row))


class _Building:
    """Makes nested nodes of arrays, and the effects of each leaf's path."""

    def __init__(self, arrays: TreeArrays, features: int) -> None:
        self._arrays, self._features = arrays, features
        self.effects: list[Floats] = []

    def node(self, index: int, path: Floats) -> Node:
        """The node with all below it. `path` are the effects of the splits above."""
        arrays = self._arrays
        feature = arrays.feature[index]
        if feature < 0:
            self.effects.append(path)
            return (-1, arrays.value[index], len(self.effects) - 1, None)
        threshold = arrays.threshold[index]
        below = [self._child(index, child, path) for child in (arrays.left[index], arrays.right[index])]
        return (
            feature + self._features * arrays.missing_left[index],
            math.inf if threshold is None else threshold,
            below[0],
            below[1],
        )

    def _child(self, index: int, child: int, path: Floats) -> Node:
        moved = path.copy()
        moved[self._arrays.feature[index]] += self._arrays.value[child] - self._arrays.value[index]
        return self.node(child, moved)


def _check(arrays: TreeArrays, features: int) -> None:
    nodes = len(arrays.feature)
    if arrays.link is Link.MEAN and not arrays.roots:
        raise InvalidInput("there is no tree whose mean could be taken")
    for name in ("threshold", "left", "right", "missing_left", "value"):
        if len(getattr(arrays, name)) != nodes:
            raise InvalidInput(f"{name} has {len(getattr(arrays, name))} items and feature has {nodes}")
    depths = [0] * nodes
    seen = set[int]()
    for index in arrays.roots:
        _see(index, -1, nodes, seen)
    for index in range(nodes):
        if index not in seen:
            raise InvalidInput(f"node {index} is in no tree")
        for child in _children(arrays, index, features):
            _see(child, index, nodes, seen)
            depths[child] = depths[index] + 1
            if depths[child] > DEEPEST:
                raise InvalidInput(f"node {child} is deeper than {DEEPEST} splits")


def _children(arrays: TreeArrays, index: int, features: int) -> Iterator[int]:
    feature = arrays.feature[index]
    if not -1 <= feature < features:
        raise InvalidInput(f"node {index} splits on feature {feature}, and there are {features}")
    children = (arrays.left[index], arrays.right[index])
    if feature < 0:
        if children != (-1, -1):
            raise InvalidInput(f"node {index} is a leaf and has children")
        return
    yield from children


def _see(index: int, parent: int, nodes: int, seen: set[int]) -> None:
    if not parent < index < nodes:
        raise InvalidInput(f"node {parent} has the child {index}; a child is between its parent and {nodes}")
    if index in seen:
        raise InvalidInput(f"node {index} has two parents")
    seen.add(index)


def _added(total: float, values: Sequence[float]) -> float:
    for value in values:
        total += value
    return total


def probability(log_odds: float) -> float:
    """The probability of log-odds: 1 / (1 + exp(-x))."""
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0  # exp overflows beyond 709


_LINKS: Final[Mapping[Link, Callable[[float, int], float]]] = {
    Link.LOGIT: lambda total, _trees: probability(total),
    Link.MEAN: lambda total, trees: total / trees,
    Link.IDENTITY: lambda total, _trees: total,
}

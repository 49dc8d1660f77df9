"""The trees of scikit-learn's models as the arrays of a model file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from domain.models.trees import Link, TreeArrays


class _Tree(NamedTuple):
    """One tree, whose nodes count from 0. `threshold` may be infinite; `feature` is below 0 at a leaf."""

    feature: Sequence[int]
    threshold: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    missing_left: Sequence[bool]
    value: Sequence[float]


def of_boosting(model: Any, link: Link) -> TreeArrays:
    """The trees of a fitted HistGradientBoosting model with one output."""
    trees = [_boosted(one.nodes) for (one,) in model._predictors]  # noqa: SLF001 - no public name has the trees
    return _joined(link, float(model._baseline_prediction.item()), trees)  # noqa: SLF001 - as above


def of_forest(model: Any, link: Link, column: int) -> TreeArrays:
    """The trees of a fitted RandomForest; `column` is that of the class, 0 of a regressor."""
    trees = [
        _Tree(
            one.feature.tolist(),
            one.threshold.tolist(),
            one.children_left.tolist(),
            one.children_right.tolist(),
            one.missing_go_to_left.astype(bool).tolist(),
            one.value[:, 0, column].tolist(),
        )
        for one in (estimator.tree_ for estimator in model.estimators_)
    ]
    return _joined(link, 0.0, trees)


def constant(link: Link, base: float) -> TreeArrays:
    """A head without a tree, where all training rows have one outcome."""
    return _joined(link, base, [])


def _boosted(nodes: Any) -> _Tree:
    is_leaf = nodes["is_leaf"].astype(bool).tolist()
    left, right = nodes["left"].tolist(), nodes["right"].tolist()
    features = nodes["feature_idx"].tolist()
    return _Tree(
        [-1 if leaf else feature for leaf, feature in zip(is_leaf, features, strict=True)],
        nodes["num_threshold"].tolist(),
        left,
        right,
        nodes["missing_go_to_left"].astype(bool).tolist(),
        _means(is_leaf, left, right, nodes["count"].tolist(), nodes["value"].tolist()),
    )


def _means(
    is_leaf: Sequence[bool],
    left: Sequence[int],
    right: Sequence[int],
    counts: Sequence[int],
    values: Sequence[float],
) -> Sequence[float]:
    """The values of leaves, and at splits the means of the training rows below; the library has other numbers there."""
    found = list(values)
    for node in range(len(found) - 1, -1, -1):
        if not is_leaf[node]:
            a, b = left[node], right[node]
            found[node] = (counts[a] * found[a] + counts[b] * found[b]) / (counts[a] + counts[b])
    return found


def _joined(link: Link, base: float, trees: Iterable[_Tree]) -> TreeArrays:
    roots, rows = list[int](), list[tuple[int, float | None, int, int, bool, float]]()
    for tree in trees:
        roots.append(len(rows))
        rows += _nodes(tree, len(rows))
    columns = tuple(zip(*rows, strict=True)) if rows else ((),) * 6
    return TreeArrays(
        link=link,
        base=base,
        roots=tuple(roots),
        feature=columns[0],
        threshold=columns[1],
        left=columns[2],
        right=columns[3],
        missing_left=columns[4],
        value=columns[5],
    )


def _nodes(tree: _Tree, offset: int) -> Iterable[tuple[int, float | None, int, int, bool, float]]:
    for feature, threshold, left, right, missing_left, value in zip(*tree, strict=True):
        if feature < 0:
            yield -1, None, -1, -1, False, value
        else:
            finite = threshold if math.isfinite(threshold) else None
            yield feature, finite, left + offset, right + offset, missing_left, value

"""The figures of a model's validation, by dotted name, as its registration records them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

_MOST = 100


def metrics_of(validation: Mapping[str, object]) -> Mapping[str, float]:
    """The finite numbers of a validation by dotted name, in order of names, the first hundred of them."""
    found = sorted(_numbers("", validation))
    return dict(found[:_MOST])


def _numbers(place: str, value: object) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for name, one in cast("Mapping[str, Any]", value).items():
            yield from _numbers(f"{place}.{name}" if place else str(name), one)
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        yield place, float(value)

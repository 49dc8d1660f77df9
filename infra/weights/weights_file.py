"""The settings file of fitted weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w

from domain.weights.settings import WeightSettings


def weights_file(weights: WeightSettings, head: Sequence[str]) -> str:
    """The table `[trading.weights]`, below a comment of the lines `head`.

    It states the number of its rows, so that a file that was cut between two rows is refused.
    """
    rows: list[Mapping[str, Any]] = [
        {
            "strategy": one.strategy,
            "instrument": one.instrument,
            "regime": one.regime,
            "weight": f"{one.weight:f}",
        }
        for one in weights.table
    ]
    table = {"scales": weights.scales.value, "rows": len(rows), "table": rows}
    comment = "".join(f"# {line}\n" for line in head)
    return f"{comment}\n{tomli_w.dumps({'trading': {'weights': table}})}"

"""A small model file, written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from domain.features.core import CORE_1
from domain.models.file import ModelFile, model_bytes

STUMP: Mapping[str, Any] = {
    "link": "LOGIT",
    "base": 0.5,
    "roots": [0],
    "feature": [0, -1, -1],
    "threshold": [1.5, None, None],
    "left": [1, -1, -1],
    "right": [2, -1, -1],
    "missing_left": [True, False, False],
    "value": [0.1, -0.4, 0.7],
}
"""One split: at most 1.5, or missing, gives -0.4, more gives 0.7."""
CONSTANT: Mapping[str, Any] = {
    "link": "IDENTITY",
    "base": 0.002,
    **{name: [] for name in STUMP if name not in ("link", "base")},
}


def reference(feature: str) -> dict[str, object]:
    """Two rows, one at or below 1 and one above."""
    return {
        "feature": feature,
        "edges": [1.0],
        "counts": [1, 1, 0],
        "sample": [1.0, 2.0],
        "sample_missing": 0,
    }


def content(**changes: object) -> dict[str, Any]:
    """The file's fields: boosting with a stump in `win` and `stopped`, and a constant net return."""
    heads = {"win": STUMP, "stopped": STUMP, "net": CONSTANT}
    return {
        "format": 1,
        "feature_set": "small.1",
        "features": ["gain", "hour"],
        "members": [{"kind": "boosting", "weight": 0.3, "content": heads}],
        "win": {"method": "PLATT", "slope": 1.0, "intercept": 0.0},
        "stopped": {"method": "ISOTONIC", "x": [0.2, 0.8], "y": [0.3, 0.5]},
        "reference": [reference("gain"), reference("hour")],
        "data": {
            "rows": 3,
            "first_signal_at": 1,
            "last_signal_at": 2,
            "last_resolved_at": 3,
            "strategies": ["trend"],
            "instruments": ["BTCUSDT-LINEAR.BYBIT"],
            "sha256": "00",
        },
        "labels": {"TRADE": 3},
        "parameters": {},
        "seed": 1,
        "versions": {},
        "validation": {},
        "verdict": {"passed": False, "reasons": []},
        **changes,
    }


def small(**changes: object) -> bytes:
    """The canonical bytes of the file."""
    return model_bytes(msgspec.convert(msgspec.json.decode(raw(**changes)), ModelFile))


def raw(**changes: object) -> bytes:
    """The file as JSON, which may be damaged by the changes."""
    return msgspec.json.encode(content(**changes))


def constant(logit: float = 1.5, **changes: object) -> bytes:
    """A model of the program's features that gives every row the confidence of this logit, 0.817574 by default."""
    heads = {
        "win": {**CONSTANT, "link": "LOGIT", "base": logit},
        "stopped": {**CONSTANT, "link": "LOGIT", "base": -2.0},
        "net": CONSTANT,
    }
    return raw(
        **{
            "feature_set": CORE_1.id,
            "features": CORE_1.names,
            "members": [{"kind": "boosting", "weight": 0.3, "content": heads}],
            "stopped": {"method": "PLATT", "slope": 1.0, "intercept": 0.0},
            "reference": [rarely(name) for name in CORE_1.names],
            **changes,
        }
    )


def rarely(feature: str) -> dict[str, object]:
    """The reference of a feature that half of the rows lacked, so that a row without it is scored."""
    return {"feature": feature, "edges": [1.0], "counts": [1, 1, 2], "sample": [1.0], "sample_missing": 1}

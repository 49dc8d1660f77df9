"""Writes `sequence_vectors.json`: small LSTMs with what PyTorch returns for some rows, in 64 bits.

Run by `.venv/bin/python -m tests.domain.models.make_sequence_vectors` where the extra torch is installed. The effects
are integrated gradients by PyTorch's own differentiation, at the same points.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

PLACE = Path(__file__).with_name("sequence_vectors.json")
ROWS, LIMIT = 5, 8.0
SHAPES = ((3, 4), (6, 2))
"""Numbers of features and of hidden values."""


def main() -> None:
    torch: Any = import_module("torch")
    torch.manual_seed(20)
    torch.set_num_threads(1)
    found = [case(torch, features, hidden, np.random.default_rng(features)) for features, hidden in SHAPES]
    PLACE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def case(torch: Any, features: int, hidden: int, random: np.random.Generator) -> dict[str, Any]:
    """A model with large weights, so that gates saturate, and what it returns of histories of each length."""
    lstm = torch.nn.LSTM(features, hidden, batch_first=True).double()
    heads = torch.nn.Linear(hidden, 3).double()
    with torch.no_grad():
        for one in (*lstm.parameters(), *heads.parameters()):
            one.mul_(2.5)
    content = {
        "rows": ROWS,
        "mean": random.standard_normal(features).tolist(),
        "scale": (0.5 + random.random(features)).tolist(),
        "limit": LIMIT,
        "inputs": lstm.weight_ih_l0.tolist(),
        "recurrent": lstm.weight_hh_l0.tolist(),
        "bias": (lstm.bias_ih_l0 + lstm.bias_hh_l0).tolist(),
        "heads": heads.weight.tolist(),
        "head_bias": heads.bias.tolist(),
        "net_mean": 0.001,
        "net_scale": 0.02,
    }
    return {
        "content": content,
        "expected": [expected(torch, lstm, heads, content, random, length) for length in range(1, ROWS + 1)],
    }


def expected(
    torch: Any, lstm: Any, heads: Any, content: dict[str, Any], random: np.random.Generator, length: int
) -> dict[str, Any]:
    features = len(content["mean"])
    rows = random.standard_normal((length, features)) * 3
    rows[random.random(rows.shape) < 0.2] = np.nan
    rows[0, 0] = 1e9  # beyond the limit
    x = np.nan_to_num(np.clip((rows - content["mean"]) / content["scale"], -LIMIT, LIMIT), nan=0.0)

    def outputs(values: Any) -> Any:
        _, (last, _) = lstm(values[None])
        return heads(last[-1])[0]

    def win(values: Any) -> Any:
        return torch.sigmoid(outputs(values)[0])

    whole = torch.tensor(x)
    out = outputs(whole)
    effects = torch.zeros(features, dtype=torch.float64)
    for point, share in zip(*np.polynomial.legendre.leggauss(8), strict=True):
        at = (whole * (point + 1) / 2).requires_grad_()
        (gradient,) = torch.autograd.grad(win(at), at)
        effects += (gradient * whole).sum(dim=0) * share / 2
    return {
        "rows": [[None if np.isnan(value) else value for value in row] for row in rows.tolist()],
        "win": float(torch.sigmoid(out[0]).detach()),
        "stopped": float(torch.sigmoid(out[1]).detach()),
        "net": float(out[2].detach()) * content["net_scale"] + content["net_mean"],
        "effects": effects.tolist(),
        "unknown": float(win(torch.zeros_like(whole)).detach()),
    }


if __name__ == "__main__":
    main()

"""Writes synthetic rows as a folder of `whence features build`."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from domain.features.core import CORE_1
from infra.learning.dataset import Dataset
from infra.learning.dataset_file import FORM, Manifest, build_of, table_hash, write_manifest
from infra.learning.parts import Labelled, Parts
from tests.infra.learning.rows import planted


def written(folder: Path, seed: int, rows: int) -> Dataset:
    """Writes planted rows of core.1, and returns them."""
    data = planted(seed, rows, len(CORE_1.names))
    build = build_of(CORE_1.id, table_hash(CORE_1), {}, {"hours": 24})
    months = defaultdict[str, list[Labelled]](list)
    for place in range(rows):
        at = datetime.fromtimestamp(int(data.signal_at[place]) / 1e6, UTC)
        months[f"{at:%Y-%m}"].append(_row(data, place))
    parts = Parts(folder, CORE_1, build)
    sealed = [parts.write(month, months[month], {}) for month in sorted(months)]
    manifest = Manifest(
        form=FORM,
        feature_set=CORE_1.id,
        table=table_hash(CORE_1),
        made_from={},
        labels={"hours": 24},
        rows=rows,
        left_out={},
        parts=sealed,
    )
    write_manifest(folder, manifest)
    return data


def _row(data: Dataset, place: int) -> Labelled:
    values: list[float] = data.x[place].tolist()
    return Labelled(
        signal=f"{place:08d}",
        strategy=data.strategies[place],
        instrument=data.instruments[place],
        signal_at=int(data.signal_at[place]),
        resolved_at=int(data.resolved_at[place]),
        label=data.labels[place],
        net=float(data.net[place]),
        risked=0.003,
        stopped=bool(data.stopped[place]),
        values=tuple(None if np.isnan(one) else one for one in values),
    )

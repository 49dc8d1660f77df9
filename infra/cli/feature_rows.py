"""Feature sets and data sets as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import typer

from domain.features.barriers import EPOCH
from infra.cli.rows import show
from infra.learning.dataset import Dataset, LabelSource
from infra.learning.dataset_file import Manifest, read_dataset, read_manifest, set_named

_DIGITS = 6


def show_set(name: str, *, as_json: bool) -> None:
    """Prints the table of a feature set. Raises InvalidInput for an unknown one."""
    rows = [msgspec.structs.asdict(one) for one in set_named(name).features]
    show(rows, as_json=as_json)


def show_built(folder: Path, manifest: Manifest, kept: int, *, as_json: bool) -> None:
    """Prints what a build gave; `kept` is the number of months that an earlier run had sealed."""
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode())
        return
    typer.echo(f"{folder}: {_summary(manifest)}")
    if kept:
        typer.echo(f"{kept} of {len(manifest.parts)} months were sealed by an earlier run.")


def _summary(manifest: Manifest) -> str:
    left = ", ".join(f"{count:,} {reason}" for reason, count in manifest.left_out.items()) or "none"
    months = f"{manifest.parts[0].month} to {manifest.parts[-1].month}" if manifest.parts else "no month"
    return f"{manifest.rows:,} rows of {manifest.feature_set}, {months}; signals without a row: {left}"


def show_dataset(folder: Path, *, as_json: bool) -> None:
    """Prints what a data set holds. Raises what `read_dataset` raises."""
    manifest, dataset = read_manifest(folder), read_dataset(folder)
    groups, features = _groups(dataset), _features(dataset)
    if as_json:
        found = {
            "manifest": msgspec.to_builtins(manifest),
            "groups": groups,
            "features": features,
        }
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo(_summary(manifest))
    for name, value in sorted({**manifest.made_from, **manifest.labels}.items()):
        typer.echo(f"{name}: {value if isinstance(value, str | int) else json.dumps(value)}")
    if len(dataset.net):
        first, last = (_time(int(at)) for at in (dataset.signal_at[0], dataset.signal_at[-1]))
        typer.echo(f"signals from {first} to {last} UTC\n")
    show(groups, as_json=False, nothing="no rows")
    show(features, as_json=False)


def _time(micros: int) -> str:
    return f"{EPOCH + timedelta(microseconds=micros):%Y-%m-%d %H:%M}"


def _groups(dataset: Dataset) -> Sequence[Mapping[str, Any]]:
    """Rows, won rows, stopped rows and the mean net return by strategy, instrument and kind of label."""
    places = dict[tuple[str, str, LabelSource], list[int]]()
    for place, key in enumerate(zip(dataset.strategies, dataset.instruments, dataset.labels, strict=True)):
        places.setdefault(key, []).append(place)
    found: list[Mapping[str, Any]] = []
    for key in sorted(places):
        chosen = np.array(places[key])
        net = dataset.net[chosen]
        found.append(
            {
                "strategy": key[0],
                "instrument": key[1],
                "label": key[2].value,
                "rows": len(net),
                "won": round(float((net > 0).mean()), 4),
                "stopped": round(float(dataset.stopped[chosen].mean()), 4),
                "mean_net": round(float(net.mean()), _DIGITS),
            }
        )
    return found


def _features(dataset: Dataset) -> Sequence[Mapping[str, Any]]:
    """The part of missing values and the range of those that are there, by feature; None where all are missing."""
    found: list[Mapping[str, Any]] = []
    for place, name in enumerate(dataset.features):
        column = dataset.x[:, place]
        there = column[~np.isnan(column)]
        missing = 1 - len(there) / len(column) if len(column) else 0.0
        figures = (there.min(), float(np.median(there)), there.max()) if len(there) else (None, None, None)
        low, middle, high = (None if one is None else round(float(one), _DIGITS) for one in figures)
        row = {
            "feature": name,
            "missing": round(missing, 4),
            "least": low,
            "median": middle,
            "greatest": high,
        }
        found.append(row)
    return found

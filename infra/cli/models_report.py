"""The report of a trained model on the terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from domain.errors import InvalidInput
from domain.learning.figures import Figures
from domain.models.file import ModelFile, read_file
from infra.cli.output import console_of

_FIGURES: Sequence[tuple[str, str, str]] = (
    ("Brier", "brier", ".4f"),
    ("log loss", "log_loss", ".4f"),
    ("AUC", "auc", ".3f"),
    ("trades", "trades", ",d"),
    ("precision", "precision", ".1%"),
    ("net", "profit", "+.4f"),
    ("mean net", "mean_profit", "+.3%"),
)


class _Test(Struct, frozen=True):
    """One test of the walk-forward, as `infra.learning.validation` writes it; its time is in microseconds."""

    first_signal_at: int
    rows: int
    trained: int
    calibrated: int
    purged: int
    brier: float
    base_rate_brier: float


class _Risk(Struct, frozen=True):
    brier: float
    base_rate_brier: float


class _Validation(Struct, frozen=True):
    """What the report reads of the validation in a file."""

    rows: int
    model: Figures
    baselines: Mapping[str, Figures]
    tests: tuple[_Test, ...]
    stopped: _Risk
    warnings: tuple[str, ...]


def print_trained(place: Path, data: bytes, *, as_json: bool) -> None:
    """Prints the report of a file that was just written."""
    print_model(read_file(data), place.stem, as_json=as_json, place=place)


def print_model(file: ModelFile, sha256: str, *, as_json: bool, place: Path | None = None) -> None:
    """Prints the report of a file."""
    if as_json:
        typer.echo(json.dumps(model_json(file, sha256, place), indent=2))
    else:
        _show(console_of(), file, sha256, place)


def model_json(file: ModelFile, sha256: str, place: Path | None) -> Mapping[str, object]:
    """The report for programs."""
    return {
        "sha256": sha256,
        "file": None if place is None else str(place),
        "feature_set": file.feature_set,
        "members": {one.kind: one.weight for one in file.members},
        "rows": file.data.rows,
        "from": _iso(file.data.first_signal_at),
        "to": _iso(file.data.last_signal_at),
        "labels": file.labels,
        "parameters": file.parameters,
        "seed": file.seed,
        "versions": file.versions,
        "validation": file.validation,
        "passed": file.verdict.passed,
        "reasons": list(file.verdict.reasons),
    }


def _show(console: Console, file: ModelFile, sha256: str, place: Path | None) -> None:
    for line in _head(file, sha256, place):
        console.print(line, soft_wrap=True, markup=False)
    if file.validation:
        validation = _validation_of(file)
        console.print(_figures_table(validation))
        console.print(_tests_table(validation.tests))
        risk = validation.stopped
        console.print(
            f"risk: Brier {risk.brier:.4f}, its base rate {risk.base_rate_brier:.4f}", soft_wrap=True
        )
        for warning in validation.warnings:
            console.print(f"warning: {warning}", soft_wrap=True, markup=False)
    for line in _level(file):
        console.print(line, soft_wrap=True, markup=False)
    for reason in file.verdict.reasons:
        console.print(reason, soft_wrap=True, markup=False)
    console.print(
        "verdict: may be promoted" if file.verdict.passed else "verdict: no promotion", soft_wrap=True
    )


def _head(file: ModelFile, sha256: str, place: Path | None) -> Iterator[str]:
    yield f"model {sha256}" if place is None else f"{place}"
    data = file.data
    yield f"{data.rows:,} rows of {file.feature_set} with {len(file.features)} features"
    yield f"signals {_spelled(data.first_signal_at)} to {_spelled(data.last_signal_at)} UTC"
    yield f"members {', '.join(f'{one.kind} {one.weight:g}' for one in file.members)}; seed {file.seed}"


def _validation_of(file: ModelFile) -> _Validation:
    try:
        return msgspec.convert(file.validation, type=_Validation)
    except msgspec.ValidationError as fault:
        raise InvalidInput(
            f"the validation of the model file is not as this version writes it: {fault}; `whence models show --json` "
            "prints it as it is"
        ) from None


def _level(file: ModelFile) -> Iterator[str]:
    """One line for each probability that the calibration makes the same for all entries."""
    for name, calibration in (("confidence", file.win), ("risk", file.stopped)):
        if calibration.is_level:
            value = calibration.calibrated(0.5)
            yield (
                f"{name}: {value:.3f} for every entry; higher predictions were not right more often in the rows that "
                "calibrate, so no feature changes it"
            )


def _figures_table(validation: _Validation) -> Table:
    rows = {"model": validation.model, **validation.baselines}
    heads = ("predictor", *(name for name, _key, _form in _FIGURES))
    table = _table(f"Validation on {validation.rows:,} rows that trained nothing", heads)
    for name, figures in rows.items():
        table.add_row(name, *(_spelled_figure(getattr(figures, key), form) for _name, key, form in _FIGURES))
    return table


def _tests_table(tests: Sequence[_Test]) -> Table:
    heads = ("from", "rows", "trained", "calibrated", "purged", "Brier", "base rate")
    table = _table("Tests of the walk-forward", heads)
    for one in tests:
        table.add_row(
            _spelled(one.first_signal_at),
            *(f"{figure:,d}" for figure in (one.rows, one.trained, one.calibrated, one.purged)),
            *(f"{figure:.4f}" for figure in (one.brier, one.base_rate_brier)),
        )
    return table


def _table(title: str, heads: Sequence[str]) -> Table:
    table = Table(
        title=title, box=None, title_style="bold", title_justify="left", pad_edge=False, padding=(0, 1, 0, 0)
    )
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left", no_wrap=True)
    return table


def _spelled_figure(value: float | None, form: str) -> str:
    return "none" if value is None else format(value, form)


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)


def _iso(micros: int) -> str:
    return _moment(micros).isoformat()


def _spelled(micros: int) -> str:
    return f"{_moment(micros):%Y-%m-%d %H:%M}"

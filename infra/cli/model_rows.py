"""Prints the models of a log, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import typer
from rich.table import Table

from domain.model import ModelRole
from domain.scored import ScoreOutcome
from infra.cli.output import console_of
from projections.model_scores import ModelBook, ModelRecord

_SHORT = 12


def print_models(book: ModelBook, *, as_json: bool) -> None:
    """One row a model, in order of their registration."""
    records = list(book.models.values())
    if as_json:
        typer.echo(json.dumps([_summary(one) for one in records], indent=2))
        return
    console = console_of()
    if not records:
        console.print("no model is registered in this log")
        return
    heads = ("name", "model", "role", "features", "labels", "scores", "failed", "resolved", "Brier", "gained")
    rows = [
        (
            one.registered.name,
            one.registered.sha256[:_SHORT],
            _role(one.role),
            one.registered.feature_set,
            f"{one.registered.labels:,}",
            f"{one.outcomes.total():,}",
            f"{one.outcomes.total() - one.outcomes[ScoreOutcome.OK]:,}",
            f"{len(one.resolved):,}",
            _figure(one.brier),
            _figure(one.gained),
        )
        for one in records
    ]
    console.print(_table(heads, rows, words=4))
    if book.in_force.champion is None:
        console.print("no champion is in force: the member `model` does not vote")


def print_model(record: ModelRecord, *, as_json: bool) -> None:
    """Everything that the log holds about one model."""
    if as_json:
        typer.echo(json.dumps(_whole(record), indent=2))
        return
    console, known = console_of(), record.registered
    for line in (
        f"{known.sha256} of {known.name}: {_role(record.role)}",
        f"registered {record.registered_at:%Y-%m-%d %H:%M:%S} UTC by {record.actor}",
        (
            f"reads {known.feature_set}, trained on {known.labels:,} labels from {known.data_from:%Y-%m-%d} to "
            f"{known.data_until:%Y-%m-%d}, seed {known.seed}"
        ),
        *(f"  {name} {value:g}" for name, value in known.metrics.items()),
        "scores: " + (", ".join(f"{name} {n:,}" for name, n in record.outcomes.items()) or "none"),
        *(_resolved_lines(record)),
        *(
            f"drift: {one.test} of {one.subject} {one.statistic:.3f} beyond {one.limit:g}, {one.count:,} scores until "
            f"{one.end:%Y-%m-%d %H:%M} UTC"
            for one in record.drifts
        ),
    ):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def print_comparison(book: ModelBook, *, as_json: bool) -> None:
    """The champion and its challengers on the trades that all of them scored."""
    records = [book.models[one.sha256] for _role, one in book.in_force.scoring]
    common = {one.signal for one in records[0].resolved}
    for record in records[1:]:
        common &= {one.signal for one in record.resolved}
    found = [_common(record, common) for record in records]
    if as_json:
        typer.echo(json.dumps([_summary(one) for one in found], indent=2))
        return
    heads = ("model", "role", "trades", "gained", "confidence", "Brier", "accuracy", "net return")
    rows = [
        (
            one.registered.sha256[:_SHORT],
            _role(one.role),
            f"{len(one.resolved):,}",
            _figure(one.gained),
            _figure(one.mean_confidence),
            _figure(one.brier),
            _figure(one.accuracy),
            _figure(one.mean_return),
        )
        for one in found
    ]
    console = console_of()
    console.print(_table(heads, rows, words=2))
    console.print(_profits(found))
    console.print(
        "profit: the sum of the net returns of the trades that the model's score lets through, by the limits in force "
        "at each decision",
        soft_wrap=True,
    )
    console.print(_left_out(found), soft_wrap=True)


def _left_out(records: Sequence[ModelRecord]) -> str:
    """Which signals the compared trades are not of."""
    if any(one.judged for one in records):
        return (
            "descriptive: of the entries that a champion judged, only those that it let through were traded"
        )
    return "descriptive: no champion judged these entries, so no model kept one from being traded"


def _profits(records: Sequence[ModelRecord]) -> Table:
    heads = ("model", "role", "let through", "judged", "profit", "champion's profit")
    rows = [
        (
            one.registered.sha256[:_SHORT],
            _role(one.role),
            f"{one.let_through:,}",
            f"{len(one.judged):,}",
            _figure(one.profit),
            _figure(one.champion_profit),
        )
        for one in records
    ]
    return _table(heads, rows, words=2)


def _common(record: ModelRecord, signals: set[str]) -> ModelRecord:
    resolved = [one for one in record.resolved if one.signal in signals]
    return ModelRecord(
        record.registered,
        record.registered_at,
        record.actor,
        record.role,
        record.outcomes,
        resolved,
        record.drifts,
    )


def _resolved_lines(record: ModelRecord) -> Sequence[str]:
    if not record.resolved:
        return ("no scored signal has a closed trade yet",)
    return (
        (
            f"{len(record.resolved):,} closed trades: gained {_figure(record.gained)}, mean confidence "
            f"{_figure(record.mean_confidence)}, Brier {_figure(record.brier)}, accuracy {_figure(record.accuracy)}, "
            f"net return {_figure(record.mean_return)}"
        ),
        *(
            f"  confidence {one.confidence:.3f}: gained {one.gained:.3f} of {one.count:,}"
            for one in record.calibration
        ),
    )


def _summary(record: ModelRecord) -> dict[str, Any]:
    known = record.registered
    return {
        "name": known.name,
        "sha256": known.sha256,
        "role": None if record.role is None else record.role.value,
        "feature_set": known.feature_set,
        "labels": known.labels,
        "outcomes": {name.value: count for name, count in sorted(record.outcomes.items())},
        "resolved": len(record.resolved),
        "gained": record.gained,
        "mean_confidence": record.mean_confidence,
        "brier": record.brier,
        "accuracy": record.accuracy,
        "mean_return": record.mean_return,
        "judged": len(record.judged),
        "let_through": record.let_through,
        "profit": record.profit,
        "champion_profit": record.champion_profit,
        "drifts": len(record.drifts),
    }


def _whole(record: ModelRecord) -> dict[str, Any]:
    known = record.registered
    return {
        **_summary(record),
        "registered_at": record.registered_at.isoformat(),
        "actor": record.actor,
        "data_from": known.data_from.isoformat(),
        "data_until": known.data_until.isoformat(),
        "seed": known.seed,
        "metrics": dict(known.metrics),
        "calibration": [
            {"count": one.count, "confidence": one.confidence, "gained": one.gained}
            for one in record.calibration
        ],
        "drifts": [
            {
                "subject": one.subject,
                "test": one.test,
                "statistic": one.statistic,
                "limit": one.limit,
                "count": one.count,
                "begin": one.begin.isoformat(),
                "end": one.end.isoformat(),
            }
            for one in record.drifts
        ],
    }


def _role(role: ModelRole | None) -> str:
    return "no role" if role is None else role.value


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _table(heads: Sequence[str], rows: Sequence[tuple[str, ...]], *, words: int) -> Table:
    """The first `words` columns stand left, the others right."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < words else "right", no_wrap=at >= words)
    for row in rows:
        table.add_row(*row)
    return table

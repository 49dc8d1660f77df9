"""Builds a data set: the features of each signal, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from domain.arithmetic import distance
from domain.errors import InvalidInput
from domain.features.barriers import Prices, micros
from domain.features.core import CORE_1
from domain.features.feature_set import FeatureSet
from domain.signal import SignalDetected
from domain.strategies import Intent
from infra.learning.dataset import LabelSource
from infra.learning.dataset_file import FORM, Manifest, build_of, code_hash, table_hash, write_manifest
from infra.learning.detected import Detected, Signals
from infra.learning.outcomes import Outcomes
from infra.learning.parts import Labelled, Part, Parts, counted


class LeftOut(StrEnum):
    """Why a signal has no row. EXIT and GRID have no single entry, OPEN is traded and not closed yet.

    UNRESOLVED: the candles after it end before a barrier, lack its entry, or are not there at all.
    """

    EXIT = "EXIT"
    GRID = "GRID"
    OPEN = "OPEN"
    UNRESOLVED = "UNRESOLVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What labels are taken from: the trades of a log, else barriers on `prices`, held for `limit` at most."""

    outcomes: Outcomes
    prices: Mapping[str, Prices]
    limit: timedelta

    def row(self, found: Detected) -> Labelled | LeftOut:
        """The row of a signal, or why it has none."""
        signal = found.signal
        if signal.intent is not Intent.ENTER:
            return LeftOut.EXIT
        if signal.grid is not None:
            return LeftOut.GRID
        if found.id in self.outcomes.opened:
            return LeftOut.OPEN
        closed = self.outcomes.closed.get(found.id)
        if closed is not None:
            return _row(found, closed.closed_at, LabelSource.TRADE, closed.net, stopped=closed.stopped)
        prices = self.prices.get(signal.instrument)
        reached = None if prices is None else prices.first_barrier(signal, found.at, self.limit, found.costs)
        if reached is None:
            return LeftOut.UNRESOLVED
        return _row(found, reached.resolved_at, LabelSource.BARRIER, reached.net, stopped=reached.stopped)


def _row(found: Detected, resolved_at: int, label: LabelSource, net: float, *, stopped: bool) -> Labelled:
    signal = found.signal
    return Labelled(
        signal=found.id,
        strategy=signal.strategy,
        instrument=signal.instrument,
        signal_at=micros(found.at),
        resolved_at=resolved_at,
        label=label,
        net=net,
        risked=_risked(signal),
        stopped=stopped,
        values=found.reader.row(signal, found.at, found.portfolio).values,
    )


def _risked(signal: SignalDetected) -> float:
    return float(distance(signal.price, signal.stop)) / float(signal.price)


@dataclass(slots=True)
class _Month:
    """The month whose signals are being read."""

    name: str
    rows: list[Labelled] = field(default_factory=list[Labelled])
    left_out: Counter[str] = field(default_factory=Counter[str])


class Build:
    """One build into a folder. A build that was stopped is continued by an equal one: sealed parts are kept.

    `made_from` identifies candles, log and strategies. `kept` is the number of parts that an earlier run has sealed.
    """

    def __init__(
        self,
        folder: Path,
        signals: Signals,
        labels: Labels,
        made_from: Mapping[str, Any],
        features: FeatureSet = CORE_1,
    ) -> None:
        """Raises InvalidInput where the folder holds another build."""
        self.features = features
        self._folder, self._signals, self._labels = folder, signals, labels
        self._made_from = _with_code(made_from, self.features)
        self._table, self._parameters = table_hash(self.features), _parameters(labels)
        self._parts = Parts(folder, self.features, build_id(labels, made_from, features))
        self._sealed = dict(self._parts.sealed())
        self.kept = len(self._sealed)

    def steps(self) -> Iterator[tuple[int, int]]:
        """Builds; yields the progress (done, total) after each event, or each time of candles.

        Each month is sealed when the next one begins, and the manifest is written at the end. Raises what `signals`
        raises, and InvalidInput where a file cannot be written.
        """
        month: _Month | None = None
        for found in self._signals.steps():
            if found is None:
                yield self._signals.progress
                continue
            name = month_of(found.at)
            if month is None or month.name != name:
                self._seal(month)
                month = self._begun(name, month)
            if name not in self._sealed:
                _add(month, self._labels.row(found))
        self._seal(month)
        write_manifest(self._folder, self.manifest())

    def _begun(self, name: str, before: _Month | None) -> _Month:
        if before is not None and name < before.name:
            raise InvalidInput(
                f"a signal of {name} follows one of {before.name}: the log is not in order of time"
            )
        return _Month(name)

    def _seal(self, month: _Month | None) -> None:
        if month is not None and month.name not in self._sealed:
            self._sealed[month.name] = self._parts.write(month.name, month.rows, month.left_out)

    def manifest(self) -> Manifest:
        """The manifest of the parts that are sealed."""
        parts: list[Part] = [self._sealed[month] for month in sorted(self._sealed)]
        return Manifest(
            form=FORM,
            feature_set=self.features.id,
            table=self._table,
            made_from=self._made_from,
            labels=self._parameters,
            rows=sum(one.rows for one in parts),
            left_out=dict(sorted(counted(parts).items())),
            parts=parts,
        )


def build_id(labels: Labels, made_from: Mapping[str, Any], features: FeatureSet = CORE_1) -> str:
    """64 hexadecimal digits that identify the build of this source by this program; see `Manifest.build`."""
    return build_of(features.id, table_hash(features), _with_code(made_from, features), _parameters(labels))


def _with_code(made_from: Mapping[str, Any], features: FeatureSet) -> Mapping[str, Any]:
    return {**made_from, "features_code": code_hash(features)}


def _parameters(labels: Labels) -> Mapping[str, Any]:
    return {"time_limit_seconds": labels.limit // timedelta(seconds=1)}


def _add(month: _Month, row: Labelled | LeftOut) -> None:
    if isinstance(row, LeftOut):
        month.left_out[row] += 1
    else:
        month.rows.append(row)


def month_of(at: datetime) -> str:
    """The month of a time, spelled `2025-04` (UTC)."""
    return f"{at.astimezone(UTC):%Y-%m}"

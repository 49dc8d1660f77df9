"""Trains the member of sequences, an LSTM, by PyTorch; its weights leave as plain numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidInput
from domain.learning.sequence_settings import SequenceSettings
from domain.models.sequence_member import HEADS, SequenceContent
from infra.learning.dataset import Dataset, Floats
from infra.learning.histories import Places, histories
from infra.learning.pytorch import repeatable

Rows = NDArray[np.intp]
Progress = Callable[[str, int, int], None]
"""Takes a name, and how many steps of how many are done."""

_LIMIT: Final = 8.0
"""Standardised values are cut to ± this."""
_LEAST: Final = 50
"""The fewest rows to train, and to hold out."""
_CLIP: Final = 1.0
"""The greatest norm of a step's gradient."""


class Pass(NamedTuple):
    """One pass over the training rows: the losses of the trained and of the held-out rows."""

    trained: float
    held_out: float


class TrainedSequence(NamedTuple):
    """The content of the member, its passes in order, and the place of the one that counts."""

    content: SequenceContent
    passes: tuple[Pass, ...]
    best: int


def _silent(_name: str, _done: int, _all: int) -> None:
    pass


def train_sequence(
    dataset: Dataset,
    rows: Rows,
    weights: Floats,
    settings: SequenceSettings,
    seed: int,
    progress: Progress = _silent,
) -> TrainedSequence:
    """Trains on rows of the dataset, given by rising index, each with its weight.

    On a GPU it uses mixed precision. Raises InvalidInput for too few rows, MissingParts without PyTorch.
    """
    fit, held_out = _divided(dataset, rows, settings.held_out)
    with repeatable(seed) as torch:
        lesson = _lesson(torch, dataset, settings, fit)
        share = dict(zip(rows.tolist(), weights.tolist(), strict=True))
        return _Run(torch, lesson, settings).trained(
            _weighted(fit, share), _weighted(held_out, share), np.random.default_rng(seed), progress
        )


class Weighted(NamedTuple):
    """Rows by index, with a weight each; the weights have the mean 1."""

    rows: Rows
    weights: Floats


def _weighted(rows: Rows, share: dict[int, float]) -> Weighted:
    found = np.asarray([share[one] for one in rows.tolist()])
    return Weighted(rows, found / found.mean())


def _divided(dataset: Dataset, rows: Rows, share: float) -> tuple[Rows, Rows]:
    """The rows to train, and the last ones to hold out.

    A row whose label was known only after the first held-out signal is in neither, so that no outcome is in both.
    """
    cut = len(rows) - round(len(rows) * share)
    held_out = rows[cut:]
    if len(held_out) < _LEAST or cut < _LEAST:
        raise InvalidInput(
            f"a sequence model needs {_LEAST} rows to train and {_LEAST} to hold out, not {cut} and {len(held_out)}"
        )
    fit = rows[:cut][dataset.resolved_at[rows[:cut]] < dataset.signal_at[held_out[0]]]
    if len(fit) < _LEAST:
        raise InvalidInput(
            f"only {len(fit)} rows were resolved before the held-out ones; {_LEAST} are needed"
        )
    return fit, held_out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lesson:
    """All rows of the dataset as tensors on the device, and what standardises them."""

    x: Any
    targets: Any
    places: Places
    device: str
    mean: Floats
    scale: Floats
    net_mean: float
    net_scale: float


def _lesson(torch: Any, dataset: Dataset, settings: SequenceSettings, fit: Rows) -> _Lesson:
    mean, scale = _standard(dataset.x[fit])
    net = dataset.net[fit]
    net_mean, net_scale = float(net.mean()), float(net.std()) or 1.0
    x = np.nan_to_num(np.clip((dataset.x - mean) / scale, -_LIMIT, _LIMIT), nan=0.0)
    targets = np.column_stack(
        (dataset.net > 0, dataset.stopped, (dataset.net - net_mean) / net_scale)
    ).astype(np.float64)
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def tensor(values: Floats) -> Any:
        return torch.tensor(values, dtype=torch.float32, device=device)

    return _Lesson(
        x=tensor(np.vstack((x, np.zeros(x.shape[1])))),  # the last row is what index -1 of a history reads
        targets=tensor(targets),
        places=histories(dataset.instruments, dataset.signal_at, settings.rows),
        device=device,
        mean=mean,
        scale=scale,
        net_mean=net_mean,
        net_scale=net_scale,
    )


def _standard(x: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation of each feature; 0 and 1 for one without a value, deviation 1 for one that does not vary."""
    known = ~np.isnan(x)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, x, 0.0).sum(axis=0) / count
    scale = np.sqrt((np.where(known, x - mean, 0.0) ** 2).sum(axis=0) / count)
    return mean, np.where(scale > 0, scale, 1.0)


class _Run:
    """One training: the modules, the optimiser and the precision."""

    def __init__(self, torch: Any, lesson: _Lesson, settings: SequenceSettings) -> None:
        self._torch, self._lesson, self._settings = torch, lesson, settings
        nn = torch.nn
        self._net = nn.ModuleDict(
            {
                "lstm": nn.LSTM(lesson.x.shape[1], settings.hidden, batch_first=True),
                "heads": nn.Linear(settings.hidden, len(HEADS)),
            }
        ).to(lesson.device)
        self._steps = torch.optim.AdamW(
            self._net.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self._mixed = lesson.device == "cuda"
        self._scaler = torch.amp.GradScaler(lesson.device, enabled=self._mixed)

    def trained(
        self, fit: Weighted, held_out: Weighted, order: np.random.Generator, progress: Progress
    ) -> TrainedSequence:
        passes: list[Pass] = []
        best, kept = 0, copy.deepcopy(self._net.state_dict())
        for at in range(self._settings.epochs):
            progress("sequence", at, self._settings.epochs)
            passes.append(Pass(self._pass(fit, order), self._loss_of(held_out)))
            if at == 0 or passes[at].held_out < passes[best].held_out:
                best, kept = at, copy.deepcopy(self._net.state_dict())
            if at - best >= self._settings.patience:
                break
        progress("sequence", self._settings.epochs, self._settings.epochs)
        self._net.load_state_dict(kept)
        return TrainedSequence(self._content(), tuple(passes), best)

    def _pass(self, part: Weighted, order: np.random.Generator) -> float:
        """One pass in random order, one step for `accumulate` batches; the mean loss."""
        self._net.train()
        shuffled = order.permutation(len(part.rows))
        batches = list(self._batches(part, shuffled))
        total = 0.0
        for first in range(0, len(batches), self._settings.accumulate):
            group = batches[first : first + self._settings.accumulate]
            size = sum(len(one.rows) for one in group)
            for one in group:
                loss = self._loss(one) / size
                self._scaler.scale(loss).backward()
                total += float(loss.detach()) * size
            self._step()
        return total / len(part.rows)

    def _step(self) -> None:
        self._scaler.unscale_(self._steps)
        self._torch.nn.utils.clip_grad_norm_(self._net.parameters(), _CLIP)
        self._scaler.step(self._steps)
        self._scaler.update()
        self._steps.zero_grad(set_to_none=True)

    def _loss_of(self, part: Weighted) -> float:
        self._net.eval()
        with self._torch.no_grad():
            in_order = np.arange(len(part.rows))
            total = sum(float(self._loss(one)) for one in self._batches(part, in_order))
        return total / len(part.rows)

    def _batches(self, part: Weighted, order: Rows) -> Iterator[Weighted]:
        for first in range(0, len(order), self._settings.batch):
            chosen = order[first : first + self._settings.batch]
            yield Weighted(part.rows[chosen], part.weights[chosen])

    def _loss(self, batch: Weighted) -> Any:
        """The sum over the rows: log loss of win and of stopped, and Huber's loss of the standardised net return."""
        torch, nn = self._torch, self._torch.nn.functional
        with torch.autocast(self._lesson.device, enabled=self._mixed):
            out = self._outputs(batch.rows)
        out = out.float()
        targets = self._lesson.targets[torch.as_tensor(batch.rows, device=self._lesson.device)]
        each = nn.binary_cross_entropy_with_logits(out[:, :2], targets[:, :2], reduction="none").sum(dim=1)
        each = each + nn.huber_loss(out[:, 2], targets[:, 2], reduction="none")
        weights = torch.tensor(batch.weights, dtype=torch.float32, device=self._lesson.device)
        return (each * weights).sum()

    def _outputs(self, rows: Rows) -> Any:
        """The heads before the logistic function. Histories that are too short are shorter sequences, not zeros."""
        torch = self._torch
        places = self._lesson.places[rows]
        lengths: Any = np.count_nonzero(places >= 0, axis=1)
        # A history stands at the end of its row of places; a packed sequence stands at the beginning.
        order = np.argsort(places < 0, axis=1, kind="stable")
        left = np.take_along_axis(places, order, axis=1)
        sequences = self._lesson.x[torch.as_tensor(left, device=self._lesson.device)]
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            sequences, torch.as_tensor(lengths), batch_first=True, enforce_sorted=False
        )
        _, (hidden, _) = self._net["lstm"](packed)
        return self._net["heads"](hidden[-1])

    def _content(self) -> SequenceContent:
        state = {name: one.detach().cpu().double() for name, one in self._net.state_dict().items()}
        lesson = self._lesson
        return SequenceContent(
            rows=self._settings.rows,
            mean=tuple(lesson.mean.tolist()),
            scale=tuple(lesson.scale.tolist()),
            limit=_LIMIT,
            inputs=_rows_of(state["lstm.weight_ih_l0"]),
            recurrent=_rows_of(state["lstm.weight_hh_l0"]),
            bias=tuple((state["lstm.bias_ih_l0"] + state["lstm.bias_hh_l0"]).tolist()),
            heads=_rows_of(state["heads.weight"]),
            head_bias=tuple(state["heads.bias"].tolist()),
            net_mean=lesson.net_mean,
            net_scale=lesson.net_scale,
        )


def _rows_of(matrix: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())

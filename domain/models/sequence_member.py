"""The member of sequences: an LSTM over the last feature rows of an instrument, walked by numpy.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", with the forget gate of Gers, Schmidhuber and Cummins
(2000), in the form and order of gates of PyTorch's `nn.LSTM`: i, f, g, o = s(a), s(b), tanh(c), s(d) of
`inputs x + recurrent h + bias`, then c' = f c + i g and h' = o tanh(c'), with the logistic function s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Raw, Struct
from numpy.typing import NDArray

from domain.errors import InvalidInput
from domain.models.member import Floats, Heads
from domain.most_rows import MOST_ROWS

Flags = NDArray[np.bool_]

HEADS: Final = ("win", "stopped", "net")
_GATES: Final = 4
_MOST_HIDDEN: Final = 512

_POINTS, _SHARES = np.polynomial.legendre.leggauss(8)
_PATH: Final[Floats] = np.concatenate(([1.0], (_POINTS + 1) / 2, [0.0]))
"""The places on the path from rows in which all is missing (0) to the rows themselves (1)."""
_WEIGHTS: Final[Floats] = np.concatenate(([0.0], _SHARES / 2, [0.0]))

Numbers = tuple[float, ...]
Matrix = tuple[Numbers, ...]


class SequenceContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of a member of sequences, for F features and H hidden values.

    `rows` is how many feature rows are read, the signal's own included. A value is standardised by the `mean` and
    `scale` of its feature in training and cut to ± `limit`; a missing one is 0. `inputs` is 4H by F, `recurrent` 4H by
    H, `bias` has 4H numbers. `heads` is 3 by H and `head_bias` 3, in the order of `HEADS`; the logistic function of the
    first two is a probability, and net is the third by `net_scale` plus `net_mean`.
    """

    rows: int
    mean: Numbers
    scale: Numbers
    limit: float
    inputs: Matrix
    recurrent: Matrix
    bias: Numbers
    heads: Matrix
    head_bias: Numbers
    net_mean: float
    net_scale: float


class Step(NamedTuple):
    """One row of several sequences: the tangents of the gates' arguments, and the memory before and after it."""

    gates: Floats
    before: Floats
    after: Floats


class Outputs(NamedTuple):
    """The heads of several sequences."""

    win: Floats
    stopped: Floats
    net: Floats


class SequenceMember:
    """An LSTM of one layer. Effects are integrated gradients of `win` from rows in which every value is missing.

    Sundararajan, Taly and Yan (2017), "Axiomatic Attribution for Deep Networks": the effect of a feature is the sum
    over the rows of its standardised value times the mean gradient on the straight path from 0. The integral is a
    Gauss-Legendre sum of 8 points; what it leaves of the exact total is divided in proportion to the effects.
    """

    def __init__(self, content: SequenceContent, features: int) -> None:
        """Raises InvalidInput where an array has another shape or a number is not finite; the message names it."""
        hidden = len(content.recurrent[0]) if content.recurrent else 0
        if not 1 <= content.rows <= MOST_ROWS or not 1 <= hidden <= _MOST_HIDDEN:
            raise InvalidInput(
                f"rows is {content.rows} and there are {hidden} hidden values; 1 to {MOST_ROWS} and 1 to "
                f"{_MOST_HIDDEN} are possible"
            )
        gates = _GATES * hidden
        self._rows, self._hidden = content.rows, hidden
        self._mean = _array("mean", content.mean, features)
        self._scale = _array("scale", content.scale, features)
        if not (self._scale > 0).all() or not 0 < content.limit < math.inf:
            raise InvalidInput("each number of scale, and limit, must be above 0")
        self._limit = content.limit
        # Half of a gate's argument: s(x) = (1 + tanh(x / 2)) / 2 needs one tanh for all gates, and never overflows.
        halved = np.repeat([0.5, 0.5, 1.0, 0.5], hidden)
        self._inputs = np.ascontiguousarray(_matrix("inputs", content.inputs, gates, features).T) * halved
        self._recurrent = (
            np.ascontiguousarray(_matrix("recurrent", content.recurrent, gates, hidden).T) * halved
        )
        self._bias = _array("bias", content.bias, gates) * halved
        self._heads = np.ascontiguousarray(_matrix("heads", content.heads, len(HEADS), hidden).T)
        self._head_bias = _array("head_bias", content.head_bias, len(HEADS))
        self._net_mean, self._net_scale = _array("net", (content.net_mean, content.net_scale), 2).tolist()

    @property
    def earlier(self) -> int:
        """How many rows before the signal's own it reads."""
        return self._rows - 1

    def predict(self, row: Sequence[float], earlier: Sequence[Sequence[float]] = ()) -> Heads:
        """The heads of a row and the rows of the instrument before it, oldest first; NaN is a missing value.

        Of `earlier` the last ones are read; fewer than `rows` - 1 of them are a shorter sequence.
        """
        x = self._standardised([*earlier[max(0, len(earlier) - self.earlier) :], row])
        # One walk has the rows themselves, the points of the path, and rows in which all is missing.
        inputs = _PATH[:, np.newaxis, np.newaxis] * (x @ self._inputs) + self._bias
        hidden, steps = self._walk(inputs)
        found = self._outputs(hidden)
        return Heads(
            float(found.win[0]),
            float(found.stopped[0]),
            float(found.net[0]),
            self._effects(x, steps, found.win),
        )

    def predict_all(self, rows: Floats, known: Flags) -> Outputs:
        """The heads of n sequences, without effects.

        `rows` is n by `rows` of the content by F, each sequence's newest row the last. `known` is n by `rows` of the
        content, False before a sequence begins.
        """
        x = self._standardised(rows)
        hidden = memory = np.zeros((len(x), self._hidden))
        for at in range(x.shape[1]):
            gates = np.tanh(x[:, at] @ self._inputs + self._bias + hidden @ self._recurrent)
            memory, hidden = _moved(gates, memory)
            begun = known[:, at, np.newaxis]
            memory, hidden = np.where(begun, memory, 0.0), np.where(begun, hidden, 0.0)
        return self._outputs(hidden)

    def _outputs(self, hidden: Floats) -> Outputs:
        out = hidden @ self._heads + self._head_bias
        net = np.asarray(out[:, 2] * self._net_scale + self._net_mean)
        return Outputs(_logistic(out[:, 0]), _logistic(out[:, 1]), net)

    def _standardised(self, rows: Sequence[Sequence[float]] | Floats) -> Floats:
        x = (np.asarray(rows, dtype=np.float64) - self._mean) / self._scale
        return np.where(np.isnan(x), 0.0, np.clip(x, -self._limit, self._limit))

    def _walk(self, inputs: Floats) -> tuple[Floats, list[Step]]:
        """The last hidden values of sequences, and their steps; `inputs` is sequences by rows by 4H."""
        hidden = memory = np.zeros((len(inputs), self._hidden))
        steps: list[Step] = []
        for at in range(inputs.shape[1]):
            gates = np.tanh(inputs[:, at] + hidden @ self._recurrent)
            before = memory
            memory, hidden = _moved(gates, before)
            steps.append(Step(gates, before, memory))
        return hidden, steps

    def _effects(self, x: Floats, steps: Sequence[Step], win: Floats) -> Floats:
        """The effects of the features on `win`, from the steps of `_PATH`."""
        slope = (win * (1 - win) * _WEIGHTS)[:, np.newaxis] * self._heads[:, 0]
        found = np.sum(x * (self._gradient(slope, steps) @ self._inputs.T), axis=0)
        total, exact = float(found.sum()), float(win[0] - win[-1])
        apart = np.abs(found).sum()
        return np.asarray(found + np.abs(found) * ((exact - total) / apart)) if apart else found

    def _gradient(self, slope: Floats, steps: Sequence[Step]) -> Floats:
        """Rows by 4H: the gradient of the arguments of the gates, added up over the sequences.

        `slope` is the weighted gradient of the last hidden values.
        """
        size, carried = self._hidden, np.zeros_like(slope)
        found = np.empty((len(steps), _GATES * size))
        for at in range(len(steps) - 1, -1, -1):
            step = steps[at]
            enter, forget, value, leave = _gates(step.gates, size)
            squashed = np.tanh(step.after)
            memory = carried + slope * leave * (1 - squashed * squashed)
            outer = (memory * value / 2, memory * step.before / 2, memory * enter, slope * squashed / 2)
            arguments = np.concatenate(outer, axis=1) * (1 - step.gates * step.gates)
            found[at] = arguments.sum(axis=0)
            slope, carried = arguments @ self._recurrent.T, memory * forget
        return found


def sequence(content: Raw, features: int) -> SequenceMember:
    """Reads a member of sequences for so many features. Raises InvalidInput with the place in its content."""
    try:
        read = msgspec.json.decode(content, type=SequenceContent)
    except msgspec.DecodeError as fault:
        raise InvalidInput(str(fault)) from None
    return SequenceMember(read, features)


def _moved(tangents: Floats, memory: Floats) -> tuple[Floats, Floats]:
    """The memory and the hidden values after a row."""
    enter, forget, value, leave = _gates(tangents, memory.shape[1])
    memory = forget * memory + enter * value
    return memory, leave * np.tanh(memory)


def _gates(tangents: Floats, size: int) -> tuple[Floats, Floats, Floats, Floats]:
    """The gates i, f, g and o of the hyperbolic tangents of their arguments."""
    half = (tangents + 1) / 2
    return half[:, :size], half[:, size : 2 * size], tangents[:, 2 * size : 3 * size], half[:, 3 * size :]


def _logistic(x: Floats) -> Floats:
    return (np.tanh(x / 2) + 1) / 2


def _array(name: str, numbers: Numbers, length: int) -> Floats:
    if len(numbers) != length or not all(map(math.isfinite, numbers)):
        raise InvalidInput(f"{name} has {len(numbers)} numbers; it needs {length}, all finite")
    return np.asarray(numbers, dtype=np.float64)


def _matrix(name: str, rows: Matrix, height: int, width: int) -> Floats:
    if len(rows) != height:
        raise InvalidInput(f"{name} has {len(rows)} rows; it needs {height}")
    return np.asarray([_array(f"{name}[{at}]", row, width) for at, row in enumerate(rows)])

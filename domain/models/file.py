"""The file of a model: plain JSON, from which the model is read; its bytes are what the model is identified by."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Final, cast

import msgspec
from msgspec import Raw, Struct

from domain.drift.reference import FeatureReference
from domain.errors import InvalidInput
from domain.models.calibration import Calibration
from domain.models.ensemble import Ensemble, Part
from domain.models.member import Readers
from domain.models.members import READERS
from domain.plain_text import check_plain

FORMAT: Final = 1
MOST_BYTES: Final = 64_000_000
"""The most bytes of a file that is read."""
_DEEPEST: Final = 8
"""The most levels of what is for readers alone."""
_MOST_ROWS: Final = 2**63
_LATEST: Final = 253_402_300_799_999_999
"""The last microsecond of the year 9999."""


class MemberFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member: its kind (`domain/models/members.py`), its weight before division by their sum, and its content."""

    kind: str
    weight: float
    content: Raw


class DataRange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rows that trained a model. Times are microseconds since 1970 (UTC), up to the year 9999.

    `first_signal_at` and `last_signal_at` are times of signals, `last_resolved_at` is when the last label was known.
    `sha256` is the hash of all rows.
    """

    rows: int
    first_signal_at: int
    last_signal_at: int
    last_resolved_at: int
    strategies: tuple[str, ...]
    instruments: tuple[str, ...]
    sha256: str

    def check(self) -> None:
        """Raises InvalidInput where the number of rows or a time cannot be, or the times are not in order."""
        if not 0 <= self.rows < _MOST_ROWS:
            raise InvalidInput(f"rows is {self.rows}; it must be 0 or more, and below 2**63")
        first, last, resolved = self.first_signal_at, self.last_signal_at, self.last_resolved_at
        if not 0 <= first <= last <= _LATEST or not first <= resolved <= _LATEST:
            raise InvalidInput(
                f"first_signal_at, last_signal_at and last_resolved_at are {first}, {last} and {resolved}; they must "
                "be microseconds from 1970 to the year 9999, none before the first"
            )


class Verdict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the gate lets the model be promoted, and the sentences that state why or why not."""

    passed: bool
    reasons: tuple[str, ...]


class ModelFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about a model. No score depends on `labels`, `parameters` and `validation`; they are for readers.

    `labels` counts them by their source, with the parameters by which they were made. `versions` are those of the code
    and the libraries that trained it.
    """

    format: int
    feature_set: str
    features: tuple[str, ...]
    members: tuple[MemberFile, ...]
    win: Calibration
    stopped: Calibration
    reference: tuple[FeatureReference, ...]
    data: DataRange
    labels: Mapping[str, object]
    parameters: Mapping[str, float | int | str]
    seed: int
    versions: Mapping[str, str]
    validation: Mapping[str, object]
    verdict: Verdict


def model_bytes(file: ModelFile) -> bytes:
    """The canonical bytes of a file: JSON without spaces, keys sorted, each number as short as it can be read back."""
    return msgspec.json.encode(file, order="sorted")


def read_file(data: bytes) -> ModelFile:
    """The content of a model file. Raises InvalidInput where it is damaged; the message states what and where."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"the model file has {len(data):,} bytes; the most is {MOST_BYTES:,}")
    try:
        file = msgspec.json.decode(data, type=ModelFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise InvalidInput(f"the model file is damaged: {fault}") from None
    if file.format != FORMAT:
        raise InvalidInput(f"the model file has format {file.format}; this version reads {FORMAT}")
    _check(file)
    return file


def read_model(data: bytes, readers: Readers = READERS) -> Ensemble:
    """The model of a file. Raises InvalidInput where it is damaged or has an unknown member; states what and where."""
    file = read_file(data)
    parts = [_part(file, place, readers) for place in range(len(file.members))]
    return Ensemble(
        sha256=sha256(data).hexdigest(),
        feature_set=file.feature_set,
        features=file.features,
        parts=parts,
        win=file.win,
        stopped=file.stopped,
    )


def _part(file: ModelFile, place: int, readers: Readers) -> Part:
    member = file.members[place]
    reader = readers.get(member.kind)
    if reader is None:
        raise InvalidInput(
            f"the model file has a member of the unknown kind {member.kind!r} at members[{place}]; "
            f"this version reads {', '.join(sorted(readers))}"
        )
    try:
        return Part(member.kind, member.weight, reader(member.content, len(file.features)))
    except (InvalidInput, UnicodeDecodeError) as fault:
        # The content is decoded only here, so bytes that are no UTF-8 are met here, not in `read_file`.
        raise InvalidInput(f"the model file is damaged at members[{place}].content: {fault}") from None


def _check(file: ModelFile) -> None:
    for place, check in _CHECKS.items():
        try:
            check(file)
        except InvalidInput as fault:
            raise InvalidInput(f"the model file is damaged at {place}: {fault}") from None


def _check_features(file: ModelFile) -> None:
    if not file.features or len(set(file.features)) != len(file.features):
        raise InvalidInput("there must be features, each once")
    _check_texts(file.features)


def _check_members(file: ModelFile) -> None:
    kinds = [one.kind for one in file.members]
    if not kinds or len(set(kinds)) != len(kinds):
        raise InvalidInput("there must be members, each kind once")
    for one in file.members:
        if not 0 < one.weight < math.inf:
            raise InvalidInput(f"the weight of {one.kind} is {one.weight}; it must be above 0")
    if sum(one.weight for one in file.members) == math.inf:
        raise InvalidInput("the sum of the weights is too large for a number")


def _check_reference(file: ModelFile) -> None:
    names = tuple(one.feature for one in file.reference)
    if names != file.features:
        raise InvalidInput(f"the references are of {names}, the features are {file.features}")
    for one in file.reference:
        one.check()


def _check_texts(value: object) -> None:
    """A reader's terminal shows these texts, so they are plain."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > _DEEPEST:
            raise InvalidInput(f"it is nested deeper than {_DEEPEST} levels")
        if isinstance(one, str):
            check_plain(f"text {one[:40]!r}", one)
        elif isinstance(one, Mapping):
            held = cast("Mapping[object, object]", one)
            waiting += [(each, depth + 1) for pair in held.items() for each in pair]
        elif isinstance(one, list | tuple):
            waiting += [(each, depth + 1) for each in cast("Sequence[object]", one)]


def _texts_of(field: str) -> Callable[[ModelFile], None]:
    return lambda file: _check_texts(getattr(file, field))


_CHECKS: Final[Mapping[str, Callable[[ModelFile], None]]] = {
    "features": _check_features,
    "members": _check_members,
    "reference": _check_reference,
    "data": lambda file: file.data.check(),
    "data.strategies": lambda file: _check_texts(file.data.strategies),
    "data.instruments": lambda file: _check_texts(file.data.instruments),
    "verdict.reasons": lambda file: _check_texts(file.verdict.reasons),
    "win": lambda file: file.win.check(),
    "stopped": lambda file: file.stopped.check(),
    **{one: _texts_of(one) for one in ("feature_set", "labels", "parameters", "validation", "versions")},
}

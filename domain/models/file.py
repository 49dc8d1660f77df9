"""The file of a model: plain JSON, from which the model is read; its bytes are what the model is identified by."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Final

import msgspec
from msgspec import Raw, Struct

from domain.errors import InvalidInput
from domain.models.calibration import Calibration
from domain.models.ensemble import Ensemble, Part
from domain.models.member import Readers
from domain.models.members import READERS

FORMAT: Final = 1
_LENGTH: Final = 64_000_000
"""The most bytes of a file that is read."""


class MemberFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member: its kind (`domain/models/members.py`), its weight before division by their sum, and its content."""

    kind: str
    weight: float
    content: Raw


class FeatureReference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The distribution of one feature in training, with which later rows are compared.

    `edges` are the distinct deciles (10 %, … 90 %) of its values, rising; a bin holds the values above one edge and at
    most the next. `shares` are the shares of the values in the bins, one more than edges. `missing` is the share of
    rows without a value; where no row had one, `edges` is empty and `shares` is [0].
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    missing: float


class DataRange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rows that trained a model. Times are microseconds since 1970 (UTC).

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
    if len(data) > _LENGTH:
        raise InvalidInput(f"the model file has {len(data):,} bytes; the most is {_LENGTH:,}")
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
    except InvalidInput as fault:
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


def _check_members(file: ModelFile) -> None:
    kinds = [one.kind for one in file.members]
    if not kinds or len(set(kinds)) != len(kinds):
        raise InvalidInput("there must be members, each kind once")
    for one in file.members:
        if not 0 < one.weight < math.inf:
            raise InvalidInput(f"the weight of {one.kind} is {one.weight}; it must be above 0")


def _check_reference(file: ModelFile) -> None:
    if len(file.reference) != len(file.features):
        raise InvalidInput(f"there are {len(file.reference)} references and {len(file.features)} features")
    for name, one in zip(file.features, file.reference, strict=True):
        if len(one.shares) != len(one.edges) + 1 or not _rises(one.edges):
            raise InvalidInput(f"the deciles of {name} do not rise, or have not one share more than edges")


def _rises(values: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(values))


_CHECKS: Final[Mapping[str, Callable[[ModelFile], None]]] = {
    "features": _check_features,
    "members": _check_members,
    "reference": _check_reference,
    "win": lambda file: file.win.check(),
    "stopped": lambda file: file.stopped.check(),
}

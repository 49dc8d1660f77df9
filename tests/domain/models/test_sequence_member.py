"""The LSTM of our code, held against PyTorch by stored vectors that PyTorch made."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec import Raw

from domain.errors import InvalidInput
from domain.models.file import read_model
from domain.models.sequence_member import SequenceContent, SequenceMember, sequence
from tests.domain.models.files import content, reference

CASES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("sequence_vectors.json").read_text(encoding="utf-8")
)
VECTORS = [(place, length) for place, case in enumerate(CASES) for length in range(len(case["expected"]))]
CLOSE = 1e-9


def _member(place: int) -> SequenceMember:
    given = CASES[place]["content"]
    return sequence(Raw(msgspec.json.encode(given)), len(given["mean"]))


def _rows(place: int, at: int) -> list[list[float]]:
    return [
        [math.nan if value is None else value for value in row]
        for row in CASES[place]["expected"][at]["rows"]
    ]


@pytest.mark.parametrize(("place", "at"), VECTORS)
def test_the_heads_are_those_of_pytorch(place: int, at: int) -> None:
    rows, wanted = _rows(place, at), CASES[place]["expected"][at]
    found = _member(place).predict(rows[-1], rows[:-1])
    for head in ("win", "stopped", "net"):
        assert getattr(found, head) == pytest.approx(wanted[head], abs=CLOSE, rel=0)


@pytest.mark.parametrize(("place", "at"), VECTORS)
def test_the_effects_are_the_integrated_gradients_of_pytorch_and_add_up(place: int, at: int) -> None:
    """What is left of the exact total (below 0.05 with these large weights) is divided among the features."""
    rows, wanted = _rows(place, at), CASES[place]["expected"][at]
    found = _member(place).predict(rows[-1], rows[:-1])
    effects = np.asarray(wanted["effects"])
    left = wanted["win"] - wanted["unknown"] - effects.sum()
    assert found.effects.sum() == pytest.approx(wanted["win"] - wanted["unknown"], abs=CLOSE, rel=0)
    assert abs(left) < 0.05
    assert found.effects == pytest.approx(
        effects + left * np.abs(effects) / np.abs(effects).sum(), abs=CLOSE, rel=0
    )


def test_many_sequences_at_once_have_the_heads_of_each_alone() -> None:
    member, features = _member(0), len(CASES[0]["content"]["mean"])
    lengths = [1, 3, 5]
    rows, known = np.full((3, 5, features), 7.0), np.zeros((3, 5), dtype=np.bool_)
    for place, length in enumerate(lengths):
        rows[place, 5 - length :] = _rows(0, length - 1)
        known[place, 5 - length :] = True
    found = member.predict_all(rows, known)
    for place, length in enumerate(lengths):
        one = _rows(0, length - 1)
        alone = member.predict(one[-1], one[:-1])
        assert found.win[place] == pytest.approx(alone.win, abs=1e-14)
        assert found.stopped[place] == pytest.approx(alone.stopped, abs=1e-14)
        assert found.net[place] == pytest.approx(alone.net, abs=1e-14)


def test_only_the_last_earlier_rows_are_read() -> None:
    member, rows = _member(0), _rows(0, 4)
    assert member.earlier == 4
    alone = member.predict(rows[-1], rows[:-1])
    longer = member.predict(rows[-1], [[9.0] * 3, *rows[:-1]])
    assert (alone.win, alone.stopped, alone.net) == (longer.win, longer.stopped, longer.net)
    assert alone.win != member.predict(rows[-1], rows[1:-1]).win


def test_a_row_in_which_all_is_missing_has_no_effects() -> None:
    unknown = [math.nan] * 3
    assert _member(0).predict(unknown, [unknown]).effects.tolist() == [0.0] * 3


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("rows", 0, "rows is 0"),
        ("mean", [0.0], "mean has 1 numbers; it needs 3"),
        ("scale", [1.0, 0.0, 1.0], "above 0"),
        ("inputs", [[0.0] * 3], "inputs has 1 rows; it needs 16"),
        ("recurrent", [[0.0] * 4] * 15 + [[0.0]], r"recurrent\[15\] has 1 numbers"),
        ("heads", [[0.0] * 4] * 2, "heads has 2 rows; it needs 3"),
        ("limit", 0.0, "limit"),
        ("bias", "none", "bias"),
    ],
)
def test_a_content_with_a_wrong_shape_is_refused_by_name(name: str, value: object, fault: str) -> None:
    changed = {**CASES[0]["content"], name: value}
    with pytest.raises(InvalidInput, match=fault):
        sequence(Raw(msgspec.json.encode(changed)), 3)


def test_an_unknown_field_is_refused() -> None:
    deeper = {**CASES[0]["content"], "layers": 2}
    with pytest.raises(InvalidInput, match="layers"):
        sequence(Raw(msgspec.json.encode(deeper)), 3)


def test_a_content_reads_back_as_it_was() -> None:
    read = msgspec.convert(CASES[0]["content"], SequenceContent)
    assert msgspec.json.decode(msgspec.json.encode(read), type=SequenceContent) == read


def test_a_file_with_trees_and_a_sequence_scores_a_row_after_the_rows_before_it() -> None:
    lstm = {"kind": "lstm", "weight": 0.4, "content": {**CASES[0]["content"]}}
    whole = content(
        features=["gain", "hour", "day"],
        reference=[reference(name) for name in ("gain", "hour", "day")],
        members=[lstm, content()["members"][0]],
    )
    model = read_model(msgspec.json.encode(whole))
    assert (model.earlier, model.stands_on) == (4, ("lstm", "boosting"))
    earlier = [(0.5, None, 1.0), (2.0, 1.0, -1.0)]
    alone, after = model.score((1.0, 0.0, 2.0)), model.score((1.0, 0.0, 2.0), earlier)
    assert alone.confidence != after.confidence
    with pytest.raises(InvalidInput, match="2 values"):
        model.score((1.0, 0.0, 2.0), [(1.0, 2.0)])

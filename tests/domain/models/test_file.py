"""Model files: what a score is, by hand, and each kind of damage with its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from domain.errors import InvalidInput
from domain.models.file import model_bytes, read_file, read_model
from domain.models.member import Heads
from domain.models.members import READERS
from tests.domain.models.files import CONSTANT, STUMP, content, raw, reference


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


@pytest.mark.parametrize(
    ("gain", "raw_sum"),
    [(1.5, 0.5 - 0.4), (1.6, 0.5 + 0.7), (None, 0.5 - 0.4), (-1e308, 0.5 - 0.4), (1e308, 0.5 + 0.7)],
)
def test_a_score_is_the_calibrated_sum_of_the_trees(gain: float | None, raw_sum: float) -> None:
    model = read_model(raw())
    score = model.score([gain, 3.0])
    win = _probability(raw_sum)
    assert score.confidence == round(win, 6)  # Platt's map with slope 1 and intercept 0 changes nothing
    assert score.risk == pytest.approx(0.3 + (win - 0.2) / 0.6 * 0.2, abs=1e-6)
    assert score.expected_return == 0.002
    assert score.stands_on == ("boosting",)
    (reason,) = score.reasons  # the hour moved nothing
    assert (reason.feature, reason.value) == ("gain", gain)
    assert reason.effect == pytest.approx(win - _probability(0.5 + 0.1), abs=2e-6)


def test_the_id_is_the_hash_of_the_bytes_and_canonical_bytes_are_read_back_as_they_are() -> None:
    data = model_bytes(read_file(raw()))
    assert read_model(data).sha256 == sha256(data).hexdigest()
    assert model_bytes(read_file(data)) == data
    assert read_model(data).score([2.0, None]) == read_model(raw()).score([2.0, None])
    assert (read_model(data).feature_set, read_model(data).features) == ("small.1", ("gain", "hour"))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ([1.0], "the row has 1 values; small.1 of the model has 2"),
        ([1.0, math.nan], "the value of hour is nan; it must be finite or None"),
        ([math.inf, 1.0], "the value of gain is inf"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(values: Sequence[float], fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        read_model(raw()).score(values)


def _stump(**changes: object) -> Mapping[str, object]:
    heads = {"win": {**STUMP, **changes}, "stopped": STUMP, "net": CONSTANT}
    return {"members": [{"kind": "boosting", "weight": 0.3, "content": heads}]}


def nested(levels: int) -> Mapping[str, object]:
    return {"a": 1} if levels == 1 else {"a": nested(levels - 1)}


_DAMAGES: Sequence[tuple[Mapping[str, object], str]] = [
        (_stump(left=[0, -1, -1]), r"members\[0\].content: win: node 0 has the child 0"),
        (_stump(left=[2, -1, -1]), "win: node 2 has two parents"),
        (_stump(right=[9, -1, -1]), "win: node 0 has the child 9"),
        (_stump(feature=[2, -1, -1]), "win: node 0 splits on feature 2, and there are 2"),
        (_stump(value=[0.1, -0.4]), "win: value has 2 items and feature has 3"),
        (_stump(roots=[]), "win: node 0 is in no tree"),
        (_stump(left=[1, 2, -1]), "win: node 1 is a leaf and has children"),
        (_stump(**{**CONSTANT, "link": "MEAN"}),
         "win: there is no tree whose mean could be taken"),
        (_stump(base="0.5"), r"Expected `float`, got `str` - at `\$.win.base`"),
        (_stump(more=1), "Object contains unknown field `more`"),
        ({"members": [{"kind": "magic", "weight": 0.3, "content": dict[str, object]()}]},
         r"unknown kind 'magic' at members\[0\]; this version reads boosting, forest"),
        ({"members": []}, "damaged at members: there must be members"),
        ({"members": content()["members"] * 2}, "each kind once"),
        ({"members": [{**content()["members"][0], "weight": 0}]}, "the weight of boosting is 0"),
        ({"features": ["gain", "gain"]}, "damaged at features: there must be features, each once"),
        ({"format": 2}, "has format 2; this version reads 1"),
        ({"win": {"method": "PLATT", "slope": -1.0, "intercept": 0.0}}, "damaged at win: slope is -1.0"),
        ({"stopped": {"method": "ISOTONIC", "x": [0.2, 0.2], "y": [0.3, 0.5]}}, "damaged at stopped: x does not rise"),
        ({"stopped": {"method": "ISOTONIC", "x": [0.2, 0.4], "y": [0.3, 1.5]}}, "y does not rise from 0 to 1"),
        ({"reference": []}, "damaged at reference: the references are of"),
        ({"reference": [reference("gain") | {"edges": [2.0, 1.0]}, reference("hour")]}, "reference of gain: edges"),
        ({"reference": [reference("gain") | {"counts": [0, 0, 0]}, reference("hour")]}, "gain: all counts are 0"),
        ({"members": [{**content()["members"][0], "weight": 1.7e308},
                      {**content()["members"][0], "kind": "forest", "weight": 1.7e308}]},
         "the sum of the weights is too large"),
        ({"data": content()["data"] | {"rows": 2**63}}, "damaged at data: rows is 9223372036854775808"),
        ({"data": content()["data"] | {"rows": -1}}, "damaged at data: rows is -1"),
        ({"data": content()["data"] | {"first_signal_at": -10**17}}, "damaged at data: first_signal_at, .*1970"),
        ({"data": content()["data"] | {"last_signal_at": 10**18}}, "damaged at data: first_signal_at, .*9999"),
        ({"data": content()["data"] | {"first_signal_at": 4}}, "are 4, 2 and 3; .*none before the first"),
        ({"data": content()["data"] | {"strategies": ["\x1b[2J"]}}, r"damaged at data.strategies: .*has U\+001B"),
        ({"verdict": {"passed": False, "reasons": ["no: \x07"]}}, r"damaged at verdict.reasons: .*has U\+0007"),
        ({"validation": {"a\nb": 1.0}}, r"damaged at validation: .*has U\+000A"),
        ({"validation": nested(9)}, "damaged at validation: it is nested deeper than 8 levels"),
        ({"features": ["gain\u202e", "hour"]}, r"damaged at features: .*has U\+202E"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "fault"), _DAMAGES)
def test_a_damaged_file_is_refused_with_the_place_of_the_damage(
    changes: Mapping[str, object], fault: str
) -> None:
    with pytest.raises(InvalidInput, match=fault):
        read_model(raw(**changes))


def test_bytes_that_are_no_file_or_cut_off_are_refused() -> None:
    data = raw()
    for damaged in (b"", b"{}", b"\xff\xfe", data[:-20], data[1:], b"[" * 100_000):
        with pytest.raises(InvalidInput, match="the model file is damaged"):
            read_model(damaged)


def test_a_byte_of_a_member_that_is_no_text_is_refused() -> None:
    damaged = raw().replace(b"IDENTITY", b"IDENT\xe9TY")
    with pytest.raises(InvalidInput, match=r"damaged at members\[0\].content"):
        read_model(damaged)


def test_a_prediction_beyond_all_numbers_is_no_score() -> None:
    net = {**STUMP, "link": "IDENTITY", "base": 1.7e308, "value": [0.0, 1.7e308, 1.7e308]}
    heads = {"win": STUMP, "stopped": STUMP, "net": net}
    model = read_model(raw(members=[{"kind": "boosting", "weight": 0.3, "content": heads}]))
    with pytest.raises(InvalidInput, match="no number may be infinite"):
        model.score([2.0, 3.0])


class _Half:
    """A member of another kind."""

    earlier = 0

    def predict(self, row: Sequence[float], earlier: Sequence[Sequence[float]] = ()) -> Heads:
        import numpy as np

        return Heads(0.5, 0.5, 0.01, np.array([0.0, 0.25]))


def test_members_count_by_their_weights_over_the_sum_of_those_that_the_file_holds() -> None:
    members: list[Any] = [
        {"kind": "lstm", "weight": 0.4, "content": {"any": 1}},
        {**content()["members"][0], "weight": 0.1},
    ]
    read: list[object] = []

    def half(given: msgspec.Raw, features: int) -> _Half:
        read.append((msgspec.json.decode(given), features))
        return _Half()

    model = read_model(raw(members=members), {**READERS, "lstm": half})
    score = model.score([2.0, 7.0])
    assert read == [({"any": 1}, 2)]
    assert score.stands_on == ("lstm", "boosting")
    assert score.confidence == round(0.8 * 0.5 + 0.2 * _probability(1.2), 6)
    assert score.expected_return == round(0.8 * 0.01 + 0.2 * 0.002, 6)
    assert [one.feature for one in score.reasons] == ["hour", "gain"]

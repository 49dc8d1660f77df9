"""Which features drift: both the size and the test against chance must show it."""

from __future__ import annotations

import json
import math

import msgspec
import numpy as np
import pytest

from domain.drift.kolmogorov import p_value
from domain.drift.measure import Drifting, Row, drift_of, measured
from domain.drift.reference import FeatureReference, Floats, Reference, reference_of
from domain.drift.settings import DriftSettings, faults
from domain.errors import InvalidInput

FEATURES = ("gain", "hour", "gap")


def _x(seed: int, rows: int) -> Floats:
    """A normal feature, an hour of 0..23, and one that is missing in half the rows."""
    random = np.random.default_rng(seed)
    gap = random.standard_normal(rows)
    gap[random.random(rows) < 0.5] = np.nan
    return np.column_stack(
        (random.standard_normal(rows), random.integers(0, 24, rows).astype(np.float64), gap)
    )


def _rows(x: Floats) -> list[Row]:
    return [[None if math.isnan(value) else float(value) for value in row] for row in x]


REFERENCE = reference_of(FEATURES, _x(1, 3_000))


def test_rows_like_those_of_training_do_not_drift() -> None:
    for seed in range(2, 30):
        assert drift_of(REFERENCE, _rows(_x(seed, 200)), DriftSettings()) == []


def test_only_the_shifted_feature_drifts_and_its_figures_are_of_the_rows() -> None:
    x = _x(2, 200)
    x[:, 1] = x[:, 1] // 4
    (found,) = drift_of(REFERENCE, _rows(x), DriftSettings())
    assert (found.kind, found.name, found.rows) == (Drifting.FEATURE, "hour", 200)
    assert found.psi is not None
    assert found.psi > 1
    assert found.ks == pytest.approx(0.75, abs=0.06)
    assert found.p == 0.0
    assert found.before is found.after is None


def test_a_feature_that_is_no_longer_missing_drifts() -> None:
    x = _x(3, 200)
    x[:, 2] = np.random.default_rng(3).standard_normal(200)
    assert [one.name for one in drift_of(REFERENCE, _rows(x), DriftSettings())] == ["gap"]


def test_a_large_index_of_a_few_rows_is_no_drift_because_chance_explains_it() -> None:
    x = _x(4, 12)
    sizes = [one.psi for one in measured(REFERENCE, _rows(x))]
    assert max(size for size in sizes if size is not None) > 0.25
    assert drift_of(REFERENCE, _rows(x), DriftSettings()) == []


def test_the_limits_of_the_settings_decide() -> None:
    x = _x(5, 200)
    x[:, 0] += 0.6
    rows = _rows(x)
    (figures, *_) = measured(REFERENCE, rows)
    assert figures.psi is not None
    assert figures.p is not None
    assert figures.by_chance is not None
    over = figures.psi - figures.by_chance
    at_the_limit = DriftSettings(psi=round(over - 1e-9, 9), ks_p=min(1.0, figures.p * 3 + 1e-9))
    assert [one.name for one in drift_of(REFERENCE, rows, at_the_limit)] == ["gain"]
    assert drift_of(REFERENCE, rows, DriftSettings(psi=over + 0.001)) == []
    assert drift_of(REFERENCE, rows, DriftSettings(psi=0, ks_p=0)) == []


def test_the_sample_of_a_large_training_is_thinned_and_keeps_its_distribution() -> None:
    (gain, _, gap) = REFERENCE.features
    assert len(gain.sample) == 256
    assert list(gain.sample) == sorted(gain.sample)
    assert gap.sample_missing == pytest.approx(128, abs=8)
    training = _x(1, 3_000)[:, 0]
    assert np.quantile(gain.sample, (0.1, 0.5, 0.9)) == pytest.approx(
        np.quantile(training, (0.1, 0.5, 0.9)), abs=0.03
    )


def test_the_edges_are_the_deciles_that_occur_and_missing_values_are_counted() -> None:
    (even,) = reference_of(["one"], np.array([[*range(100), np.nan, np.nan]], dtype=np.float64).T).features
    assert even.edges == tuple(float(9 + 10 * at) for at in range(9))
    assert even.counts == (*[10] * 10, 2)
    assert even.missing == pytest.approx(2 / 102)
    (ties,) = reference_of(["one"], np.array([[0.0] * 95 + [1.0] * 5]).T).features
    assert (ties.edges, ties.counts) == ((0.0,), (95, 5, 0))


def test_a_reference_reads_back_from_json_as_it_was() -> None:
    text = msgspec.json.encode(REFERENCE)
    assert msgspec.json.decode(text, type=Reference) == REFERENCE
    assert "NaN" not in json.dumps(json.loads(text))


def test_a_feature_without_any_value_in_training_does_not_drift_when_it_has_values() -> None:
    reference = reference_of(["late"], np.full((500, 1), np.nan))
    assert drift_of(reference, [[None]] * 200, DriftSettings()) == []
    assert drift_of(reference, [[1.0]] * 200, DriftSettings()) == []


def test_a_feature_of_the_calendar_does_not_drift_and_its_figures_are_measured_all_the_same() -> None:
    x = _x(2, 200)
    x[:, 1] = 3
    rows = _rows(x)
    calendar = Reference(REFERENCE.features, frozenset({"hour"}))
    assert [one.name for one in drift_of(REFERENCE, rows, DriftSettings())] == ["hour"]
    assert drift_of(calendar, rows, DriftSettings()) == []
    assert [one.name for one in measured(calendar, rows)] == list(FEATURES)


def test_only_features_that_can_drift_share_the_p_value() -> None:
    x = _x(5, 200)
    x[:, 0] += 0.6
    rows = _rows(x)
    p = measured(REFERENCE, rows)[0].p or 0.0
    settings = DriftSettings(psi=0, ks_p=p * 2.5)
    assert drift_of(REFERENCE, rows, settings) == []
    calendar = Reference(REFERENCE.features, frozenset({"hour"}))
    assert [one.name for one in drift_of(calendar, rows, settings)] == ["gain"]


def _alike(seed: int, rows: int, features: int = 20) -> Floats:
    """Normal features of a first-order autoregression: the correlation of a row with the next is 0.9."""
    noise = np.random.default_rng(seed).standard_normal((rows + 200, features)) * math.sqrt(0.19)
    for at in range(1, len(noise)):
        noise[at] += 0.9 * noise[at - 1]
    return noise[200:]


def _without_correlation(reference: Reference) -> Reference:
    """The reference as versions wrote it that did not measure how alike rows are."""
    return Reference(tuple(msgspec.structs.replace(one, correlation=None) for one in reference.features))


class TestRowsThatAreAlike:
    x = _alike(1, 5_600)
    reference = reference_of([f"f{at}" for at in range(20)], x[:5_000])
    rows = x[5_400:]

    def test_they_are_no_drift_where_the_reference_states_how_alike_they_are(self) -> None:
        assert drift_of(self.reference, _rows(self.rows), DriftSettings()) == []
        assert drift_of(_without_correlation(self.reference), _rows(self.rows), DriftSettings()) != []

    def test_a_shift_that_so_few_independent_rows_can_show_drifts(self) -> None:
        shifted = self.rows.copy()
        shifted[:, 3] += 4
        (found,) = drift_of(self.reference, _rows(shifted), DriftSettings())
        assert found.name == "f3"
        assert found.effective == pytest.approx(200 / 13.3, rel=0.4)

    def test_the_limit_rises_by_the_index_that_so_few_independent_rows_have_by_chance(self) -> None:
        (found, *_) = measured(self.reference, _rows(self.rows))
        (one, *_) = self.reference.features
        assert one.correlation is not None
        by_chance = 9 * one.correlation * (1 / 200 + 1 / 5_000)
        assert found.by_chance == pytest.approx(by_chance, abs=1e-6)
        assert found.limit(DriftSettings()) == pytest.approx(0.25 + by_chance, abs=1e-6)

    def test_a_file_of_before_keeps_its_rule_and_its_bytes(self) -> None:
        before = _without_correlation(self.reference)
        (found, *_) = measured(before, _rows(self.rows))
        assert found.effective is found.by_chance is None
        assert found.limit(DriftSettings()) == 0.25
        assert found.p == round(p_value(found.ks or 0.0, 256, 200), 9)
        assert b"correlation" not in msgspec.json.encode(before)


def test_no_rows_have_no_figures() -> None:
    assert measured(REFERENCE, []) == drift_of(REFERENCE, [], DriftSettings()) == []


@pytest.mark.parametrize(("row", "fault"), [([1.0, 2.0], "2 values"), ([1.0, math.nan, None], "not finite")])
def test_a_row_that_does_not_fit_the_model_is_refused(row: Row, fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        drift_of(REFERENCE, [row], DriftSettings())


def test_training_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidInput, match="2 features"):
        reference_of(["one", "two"], np.zeros((5, 3)))
    with pytest.raises(InvalidInput, match="infinite"):
        reference_of(["one"], np.asarray([[math.inf]]))


def test_a_reference_with_unordered_edges_no_sample_or_an_impossible_correlation_is_refused() -> None:
    unordered = FeatureReference(
        feature="one", edges=(2.0, 1.0), counts=(1, 1, 1, 0), sample=(1.0,), sample_missing=0
    )
    with pytest.raises(InvalidInput, match="rise"):
        unordered.check()
    without = FeatureReference(feature="one", edges=(1.0,), counts=(1, 1, 0), sample=(), sample_missing=0)
    with pytest.raises(InvalidInput, match="empty"):
        without.check()
    less_than_a_row = msgspec.structs.replace(REFERENCE.features[0], correlation=0.5)
    with pytest.raises(InvalidInput, match=r"1 row or more, not 0\.5"):
        less_than_a_row.check()


def test_each_setting_out_of_its_range_is_named() -> None:
    wrong = DriftSettings(rows=10, every=0, psi=-1, ks_p=2, delta=0.6, outcomes_every=0)
    names = [sentence.split(" ", 1)[0].removeprefix("models.drift.") for sentence in faults(wrong)]
    assert names == ["every", "psi", "ks_p", "delta", "outcomes_every", "rows"]
    assert list(faults(DriftSettings())) == list(faults(DriftSettings(rows=0, delta=0))) == []

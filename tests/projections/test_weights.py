"""The weights in force, each with the event since which it has been so."""

from __future__ import annotations

from decimal import Decimal

from domain.settings import Settings, SettingsChanged
from domain.streams import settings_stream
from domain.weights.scale import WeightScale
from domain.weights.settings import Weight, WeightSettings
from projections.weights import WEIGHTS
from tests.domain.history import ACCOUNT, BTC, History
from tests.projections.folded import folded, table

D = Decimal
HALF, MORE = (
    Weight(strategy="trend", weight=D("0.5")),
    Weight(strategy="trend", instrument=BTC, weight=D("1.25")),
)


def changed(*tables: tuple[Weight, ...], scales: tuple[WeightScale, ...] = ()) -> History:
    """A log of settings with these tables, one after the other, and their scales, SIZE by default."""
    history = History()
    for version, rows in enumerate(tables, 1):
        scale = scales[version - 1] if scales else WeightScale.SIZE
        settings = Settings(weights=WeightSettings(scales=scale, table=rows))
        history.record(settings_stream(ACCOUNT), SettingsChanged(version, settings))
    return history


def versions(history: History) -> dict[str, int]:
    """By row, the version of the settings that put it in force."""
    row = table(folded(WEIGHTS, history.envelopes), "weights")[ACCOUNT]
    return {f"{one['instrument']}={one['weight']}": one["version"] for one in row["weights"]}


def test_a_weight_that_a_change_leaves_alone_is_in_force_since_its_own_event() -> None:
    history = changed((HALF,), (HALF, MORE), (MORE,))
    assert versions(changed((HALF,), (HALF, MORE))) == {"*=0.5": 1, f"{BTC}=1.25": 2}
    assert versions(history) == {f"{BTC}=1.25": 2}
    (row,) = table(folded(WEIGHTS, history.envelopes), "weights")[ACCOUNT]["weights"]
    event = history.envelopes[1].meta
    assert (row["event"], row["event_ordinal"]) == (str(event.event_id), 2)
    assert row["since"] == event.occurred_at.isoformat()


def test_a_weight_is_new_where_its_number_or_the_scale_changes() -> None:
    other = Weight(strategy="trend", weight=D("0.6"))
    assert versions(changed((HALF,), (other,))) == {"*=0.6": 2}
    both = (WeightScale.SIZE, WeightScale.CONFIDENCE)
    assert versions(changed((HALF,), (HALF,), scales=both)) == {"*=0.5": 2}


def test_a_weight_that_was_taken_away_and_comes_back_is_in_force_since_it_came_back() -> None:
    assert versions(changed((HALF,), (), (HALF,))) == {"*=0.5": 3}

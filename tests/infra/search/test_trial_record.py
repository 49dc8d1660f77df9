"""The record of trials counts each market, period and settings once, over all studies."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from domain.errors import StoreUnavailable
from infra.search.trial_record import TrialRecord, Tried

WON, REFUSED = Tried("a", "2025", 0.1, "complete"), Tried("b", "2025", None, "refused")


def test_trials_of_earlier_studies_count_and_the_same_ones_count_once(tmp_path: Path) -> None:
    for _study in range(2):
        with closing(TrialRecord(tmp_path / "new" / "trials.db")) as record:
            record.add("tape", [WON, REFUSED])
    with closing(TrialRecord(tmp_path / "new" / "trials.db")) as record:
        record.add("tape", [Tried("c", "2026", 0.3, "complete"), Tried("d", "2025", 0.2, "undefined")])
        record.add("other", [WON])
        assert (record.count("tape"), record.count("other"), record.count("none")) == (4, 1, 0)
        assert list(record.sharpes("tape", "2025")) == [0.1, 0.2]


def test_a_file_that_is_no_record_is_refused_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text("no database, and long enough to be looked at\n" * 10, "utf-8")
    with pytest.raises(StoreUnavailable, match="name another file with --record"):
        TrialRecord(file)
    assert file.read_text("utf-8").startswith("no database")

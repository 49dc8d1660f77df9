"""The verdict on a log whose brokers were killed; the killing itself is `python -m tests.torture.brokers`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.config import WhenceSettings
from tests.adapters.log.days import days, opened
from tests.infra.run.stores import filled
from tests.torture.brokers import Writer, judged


@pytest.mark.parametrize(
    ("acknowledged", "fault"),
    [
        ((1, 2, 3), ""),
        ((1, 3), ""),
        ((1, 2, 3, 5), r"acknowledged and not in the log: \[5\]"),
        ((1, 2, 2), "a version was acknowledged twice"),
    ],
)
def test_an_acknowledged_event_that_the_log_lacks_is_lost_and_others_may_be_there(
    tmp_path: Path, acknowledged: Sequence[int], fault: str
) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'whence.db'}")
    filled(settings.log, [opened(), *days("account-main", 1, 4)])
    writer = Writer(settings)
    writer.acknowledged += [(version, 0.0) for version in acknowledged]
    if not fault:
        assert judged(settings, writer) == (len(acknowledged), 4)
        return
    with pytest.raises(AssertionError, match=fault):
        judged(settings, writer)

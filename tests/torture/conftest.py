"""The zygote of this folder's tests, and the counts that all their rounds add to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adversary.cut_broker import CutBroker, cut_broker
from tests.torture.zygote import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    with Zygote() as running:
        yield running


@pytest.fixture(scope="session")
def behind() -> Iterator[CutBroker]:
    """A Kafka whose line to the engine can be cut."""
    with cut_broker("torture") as running:
        yield running

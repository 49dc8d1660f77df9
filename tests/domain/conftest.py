"""Recorded market data for the tests of pure rules."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def market_data() -> Path:
    """The folder of recordings that stands beside the project; without it the test is skipped."""
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the recorded market data is not beside this project (../shared/data)")
    return folder

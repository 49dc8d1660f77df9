"""A candle book in a migrated store, on each database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from adapters.candle_store.book import CandleBook


@pytest.fixture
def book(store: Engine) -> CandleBook:
    return CandleBook(store)

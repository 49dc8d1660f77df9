from __future__ import annotations

import pytest

from tests.domain.book.kinds import KINDS, NewBook


@pytest.fixture(params=KINDS, ids=["rows", "ladder"])
def new_book(request: pytest.FixtureRequest) -> NewBook:
    """Each kind of book in turn."""
    found: NewBook = request.param
    return found

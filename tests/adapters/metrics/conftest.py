"""What the tests of this folder share."""

from tests.projections.stores import store

__all__ = ["store"]

"""Fixtures of the tests in this folder."""

from tests.projections.stores import store

__all__ = ["store"]

"""Logs of each kind that another process can read."""

from __future__ import annotations

from tests.adapters.log.conftest import kept

__all__ = ["kept"]

"""`whence live` against `whence venue`, each in a process of its own: kill -9 around a submit, and a stop by SIGTERM."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.bybit import BybitExchange, Credentials, Site
from adapters.bybit.client import http
from adapters.bybit.site import Timing
from commands.world import World
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.journeys.program import PATIENCE, WHENCE, environment, whence

KEYS = {"BYBIT_API_KEY": "mine", "BYBIT_API_SECRET": "hidden"}
LOG = "sqlite:///live.db"
ORDER = """mutation Buy($terms: ManualOrderInput!) { x: __typename }"""


@dataclass(frozen=True)
class Place:
    """A venue in a process of its own, and the folder of the program."""

    url: str
    folder: Path

    @property
    def words(self) -> tuple[str, ...]:
        return ("--address", self.url, "--log", LOG)

    @property
    def variables(self) -> dict[str, str]:
        return {**KEYS, "XDG_DATA_HOME": str(self.folder / "data")}

    def orders(self) -> list[dict[str, Any]]:
        """The orders that the venue has or had, of the account, stops and targets left out."""
        session = http(Credentials("mine", "hidden"), Site(http=self.url), Timing())
        response, _, _ = session.get_order_history(category="linear", symbol="BTCUSDT", limit=50)
        open_ones, _, _ = session.get_open_orders(category="linear", symbol="BTCUSDT", limit=50)
        listed = [*open_ones["result"]["list"], *response["result"]["list"]]
        return [one for one in listed if not one["stopOrderType"]]

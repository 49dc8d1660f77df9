"""An engine that loses its log while its API serves: the engine trades no more, and the API still answers queries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from adapters.log.sqlite import open_sqlite
from adapters.tokens.book import TokenBook
from commands.roles import Role
from domain.errors import OwnershipLost
from domain.opening import LogOpened, Mode
from infra.cli import serving
from infra.cli.serving import ApiOptions, plan_of
from infra.config import WhenceSettings
from infra.run.api_plan import ApiPlan
from infra.run.at_rest import MarketAtRest
from infra.run.serve import Api
from infra.store import migrate, open_store
from tests.commands.list_log import codec
from tests.domain.history import ACCOUNT, LOG_ID, History, an_open_day
from tests.replacing import replace

PAUSE = """mutation { pauseStrategy(request: {idempotencyKey: "k1"}, strategy: "trend", reason: "lunch") {
  __typename ... on TimedOut { known } } }"""
LOST = "another engine took the log over"


@dataclass
class Visited:
    """A `Stopping` that calls `visit` once the API does nothing but wait for a stop, and then requests the stop."""

    visit: Callable[[], None]
    responses: list[Any] = field(default_factory=list[Any])
    done: bool = False

    def requested(self) -> bool:
        return self.done

    def wait(self, _seconds: float) -> None:
        self.visit()
        self.done = True


def test_an_api_that_lost_its_log_answers_queries_and_refuses_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}")
    token = _token(settings)
    apis = _announced(monkeypatch)
    monkeypatch.setattr(MarketAtRest, "until", _loses)

    def visit() -> None:
        headers = {"authorization": f"Bearer {token}"}
        for query in ("{ journal(first: 1) { edges { node { type } } } }", PAUSE):
            url = f"{apis[0].url}/graphql"
            visited.responses.append(httpx2.post(url, json={"query": query}, headers=headers).json()["data"])

    visited = Visited(visit)
    monkeypatch.setattr(serving, "stoppable", lambda: nullcontext(visited))
    monkeypatch.setattr(serving, "configure", logging.getLogger(__name__).setLevel)
    serving.serve(settings, plan_of(ApiOptions(port=0)))
    read, refused = visited.responses
    assert read["journal"]["edges"]
    assert "nothing was done" in refused["pauseStrategy"]["known"]
    assert LOST in refused["pauseStrategy"]["known"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("live", "this log trades on an exchange: only `whence live` may be its engine"),
        ("paper-live", "this log is a demo on live prices: only `whence paper --live` may be its engine"),
    ],
)
def test_the_log_of_a_run_on_live_prices_is_served_for_reading_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, why: str
) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}", account=ACCOUNT)
    opening = LogOpened(log_id=LOG_ID, mode=Mode.LIVE, tape="", synthetic=False)
    envelopes = [*History().record("log", opening).envelopes, *an_open_day().envelopes]
    with closing(open_sqlite(tmp_path / "log.db", codec())) as log:
        log.append([replace(one, meta=replace(one.meta, source=source)) for one in envelopes])
    shown = _announced(monkeypatch)
    monkeypatch.setattr(serving, "stoppable", lambda: nullcontext(Visited(lambda: None)))
    monkeypatch.setattr(serving, "configure", logging.getLogger(__name__).setLevel)
    serving.serve(settings, plan_of(ApiOptions(port=0)))
    assert f"reads only: {why}" in shown[0].announcement


def _announced(monkeypatch: pytest.MonkeyPatch) -> list[Api]:
    """The APIs that are announced from now on."""
    apis: list[Api] = []

    def announce(api: Api, _plan: ApiPlan) -> None:
        apis.append(api)

    monkeypatch.setattr(serving, "announce", announce)
    return apis


def _loses(*_: object) -> None:
    raise OwnershipLost(LOST)


def _token(settings: WhenceSettings) -> str:
    engine = open_store(settings)
    migrate(engine)
    token = TokenBook(engine).issue("desk", Role.TRADER, datetime(2026, 3, 2, tzinfo=UTC))
    engine.dispose()
    return token.spelled

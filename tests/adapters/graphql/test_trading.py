"""The section "Live trading" of docs/graphql.md: its query has what halts an account and what a person resolves."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.avro import AvroCodec
from adapters.graphql.context import Context, Served
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.schema import schema
from commands.caller import ANONYMOUS
from domain.breaker import BreakerOpened
from domain.held import SettingsHeld, id_of
from domain.opening import LogOpened, Mode
from domain.pause import EntriesPaused
from domain.settings import SettingsChanged
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from projections.chain import find_story
from projections.story import story
from tests.adapters.graphql.reading import Reading
from tests.domain.history import ACCOUNT, BTC, LOG_ID, History
from tests.projections.stores import WrittenLog, built
from tests.projections.test_trading import BALANCE, a_halted_day

SECTION = (
    (Path(__file__).parents[3] / "docs" / "graphql.md")
    .read_text(encoding="utf-8")
    .partition("## Live trading")[2]
    .partition("\n## ")[0]
)
LIVE, *_MUTATIONS = re.findall(r"```graphql\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture
def halted(store: Engine, tmp_path: Path) -> Iterator[Reading]:
    history = History().record(
        "log", LogOpened(log_id=LOG_ID, mode=Mode.TAPE, tape="by hand", synthetic=True)
    )
    log = WrittenLog([*history.envelopes, *a_halted_day().envelopes])
    models = built(store, log)
    address = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}")
    with closing(open_letters(address)) as letters:
        models = type(models)(store, models.projections, log=log)
        served = Served(models, AvroCodec().decode, letters=lambda: letters)
        yield Reading(log, store, models, served)
        served.readers.close()


def live(halted: Reading, **variables: Any) -> Any:
    """The data of the page's query, with the limits that the API has."""
    limited = schema(limiting(Limits()))
    context = Context(ANONYMOUS, halted.served)
    result: Any = asyncio.run(limited.execute(LIVE, variables, context_value=context))
    assert result.errors is None, result.errors
    return result.data


def test_a_discrepancy_is_a_story_of_the_read_models_as_of_the_log(halted: Reading) -> None:
    found = find_story(halted.log.read, BALANCE)
    with halted.models.now() as source:
        read = story(source, BALANCE, AvroCodec().decode)
    assert found is not None
    assert read is not None
    assert (read.chains, read.last) == (found.chains, found.last)


def test_the_pages_query_has_no_halt_and_no_open_discrepancy_after_all_are_over(halted: Reading) -> None:
    data = live(halted, account=ACCOUNT)
    (state,) = data["tradingStates"]
    assert (state["isHalted"], state["reasons"], state["openDiscrepancies"]) == (False, [], [])
    assert state["breakers"][0] | {"since": ""} == {
        "service": "ORDERS",
        "mode": "CLOSED",
        "since": "",
        "reason": "",
    }
    assert (data["discrepancies"]["totalCount"], data["deadLetters"]) == (0, [])
    assert live(halted, account="nobody")["tradingStates"] == []


def test_the_trading_state_as_of_a_halt_has_every_reason_and_the_ids_that_resolve_them(
    halted: Reading,
) -> None:
    document = """query ($at: Ordinal!) {
      tradingStates(asOf: {ordinal: $at}) { reasons killSwitch killSwitchBy openDiscrepancies breakers { mode reason } }
      discrepancies(asOf: {ordinal: $at}, where: {status: OPEN}, direction: ASC) {
        edges { node { id kind subject found resolvedAt } } }
    }"""
    broken = next(one.ordinal for one in halted.events() if isinstance(one.envelope.event, BreakerOpened))
    data = halted.query(document, at=broken)
    (state,) = data["tradingStates"]
    assert state == {
        "reasons": ["KILL_SWITCH", "UNRESOLVED_DISCREPANCY", "CIRCUIT_BREAKER_OPEN"],
        "killSwitch": "enough for today",
        "killSwitchBy": "test",
        "openDiscrepancies": [BALANCE, "exchange:v7"],
        "breakers": [{"mode": "OPEN", "reason": "timed out"}],
    }
    found = [edge["node"] for edge in data["discrepancies"]["edges"]]
    assert [one["id"] for one in found] == state["openDiscrepancies"]
    assert found[0] == {
        "id": BALANCE,
        "kind": "BalanceDiffers",
        "subject": "USDT",
        "found": "the balance is 1000 less there",
        "resolvedAt": None,
    }


def test_the_trading_state_has_the_pauses_after_losses_and_the_account_is_halted_by_its_own(
    halted: Reading,
) -> None:
    document = """query ($at: Ordinal!) {
      tradingStates(asOf: {ordinal: $at}) { isHalted reasons pauses { strategy losses net positions since until } }
    }"""
    both = max(one.ordinal for one in halted.events() if isinstance(one.envelope.event, EntriesPaused))
    (state,) = halted.query(document, at=both)["tradingStates"]
    assert state["isHalted"]
    assert "ACCOUNT_PAUSED_AFTER_LOSSES" in state["reasons"]
    of_account, of_trend = state["pauses"]
    assert (of_account["strategy"], of_account["until"]) == (None, None)
    assert of_trend == {
        "strategy": "trend",
        "losses": 2,
        "net": "-4.50",
        "positions": [f"position-{ACCOUNT}-{BTC}-LONG-1"],
        "since": "2025-04-03T12:00:00.000000Z",
        "until": "2025-04-03T12:01:00.000000Z",
    }
    (after,) = halted.query(document, at=both + 2)["tradingStates"]
    assert after["pauses"] == []


def test_the_trading_state_has_the_held_changes_of_settings_until_a_review(halted: Reading) -> None:
    document = """query ($at: Ordinal!) {
      tradingStates(asOf: {ordinal: $at}) {
        heldSettings { id since changes { name before after by since reason closes } }
      }
    }"""
    held, ended = (one for one in halted.events() if isinstance(one.envelope.event, SettingsHeld))
    (state,) = halted.query(document, at=held.ordinal)["tradingStates"]
    assert state["heldSettings"] == {
        "id": id_of(["risk.max_positions = 9 (before: 5)", "risk.freshness_seconds = 60 (before: 30)"]),
        "since": "2025-04-03T12:00:00.000000Z",
        "changes": [
            {
                "name": "risk.max_positions",
                "before": "5",
                "after": "9",
                "by": "eve",
                "since": "2025-04-03T12:00:00.000000Z",
                "reason": "two more symbols",
                "closes": 2,
            },
            {
                "name": "risk.freshness_seconds",
                "before": "30",
                "after": "60",
                "by": "settings",
                "since": "2025-04-03T12:01:00.000000Z",
                "reason": "",
                "closes": 0,
            },
        ],
    }
    (after,) = halted.query(document, at=ended.ordinal)["tradingStates"]
    assert after["heldSettings"] is None


def test_the_pages_query_has_the_weights_in_force_with_the_event_that_put_them_there(halted: Reading) -> None:
    (weight,) = live(halted, account=ACCOUNT)["weights"]
    event = next(one for one in halted.events() if isinstance(one.envelope.event, SettingsChanged))
    assert weight == {
        "strategy": "trend",
        "instrument": None,
        "regime": "TREND",
        "weight": "0.5",
        "scales": "SIZE",
        "since": "2025-04-03T12:00:00.000000Z",
        "eventId": str(event.envelope.meta.event_id),
        "eventOrdinal": event.ordinal,
        "settingsVersion": 1,
    }


def test_a_resolved_discrepancy_has_who_resolved_it_and_how(halted: Reading) -> None:
    data = halted.query(
        '{discrepancies(where: {status: RESOLVED, subject: "USDT"}) {edges {node {resolution resolvedBy}}}}'
    )
    assert data["discrepancies"]["edges"] == [
        {"node": {"resolution": "to the savings account", "resolvedBy": "test"}}
    ]


def test_compared_at_is_documented_as_the_end_of_the_last_recorded_reconciliation() -> None:
    """A run compares every 30 s and records nothing where it finds nothing (`LiveRun`)."""
    described = (
        schema(limiting(Limits())).as_str().partition("type TradingState {")[2].partition("comparedAt")[0]
    )
    assert "When the last recorded reconciliation ended" in described.rpartition('"""')[0]
    assert "`comparedAt` is when the last recorded reconciliation ended" in SECTION

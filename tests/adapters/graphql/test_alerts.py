"""Alerts of a log with a tripped kill switch and a rejected order; the demo has no alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from adapters.avro import AvroCodec
from adapters.graphql.context import Served
from domain.account import AccountOpened, KillSwitchReset, KillSwitchTripped
from domain.opening import LogOpened, Mode
from domain.order import OrderRejected
from domain.streams import account_stream
from tests.adapters.graphql.reading import Reading
from tests.domain.history import ACCOUNT, LOG_ID, NOW, History, an_order
from tests.projections.stores import WrittenLog, built

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def alerted(store: Engine) -> Iterator[Reading]:
    history = History().record(
        "log", LogOpened(log_id=LOG_ID, mode=Mode.TAPE, tape="by hand", synthetic=True)
    )
    history.account(AccountOpened("USDT", Decimal(1000), Decimal(1)))
    history.order("abc-e1", an_order(), OrderRejected("too small"))
    history.record(account_stream(ACCOUNT), KillSwitchTripped("by hand: news"), at=LATER)
    history.record(account_stream(ACCOUNT), KillSwitchReset("calm again"), at=LATER)
    log = WrittenLog(history.envelopes)
    models = built(store, log)
    served = Served(models, AvroCodec().decode)
    yield Reading(log, store, models, served)
    served.readers.close()


def kinds(reading: Reading, where: str) -> list[str]:
    data = reading.query(f"{{alerts(where: {{{where}}}) {{edges {{node {{kind}}}}}}}}")
    return [edge["node"]["kind"] for edge in data["alerts"]["edges"]]


def test_an_alert_has_the_sentence_and_the_fields_of_its_event(alerted: Reading) -> None:
    data = alerted.query(
        "{alerts {totalCount edges {node {severity kind line at account event {type json}}}}}"
    )
    assert data["alerts"]["totalCount"] == 3
    tripped = data["alerts"]["edges"][1]["node"]
    assert tripped == {
        "severity": "CRITICAL",
        "kind": "KILL_SWITCH_TRIPPED",
        "line": "by hand: news",
        "at": "2025-04-03T13:00:00.000000Z",
        "account": ACCOUNT,
        "event": {
            "type": "KillSwitchTripped",
            "json": {"reason": "by hand: news", "positions": [], "entries": []},
        },
    }


CHOSEN: Mapping[str, Sequence[str]] = {
    "severity: [CRITICAL]": ["KILL_SWITCH_TRIPPED"],
    "severity: [INFO, WARNING]": ["KILL_SWITCH_RESET", "ORDER_REJECTED"],
    'kind: "ORDER_REJECTED"': ["ORDER_REJECTED"],
    f'stream: "{account_stream(ACCOUNT)}"': ["KILL_SWITCH_RESET", "KILL_SWITCH_TRIPPED"],
    'chain: "nothing"': [],
    'account: "other"': [],
    'since: "2025-04-03T13:00:00Z"': ["KILL_SWITCH_RESET", "KILL_SWITCH_TRIPPED"],
    'before: "2025-04-03T13:00:00Z"': ["ORDER_REJECTED"],
    "afterOrdinal: 5": ["KILL_SWITCH_RESET"],
}


def test_each_filter_returns_the_alerts_that_meet_it(alerted: Reading) -> None:
    assert {where: kinds(alerted, where) for where in CHOSEN} == CHOSEN


def test_the_kill_switch_of_an_account_is_tripped_as_of_the_trip_and_empty_after_the_reset(
    alerted: Reading,
) -> None:
    document = "query ($at: Ordinal!) {accounts(asOf: {ordinal: $at}) {account killSwitch balance}}"
    models = alerted.models
    past = Reading(
        alerted.log,
        alerted.engine,
        models,
        Served(type(models)(alerted.engine, models.projections, log=alerted.log), alerted.served.decode),
    )
    assert past.query(document, at=5)["accounts"][0]["killSwitch"] == "by hand: news"
    assert past.query(document, at=6)["accounts"][0]["killSwitch"] == ""
    past.served.readers.close()

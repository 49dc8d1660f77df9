"""For every id of a log, the story that is read by SQL equals the story that is found by reading the whole log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from sqlalchemy import Engine, event, select

from domain.errors import Refused
from domain.log import Envelope
from domain.order import OrderAccepted, OrderFilled, OrderPlaced, OrderSubmitted, OrderType
from domain.streams import parse
from projections.catalogue import PROJECTIONS
from projections.chain import Story, find_story
from projections.explanation import explain
from projections.search import matching
from projections.source import ReadModels
from projections.story import story
from tests.commands.list_log import codec
from tests.projections.folded import a_run
from tests.projections.logs import requests_of_two_keys, two_chains
from tests.projections.stores import WrittenLog, built

_TABLES = {name: PROJECTIONS[name] for name in ("journal", "fills", "orders", "discrepancies")}


@cache
def _run() -> WrittenLog:
    return WrittenLog(a_run(450))


def _ids(envelopes: Sequence[Envelope]) -> Iterator[str]:
    for envelope in envelopes:
        meta = envelope.meta
        yield from (meta.stream, parse(meta.stream).id, meta.correlation_id, meta.causation_id)
        yield str(meta.event_id)
        if isinstance(envelope.event, OrderFilled):
            yield envelope.event.execution_id
        if isinstance(envelope.event, OrderSubmitted | OrderAccepted):
            yield envelope.event.venue_order_id


@cache
def _in_log(log: WrittenLog, wanted: str) -> Story | None:
    return find_story(log.read, wanted)


def _assert_equal_for_every_id(models: ReadModels, log: WrittenLog) -> int:
    ids = {*_ids(log.envelopes), "nothing has this id", "order-main-nothing", "a-b", "-"}
    with models.now() as source:
        for wanted in ids:
            assert story(source, wanted, codec().decode) == _in_log(log, wanted), wanted
    return len(ids)


def test_for_every_id_of_a_run_the_story_equals_the_one_found_in_the_log(store: Engine) -> None:
    log = _run()
    assert _assert_equal_for_every_id(built(store, log, _TABLES), log) > 200
    assert any(isinstance(one.event, OrderFilled) for one in log.envelopes)


def test_chains_that_share_a_position_are_one_story(store: Engine) -> None:
    log = WrittenLog(recorded.envelope for recorded in two_chains().events)
    models = built(store, log, _TABLES)
    _assert_equal_for_every_id(models, log)
    with models.now() as source:
        found = story(source, "bbb-x1", codec().decode)
    assert found is not None
    assert found.chains == {"aaa", "bbb"}


def test_the_story_of_a_requests_key_equals_the_one_found_in_the_log(store: Engine) -> None:
    log = WrittenLog(recorded.envelope for recorded in requests_of_two_keys().events)
    with built(store, log, _TABLES).now() as source:
        for key in ("k1", "k10", "k2", "k", "k1/0123456789abcdef"):
            wanted = f"command:{key}"
            assert story(source, wanted, codec().decode) == _in_log(log, wanted), wanted
        found = story(source, "command:k1", codec().decode)
    assert found is not None
    assert found.chains == {"chain1"}


def test_as_of_an_ordinal_story_and_search_find_no_later_event(store: Engine) -> None:
    log = _run()
    built(store, log, _TABLES)
    half = log.head() // 2
    before = WrittenLog(log.envelopes[:half])
    ids = sorted({*_ids(log.envelopes)})[::20]
    with ReadModels(store, _TABLES, log=log).as_of(half) as source:
        for wanted in ids:
            assert story(source, wanted, codec().decode) == _in_log(before, wanted), wanted
        rows = source.table("journal")
        found = select(rows.c.ordinal).where(matching(rows, "order placed market")).order_by(rows.c.ordinal)
        markets = [
            at
            for at, one in enumerate(before.envelopes, 1)
            if isinstance(one.event, OrderPlaced) and one.event.type is OrderType.MARKET
        ]
        assert list(source.connection.execute(found).scalars()) == markets != []


def test_a_story_is_read_with_three_sql_statements(store: Engine) -> None:
    with built(store, _run(), _TABLES).now() as source:
        source.table("journal")
        statements: list[str] = []
        event.listen(store, "before_cursor_execute", lambda *details: statements.append(details[2]))
        assert story(source, _a_trade(), codec().decode)
    assert len(statements) == 3


def test_a_story_of_too_many_events_is_refused(store: Engine) -> None:
    with built(store, _run(), _TABLES).now() as source:
        found = story(source, _a_trade(), codec().decode)
        assert found is not None
        for wanted, most in ((_a_trade(), 3), ("account-paper", 3)):
            with pytest.raises(Refused, match="more than 3 events"):
                story(source, wanted, codec().decode, most)


def _a_trade() -> str:
    """The chain of the last placed order."""
    return next(
        one.meta.correlation_id for one in reversed(_run().envelopes) if isinstance(one.event, OrderPlaced)
    )


def test_an_explanation_has_the_orders_signal_decision_and_fills_but_no_other_order(store: Engine) -> None:
    entry, stop = (
        parse(one.meta.stream).id
        for one in [one for one in _run().envelopes if isinstance(one.event, OrderPlaced)][:2]
    )
    with built(store, _run(), _TABLES).now() as source:
        steps = explain(source, entry, codec().decode)
        assert explain(source, "no such order", codec().decode) == []
    types = [type(step.recorded.envelope.event).__name__ for step in steps]
    assert types[:3] == ["SignalDetected", "DecisionMade", "OrderPlaced"]
    assert {"OrderFilled", "PositionOpened", "BalanceChanged"} <= set(types)
    assert [step.depth for step in steps[:3]] == [0, 1, 2]
    assert steps[0].because.startswith("candle:")
    assert {step.because for step in steps[1:]} == {""}
    assert any(vote.startswith("ALPHA confidence says yes: ") for vote in steps[1].votes)
    assert not any(step.recorded.envelope.meta.stream.endswith(stop) for step in steps)

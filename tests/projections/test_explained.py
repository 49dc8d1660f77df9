"""The facts about every kind of id, from the log and from the read models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest

from adapters.tapes import synthetic_tape
from domain.direction import Side
from domain.errors import InvalidInput
from domain.log import Envelope, LogReader, Recorded
from domain.order import OrderAccepted, OrderFilled, OrderPlaced, OrderSubmitted
from domain.position import PositionClosed
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from domain.settings import Settings, SettingsChanged, StrategySettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.streams import parse
from projections.chain import find_story, ids_in
from projections.explained.decisions import parameters_of
from projections.explained.elapsed import elapsed
from projections.explained.explained import Explained, changes_in, explained
from projections.explained.orders import DecisionPrice
from projections.explained.subject import Kind, Subject
from tests.commands.list_log import ListLog
from tests.commands.test_gridding import Gridded
from tests.journeys.runs import plan, play
from tests.projections.folded import a_run
from tests.projections.logs import two_chains
from tests.projections.stores import WrittenLog

D = Decimal


@cache
def eager() -> WrittenLog:
    """A run in which every signal is traded."""
    return WrittenLog(a_run(450))


@cache
def usual() -> WrittenLog:
    """A run with the default settings, in which most signals are refused."""
    log = ListLog()
    play(plan(synthetic_tape(7, candles=900), Settings()), log)
    return WrittenLog(log.envelopes)


def facts(log: LogReader, wanted: str) -> Explained:
    found = find_story(log.read, wanted)
    assert found is not None, wanted
    return explained(found, wanted, changes_in(log.read, found.last))


def last(log: WrittenLog, *kinds: type) -> Envelope:
    return next(one for one in reversed(log.envelopes) if isinstance(one.event, kinds))


def ids_of(closed: Envelope, log: WrittenLog) -> Mapping[Kind, tuple[str, Subject]]:
    """An id of every kind in the story of a closed position, with what it names."""
    assert isinstance(closed.event, PositionClosed)
    order = f"order-{closed.meta.account}-{closed.event.order_id}"
    own = [one for one in log.envelopes if one.meta.stream == order]
    fill = next(one.event for one in own if isinstance(one.event, OrderFilled))
    sent = next(one.event for one in own if isinstance(one.event, OrderSubmitted | OrderAccepted))
    chain = own[0].meta.correlation_id
    signal = f"signal-{closed.meta.account}-{chain}"
    report = next(one.meta.causation_id for one in own if isinstance(one.event, OrderFilled))
    ordinal = log.envelopes.index(closed) + 1
    return {
        Kind.EVENT: (str(closed.meta.event_id), Subject(Kind.EVENT, str(closed.meta.event_id))),
        Kind.STREAM: (order, Subject(Kind.STREAM, order)),
        Kind.ORDER: (closed.event.order_id, Subject(Kind.ORDER, order)),
        Kind.SIGNAL: (chain, Subject(Kind.SIGNAL, signal)),
        Kind.POSITION: (parse(closed.meta.stream).id, Subject(Kind.POSITION, closed.meta.stream)),
        Kind.EXCHANGE_ORDER: (sent.venue_order_id, Subject(Kind.EXCHANGE_ORDER, order)),
        Kind.EXECUTION: (fill.execution_id, Subject(Kind.EXECUTION, order)),
        Kind.FACT: (report, Subject(Kind.FACT, report)),
        Kind.ORDINAL: (f"#{ordinal}", Subject(Kind.ORDINAL, f"#{ordinal}")),
    }


@pytest.mark.parametrize(
    "kind",
    [kind for kind in Kind if kind not in {Kind.OF_STREAM, Kind.DISCREPANCY, Kind.CHAIN}],
    ids=lambda kind: kind.name,
)
def test_an_id_of_every_kind_names_its_thing_and_gives_the_same_facts(kind: Kind) -> None:
    log = eager()
    closed = last(log, PositionClosed)
    ids = ids_of(closed, log)
    wanted, subject = ids[kind]
    found = facts(log, wanted)
    assert found.subject == subject
    assert found._replace(subject=subject) == facts(log, ids[Kind.POSITION][0])._replace(subject=subject)


def test_a_discrepancy_is_named_with_the_chains_of_its_record_and_of_its_resolution() -> None:
    log, name = two_chains(), "difference:BalanceDiffers:USDT:-5"
    stream = "reconciliation-main"
    log.write(stream, "eee", "exchange:SIM:9", DiscrepancyFound(name, "USDT", "5 less"))
    log.write(stream, "fff", "command:k", DiscrepancyResolved(name, "a fee"))
    found = find_story(log.read, name)
    assert found is not None
    assert found.chains == {"eee", "fff"}
    assert explained(found, name, ()).subject == Subject(Kind.DISCREPANCY, name)
    assert find_story(log.read, f"{name}#2") is None
    assert name in set(ids_in(log.read()))


def test_the_chain_of_a_clock_is_named_as_a_chain() -> None:
    log = eager()
    opened = next(one for one in log.envelopes if one.meta.causation_id.startswith("clock:"))
    assert facts(log, opened.meta.correlation_id).subject == Subject(Kind.CHAIN, opened.meta.correlation_id)


def test_the_own_limits_of_an_instance_are_shown_with_its_parameters() -> None:
    log = ListLog()
    own = StrategySettings("trend", {"fast": "8"}, minimum_trend=0.9, minimum_reward_to_risk=D("0.5"))
    play(plan(synthetic_tape(7, candles=900), Settings(strategies=(own,))), log)
    written = WrittenLog(log.envelopes)
    decided = last(written, DecisionMade)
    (decision,) = facts(written, decided.meta.correlation_id).decisions
    assert parameters_of(decision) == "fast 8, own minimum_trend 0.9, own minimum_reward_to_risk 0.5"
    minima = {one.vote.member: one.vote.figures.get("minimum") for one in decision.votes}
    assert (minima["trend_agreement"], minima["reward_to_risk"]) == ("0.9", "0.5")


def test_a_signal_of_no_strategy_of_the_settings_is_one_of_a_source_or_scanner() -> None:
    log = eager()
    (decision,) = facts(log, last(log, DecisionMade).meta.correlation_id).decisions[:1]
    outside = decision._replace(strategy=None)
    assert parameters_of(outside) == "a source or scanner, no strategy of the settings"
    assert parameters_of(outside._replace(settings=None)) == "parameters not recorded"


def test_an_id_of_two_accounts_is_ambiguous_and_their_streams_are_not() -> None:
    log = two_chains()
    log.write("order-other-aaa-e1", "ddd", "candle:d")
    found = find_story(log.read, "aaa-e1")
    assert found is not None
    with pytest.raises(InvalidInput) as refused:
        explained(found, "aaa-e1", ())
    assert str(refused.value) == (
        "'aaa-e1' is ambiguous: client order id of order-main-aaa-e1, client order id of order-other-aaa-e1; "
        "give the name of the stream, as in order-main-01hx3k9zq2m4c-e1, or the id of an event"
    )
    own = find_story(log.read, "order-other-aaa-e1")
    assert own is not None
    assert own.chains == {"ddd"}
    assert explained(own, "order-other-aaa-e1", ()).subject.kind is Kind.STREAM


def test_elapsed_times_are_those_between_the_recorded_times() -> None:
    log = eager()
    found = facts(log, parse(last(log, PositionClosed).meta.stream).id)
    times: list[Recorded] = []
    start = min(step.recorded.envelope.meta.occurred_at for step in found.steps)
    for step in found.steps:
        meta = step.recorded.envelope.meta
        times[step.depth :] = [step.recorded]
        above = times[step.depth - 1].envelope.meta.occurred_at if step.depth else None
        assert step.after_cause == (None if above is None else meta.occurred_at - above)
        assert step.since_start == meta.occurred_at - start
        assert step.until_recorded == meta.recorded_at - meta.occurred_at
    assert any(step.after_cause for step in found.steps)


def test_every_position_of_a_run_has_the_result_that_its_last_event_records() -> None:
    log = eager()
    closed = [one for one in log.envelopes if isinstance(one.event, PositionClosed)]
    assert len(closed) > 3
    for one in closed:
        event = one.event
        assert isinstance(event, PositionClosed)
        found = next(
            held
            for held in facts(log, one.meta.stream).positions
            if held.position_id == parse(one.meta.stream).id
        )
        assert (found.gross, found.fees, found.funding, found.net) == (
            event.gross,
            event.fees,
            event.funding,
            event.net,
        )
        assert (found.exit, found.reason, found.closed_at) == (
            event.price,
            event.reason.value,
            one.meta.occurred_at,
        )


def test_the_slippage_of_an_entry_is_measured_against_the_price_of_its_signal() -> None:
    log = eager()
    signals = {
        one.meta.correlation_id: one.event for one in log.envelopes if isinstance(one.event, SignalDetected)
    }
    filled = [one for one in log.envelopes if isinstance(one.event, OrderFilled) and "-e" in one.meta.stream]
    assert filled
    for one in filled[:5]:
        fill, signal = one.event, signals[one.meta.correlation_id]
        assert isinstance(fill, OrderFilled)
        (order,) = [
            order for order in facts(log, one.meta.stream).orders if one.meta.stream.endswith(order.order_id)
        ]
        assert order.decided.price == signal.price
        if len(order.fills) == 1:
            worse = fill.price - signal.price if order.terms.side is Side.BUY else signal.price - fill.price
            assert order.slippage is not None
            assert order.slippage.money == worse * fill.quantity
            assert order.fees == {fill.fee_currency: fill.fee}


def test_a_stop_is_measured_against_its_trigger_and_a_target_against_its_limit() -> None:
    log = eager()
    placed = {one.meta.stream: one.event for one in log.envelopes if isinstance(one.event, OrderPlaced)}
    seen = set[str]()
    for one in log.envelopes:
        terms = placed.get(one.meta.stream)
        if (
            isinstance(one.event, OrderFilled)
            and terms is not None
            and terms.purpose.value in ("STOP", "TARGET")
        ):
            if terms.purpose in seen:
                continue
            seen.add(terms.purpose)
            (order,) = [o for o in facts(log, one.meta.stream).orders if one.meta.stream.endswith(o.order_id)]
            assert order.decided.price == (terms.trigger_price or terms.limit_price)
    assert seen == {"STOP", "TARGET"}


def test_each_failing_vote_of_each_refused_signal_has_its_margin() -> None:
    log = usual()
    refused = [
        one
        for one in log.envelopes
        if isinstance(one.event, DecisionMade) and one.event.verdict is Verdict.SKIP
    ]
    assert len(refused) > 5
    for one in refused:
        assert isinstance(one.event, DecisionMade)
        (found,) = facts(log, one.meta.correlation_id).decisions
        assert not found.is_traded
        assert tuple(dict.fromkeys(margin.reason for margin in found.to_pass)) == one.event.reasons
        assert all(margin.is_recorded for margin in found.to_pass)
        assert {margin.unit for margin in found.to_pass} <= {"", "s", "USDT", found.signal.instrument[:3]}
        assert found.settings is not None
        assert found.settings.event.version == one.event.settings_version
        assert found.strategy is not None
        assert found.strategy.instance == found.signal.strategy


def test_the_settings_in_force_are_those_before_the_first_event_of_the_story() -> None:
    log = usual()
    found = facts(log, last(log, DecisionMade).meta.correlation_id)
    (settings,) = found.settings
    assert settings.event == next(
        one.event for one in log.envelopes if isinstance(one.event, SettingsChanged)
    )


def test_settings_that_no_event_holds_are_not_recorded() -> None:
    log = usual()
    wanted = last(log, DecisionMade).meta.correlation_id
    found = find_story(log.read, wanted)
    assert found is not None
    bare = explained(found, wanted, ())
    assert bare.settings == []
    assert (bare.decisions[0].settings, bare.decisions[0].strategy) == (None, None)


@pytest.mark.parametrize(
    ("span", "spelled"),
    [
        (timedelta(0), "0"),
        (timedelta(microseconds=7), "7 µs"),
        (timedelta(milliseconds=150), "150 ms"),
        (timedelta(seconds=2.5), "2 s 500 ms"),
        (timedelta(hours=2, minutes=20), "2 h 20 min"),
        (timedelta(days=3, hours=4, minutes=9), "3 d 4 h"),
        (timedelta(hours=1, seconds=59), "1 h"),
        (-timedelta(seconds=3), "-3 s"),
    ],
)
def test_a_duration_is_spelled_in_its_two_largest_units(span: timedelta, spelled: str) -> None:
    assert elapsed(span) == spelled


def test_an_entry_of_a_grid_was_decided_at_the_price_of_its_level() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    grid.fill("t1", 100)
    found = {one.order_id: one for one in facts(WrittenLog(grid.desk.log.envelopes), grid.chain).orders}
    first, again = found[f"{grid.chain}-e1"], found[f"{grid.chain}-e4"]
    assert first.decided == DecisionPrice(D(98), "the price of level 1 of 3, round 1")
    assert first.slippage is not None
    assert first.slippage.money == 0
    assert again.decided == DecisionPrice(D(98), "the price of level 1 of 3, round 2")

"""The engine without a driver: it makes units from inputs, and only the confirmation of a unit changes its state."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from commands import account
from commands.account import ReserveFunds, TurnDay
from commands.engine import Engine
from commands.exchange import Submitted
from commands.identity import ENGINE
from commands.inputs import (
    Input,
    MarketMoved,
    Relisted,
    Reported,
    RequestMade,
    Started,
    Tick,
    Warmed,
    opening,
)
from commands.instrument import ListInstrument
from commands.request import Requested, TripKillSwitch
from commands.stimulus import Ask
from commands.unit import Unit
from commands.world import World
from domain.errors import Refused
from domain.log import Recorded
from domain.market import KnownPrice
from domain.settings import Settings
from tests.commands.desk import IDENTITY, OPENING, snapshot
from tests.commands.test_marking import a_candle
from tests.domain.history import ACCOUNT, BTC, LOG_ID, NOW, D, an_instrument
from tests.replacing import replace

LATER = NOW + timedelta(minutes=1)
TOMORROW = NOW + timedelta(days=1)


def an_engine() -> Engine:
    """An engine with an opened account, on the day of NOW."""
    engine = Engine(World(), IDENTITY, since=NOW)
    for unit in engine.process(opening(LOG_ID, OPENING, NOW)):
        engine.confirm(unit)
    return engine


def trip(key: str = "k1") -> RequestMade:
    requested = Requested(
        id=key,
        account=ACCOUNT,
        actor="eve",
        valid_until=LATER + timedelta(minutes=1),
        request=TripKillSwitch("lunch"),
    )
    return RequestMade(LATER, LATER, requested)


def relisted() -> Relisted:
    finer = replace(an_instrument(BTC), tick=D("0.001"))
    ask = Ask(command=ListInstrument(finer), cause="candle:finer", occurred_at=LATER, actor=ENGINE)
    return Relisted(LATER, (ask,))


STRAY = Submitted(order_id="nobody-e1", at=LATER, fact="exchange:test:stray", venue_order_id="v9")
PRICE = KnownPrice(instrument=BTC, at=LATER, price=D(100))
INPUTS: tuple[tuple[Input, list[list[str]]], ...] = (
    (MarketMoved(LATER, (PRICE,)), []),
    (Reported(LATER, (STRAY,)), [["DiscrepancyFound"]]),
    (trip(), [["KillSwitchTripped"]]),
    (Tick(LATER), []),
    (Warmed(LATER, (a_candle(0, D(100)),)), []),
    (Tick(TOMORROW), [["DayClosed", "DayOpened"]]),
    (Started(LATER, Settings()), [["SettingsChanged"]]),
    (relisted(), [["InstrumentRulesChanged"]]),
    (opening(LOG_ID, [TurnDay(TOMORROW.date().isoformat())], TOMORROW), [["DayClosed", "DayOpened"]]),
)


def test_the_table_covers_every_input() -> None:
    assert {type(given) for given, _ in INPUTS} == set(get_args(Input))


@pytest.mark.parametrize(("given", "units"), INPUTS, ids=lambda one: type(one).__name__)
def test_an_input_leads_to_the_expected_units(given: Input, units: list[list[str]]) -> None:
    engine, found = an_engine(), list[list[str]]()
    for unit in engine.process(given):
        found.append([type(envelope.event).__name__ for envelope in unit.envelopes])
        assert not unit.is_recorded
        engine.confirm(unit)
    assert found == units


@pytest.mark.parametrize(("given", "units"), INPUTS, ids=lambda one: type(one).__name__)
def test_an_unconfirmed_unit_does_not_change_the_state(given: Input, units: list[list[str]]) -> None:
    engine = an_engine()
    before = snapshot(engine.world)
    work = engine.process(given)
    assert bool([unit for unit in [next(work, None)] if unit is not None]) is bool(units)
    work.close()
    assert snapshot(engine.world) == before


def test_an_unconfirmed_unit_is_decided_again_on_the_refreshed_state() -> None:
    engine, rival = an_engine(), an_engine()
    work = engine.process(Tick(TOMORROW))
    first = next(work)
    (theirs,) = list(_confirmed(rival, trip("rival")))
    engine.refresh(
        Recorded(engine.world.ordinal + number, envelope)
        for number, envelope in enumerate(theirs.envelopes, 1)
    )
    again = next(work)
    assert again is not first
    assert [envelope.event for envelope in again.envelopes] == [
        envelope.event for envelope in first.envelopes
    ]
    engine.confirm(again)
    assert next(work, None) is None
    assert engine.world.portfolio.account.tripped == "lunch"
    assert engine.world.portfolio.account.day == TOMORROW.date().isoformat()


def test_a_refused_stimulus_does_not_change_the_state() -> None:
    engine = an_engine()
    before = snapshot(engine.world)
    again = opening(LOG_ID, (account.TripKillSwitch("lunch"), ReserveFunds("abc-e1", D(10_001))), LATER)
    with pytest.raises(Refused):
        list(engine.process(again))
    assert snapshot(engine.world) == before


def test_the_same_inputs_lead_to_the_same_events() -> None:
    one, other = ([*_run(an_engine())] for _ in range(2))
    assert one == other


def test_late_reports_of_the_old_day_are_recorded_before_the_new_day_opens() -> None:
    engine = an_engine()
    late = Submitted(order_id="a-e1", at=LATER, fact="exchange:test:late", venue_order_id="v1")
    early = Submitted(order_id="b-e1", at=TOMORROW, fact="exchange:test:early", venue_order_id="v2")
    found = [
        type(envelope.event).__name__
        for unit in _confirmed(engine, Reported(TOMORROW, (late, early)))
        for envelope in unit.envelopes
    ]
    assert found == ["DiscrepancyFound", "DayClosed", "DayOpened", "DiscrepancyFound"]


def _confirmed(engine: Engine, given: Input) -> list[Unit]:
    units = list[Unit]()
    for unit in engine.process(given):
        engine.confirm(unit)
        units.append(unit)
    return units


def _run(engine: Engine) -> list[object]:
    given = [one for one, _ in INPUTS[:5]]
    return [envelope for one in given for unit in _confirmed(engine, one) for envelope in unit.envelopes]

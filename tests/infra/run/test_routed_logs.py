"""A log with routes is read by explain, report, what-if and `replay --verify`, and each states what was routed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from adapters.inputs.sqlite import SqliteTape, read_sqlite
from commands.signal import EndRoute
from commands.watching import Instance
from domain.book.settings import BookSettings
from domain.direction import Direction
from domain.log import Recorded
from domain.market import Level
from domain.order import OrderPlaced
from domain.routed import SignalRouted
from domain.settings import StrategySettings
from domain.strategies import Intent
from infra.cli.explained_lines import lines
from infra.cli.what_if_words import basis, routed_words
from infra.reports.sections import routes
from infra.run.backtest import Change
from infra.run.recorded_inputs import recorded_inputs
from infra.run.redeciding import Redecision
from infra.run.what_if import WhatIf
from projections.behaviour import behaviour_of
from projections.chain import find_story
from projections.explained.explained import changes_in, explained
from projections.reports.book import Book
from projections.reports.figures import Figures, Scope
from projections.reports.period import Period
from tests.commands.desk import Desk
from tests.commands.list_log import ListLog
from tests.commands.test_book_reads import Reader
from tests.commands.test_routing import ACROSS, AWAY, ENDED, TAKEN, an_engine, reported, routed
from tests.commands.test_venues import Caller, proposed
from tests.domain.history import BTC, D
from tests.infra.run.demo_desk import START, DemoDesk
from tests.infra.run.live_desk import FIVE
from tests.infra.run.test_live_books import HandBooks, a_plan, a_reading
from tests.replacing import replace


@cache
def routed_log() -> tuple[ListLog, str, str]:
    """An entry that was taken, an exit of it that was taken, and the end of the entry; with both chains."""
    caller = Caller()
    desk = an_engine(caller)
    entry = routed(desk)
    reported(desk, entry, TAKEN)
    caller.wants = (Intent.EXIT, Direction.SHORT)
    (exit_,) = [one for one in proposed(desk) if isinstance(one.event, SignalRouted)]
    reported(desk, exit_.meta.correlation_id, TAKEN)
    reported(desk, entry, ENDED)
    return desk.log, entry, exit_.meta.correlation_id


def redecided(events: Sequence[Recorded]) -> Redecision:
    found = Redecision()
    list(found.steps(events))
    return found


def with_routed(**fields: object) -> Sequence[Recorded]:
    """The log, with these fields in its first route."""
    events = list(routed_log()[0].read())
    at = next(at for at, one in enumerate(events) if isinstance(one.envelope.event, SignalRouted))
    one = events[at]
    event = replace(one.envelope.event, **fields)
    events[at] = one._replace(envelope=replace(one.envelope, event=event))
    return events


def test_routes_are_made_again_from_their_decisions_and_are_equal() -> None:
    found = redecided(list(routed_log()[0].read()))
    assert found.is_equal
    assert found.made == {"DecisionMade": 2, "SignalRouted": 2}


@pytest.mark.parametrize(
    ("field", "other"), [("price", D(7)), ("instrument", "ETHUSDT-LINEAR.BINANCE"), ("intent", Intent.EXIT)]
)
def test_a_changed_route_is_named_with_the_field_that_differs(field: str, other: object) -> None:
    found, *_ = [
        one for one in redecided(with_routed(**{field: other})).divergences if one.type == "SignalRouted"
    ]
    assert list(found.fields) == [field]
    assert found.fields[field][0] == str(other)


def test_a_route_without_a_decision_that_leads_to_it_is_counted_as_not_made_again() -> None:
    events = list(routed_log()[0].read())
    (first, *_) = [one for one in events if isinstance(one.envelope.event, SignalRouted)]
    other = replace(first.envelope, meta=replace(first.envelope.meta, causation_id="none"))
    found = redecided([one if one is not first else one._replace(envelope=other) for one in events])
    assert found.impossible == {"its decision leaves nothing to another engine": 1}


def test_an_explanation_states_the_other_engine_and_what_became_of_the_signal_there() -> None:
    log, entry, exit_ = routed_log()
    assert stated(log, entry) == f"signal {entry}: routed to the engine of {AWAY}, TAKEN, ENDED"
    assert stated(log, exit_) == f"signal {exit_}: routed to the engine of {AWAY}, TAKEN"


def test_an_explanation_states_that_a_route_was_not_answered_yet_or_was_ended_by_a_person() -> None:
    desk = an_engine()
    chain = routed(desk)
    assert stated(desk.log, chain).endswith(f"routed to the engine of {AWAY}, not answered yet")
    ended(desk, chain)
    assert stated(desk.log, chain).endswith(f"routed to the engine of {AWAY}, ended by a person")


def ended(desk: Desk, chain: str) -> None:
    desk.ask(EndRoute(chain, "that machine is gone"), cause="command:end")


def stated(log: ListLog, chain: str) -> str:
    """The beginning of the line on the signal, without its markup."""
    story = find_story(log.read, chain)
    assert story is not None
    found = explained(story, chain, changes_in(log.read, story.last))
    (line,) = [one for one in lines(found, full=True) if one.startswith("[bold]signal")]
    return line.removeprefix("[bold]").partition("[/bold]")[0]


def test_a_report_lists_each_route_with_its_outcomes_and_states_where_the_money_of_them_is() -> None:
    log, entry, exit_ = routed_log()
    found = figures(log)
    assert [(one.chain, one.strategy, one.outcomes) for one in found.routes] == [
        (entry, "reader", ["TAKEN", "ENDED"]),
        (exit_, "reader", ["TAKEN"]),
    ]
    first = found.routes[0].as_json()
    assert (first["instrument"], first["intent"], first["price"]) == (AWAY, "ENTER", "101.0")
    page = "".join(map(str, routes(found).parts))
    assert all(text in page for text in (entry, exit_, AWAY, "ENTER LONG", "EXIT SHORT", "TAKEN, ENDED"))


def test_a_report_of_another_day_or_of_a_log_without_routes_has_no_section_of_routes() -> None:
    log = routed_log()[0]
    last = log.envelopes[-1]
    later = replace(
        last.meta, occurred_at=last.meta.occurred_at + timedelta(days=1), version=last.meta.version + 1
    )
    day = later.occurred_at.date()
    found = figures(ListLog([*log.envelopes, replace(last, meta=later)]), Period(first=day, last=day))
    assert (list(found.routes), routes(found).parts) == ([], [])


def figures(log: ListLog, period: Period = Period()) -> Figures:  # noqa: B008
    return Book(log.envelopes[0].meta.account, period, Scope()).read(log.read())


def test_a_what_if_states_what_the_log_has_routed_and_where_both_backtests_enter() -> None:
    log = routed_log()[0]
    (words,) = routed_words(behaviour_of(log.read()))
    assert words == (
        f"The log has routed 1 entry to the engine of {AWAY}, 1 exit to the engine of {AWAY}. A backtest has one "
        "account, so both make every entry in the instruments of this engine."
    )
    assert list(routed_words(behaviour_of(()))) == []


def plugged(_settings: StrategySettings) -> Reader:
    """Takes the place of what finds plugged strategies."""
    return Reader()


def test_a_what_if_of_a_live_tape_enters_here_what_the_log_has_routed_and_states_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.trading._plugged", plugged)
    books, path = HandBooks(), tmp_path / "tape.db"
    path.touch(mode=0o600)
    planned = a_plan(instances=(Instance(id="reader", strategy=Reader(), instruments=(BTC,)),))
    settings = replace(
        planned.settings,
        strategies=(StrategySettings("reader", instruments=(BTC,)),),
        venues=ACROSS,
        order_freshness_seconds=900,
        book=BookSettings(stale_seconds=900),
    )
    with closing(SqliteTape(path, lambda: START)) as tape:
        desk = DemoDesk(tape=tape, plan=replace(planned, settings=settings), books_of=books.made).started()
        desk.shows("99.9", "100")
        desk.passes(37)
        here = a_reading(desk, 1)
        books.waiting += [replace(here, instrument=AWAY, bids=(Level(D("99.99"), D(90)),)), here]
        for price in ("103", "104"):
            desk.passes((FIVE - (desk.now - START) % FIVE).total_seconds())
            desk.closes_at(price)
        desk.run.close()
    assert has_event(desk.log.read(), SignalRouted)
    assert not has_event(desk.log.read(), OrderPlaced)
    with closing(WhatIf(recorded_inputs(desk.log, lambda: read_sqlite(path)), desk.log, Change())) as made:
        list(made.steps())
        words = " ".join(basis(made.compared))
        assert f"The log has routed 1 entry to the engine of {AWAY}." in words
        candidate = [one.instrument for one in made.comparison.candidate.orders.values()]
    assert set(candidate) == {BTC}


def has_event(events: Iterable[Recorded], kind: type) -> bool:
    return any(isinstance(one.envelope.event, kind) for one in events)

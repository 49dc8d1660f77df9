"""`whence projections`: builds are made, switched, dropped and digested; parked events are shown and retried."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from domain.log import Recorded
from domain.order import OrderPlaced
from infra.config import WhenceSettings
from infra.store import migrate, open_store
from projections import catalogue
from projections.builds import kept_up
from projections.orders import ORDERS
from projections.projection import Projection, Rows
from projections.runner import Runner
from projections.work import works
from tests.infra.cli.conftest import Whence
from tests.infra.run.stores import filled
from tests.projections.folded import a_run
from tests.projections.stores import WrittenLog
from tests.replacing import replace

_EVENTS = a_run(1_500)


@pytest.fixture(autouse=True)
def _only_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes all read models but one, which is enough for these tests and makes them faster."""
    for name in set(catalogue.PROJECTIONS) - {"orders"}:
        monkeypatch.delitem(catalogue.PROJECTIONS, name)


def _built(projection: Projection = ORDERS) -> None:
    """Creates a log in this folder, and a store with a live build of orders that includes the whole log."""
    filled("sqlite:///whence.db", _EVENTS)
    engine = open_store(WhenceSettings())
    migrate(engine)
    kept = kept_up(engine, [projection])
    Runner(WrittenLog(_EVENTS), works(engine, kept, {"orders": projection}, 0)).catch_up()
    engine.dispose()


def _rows(whence: Whence, *words: str) -> Sequence[Mapping[str, Any]]:
    done = whence("projections", *words, "--json")
    assert done.code == 0, done.err
    found: Sequence[Mapping[str, Any]] = json.loads(done.out)
    return found


def test_a_build_is_rebuilt_switched_to_and_dropped_with_the_same_digest(whence: Whence) -> None:
    """The digests are equal, and the live build is never dropped."""
    _built()
    (first,) = _rows(whence, "digest")
    rebuilt = whence("projections", "rebuild", "orders")
    assert rebuilt.code == 0
    assert "whence projections switch orders" in rebuilt.err
    assert first["digest"] in rebuilt.out
    kept = whence("projections", "drop", "orders", "--build", "1")
    assert kept.code == 1
    assert "is live; switch to another build first" in kept.err
    assert whence("projections", "switch", "orders").err == "orders: the live build is 2 now\n"
    assert [(one["build"], one["status"]) for one in _rows(whence, "list")] == [(1, "RETIRED"), (2, "LIVE")]
    assert whence("projections", "switch", "orders").err == "orders: the live build is 1 now\n"
    assert whence("projections", "drop", "orders", "--build", "2").code == 0
    (left,) = _rows(whence, "status")
    assert (left["build"], left["ordinal"], left["head"], left["lag_events"]) == (
        1,
        len(_EVENTS),
        len(_EVENTS),
        0,
    )
    again = _rows(whence, "rebuild", "all", "--switch")
    assert [one["digest"] for one in again] == [first["digest"]]
    assert [one["build"] for one in _rows(whence, "digest")] == [again[0]["build"]]


def test_a_parked_sequence_is_listed_shown_and_retried(whence: Whence) -> None:
    """The sequence is listed with its error, shown with its events in the log, and retried in order."""
    placed = ORDERS.folds[OrderPlaced]
    wrong = next(n for n, one in enumerate(_EVENTS, 1) if isinstance(one.event, OrderPlaced))

    def fold(rows: Rows, recorded: Recorded) -> None:
        if recorded.ordinal == wrong:
            raise ArithmeticError("unknown price")
        placed(rows, recorded)

    _built(replace(ORDERS, folds={**ORDERS.folds, OrderPlaced: fold}))
    (waiting,) = _rows(whence, "parked")
    assert (waiting["first"], waiting["error"]) == (wrong, "ArithmeticError: unknown price")
    shown = _rows(whence, "parked", "show", waiting["sequence"])
    assert len(shown) == waiting["events"]
    assert shown[0]["data"]["instrument"] == _EVENTS[wrong - 1].event.instrument  # type: ignore[union-attr]
    assert "ArithmeticError" in whence("projections", "parked").out
    (retried,) = _rows(whence, "parked", "retry", "--all")
    assert (retried["projected"], retried["waiting"]) == (waiting["events"], 0)
    assert whence("projections", "parked").err == "nothing is parked\n"


def test_a_parked_sequence_is_discarded_with_a_reason(whence: Whence) -> None:
    def fold(_rows: Rows, _recorded: Recorded) -> None:
        raise ArithmeticError("unknown price")

    _built(replace(ORDERS, folds={**ORDERS.folds, OrderPlaced: fold}))
    waiting = _rows(whence, "parked")
    one = waiting[0]["sequence"]
    assert whence("projections", "parked", "discard", one).code == 2
    (discarded,) = _rows(whence, "parked", "discard", one, "--reason", "a test order")
    assert discarded["discarded"] == waiting[0]["events"]
    assert len(_rows(whence, "parked")) == len(waiting) - 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("rebuild", "nothing"), 2, "no read model is called 'nothing'; there are: orders"),
        (("rebuild", "all", "--build", "1"), 2, "--build is one build of one read model"),
        (("switch", "orders"), 1, "orders has no build to switch to"),
        (("switch", "orders", "--build", "9"), 2, "orders has no build 9; its builds are: 1"),
        (("drop", "orders", "--build", "9"), 2, "orders has no build 9; its builds are: 1"),
        (("parked", "retry"), 2, "name the sequence to retry, or give --all"),
        (("parked", "show", "order-x"), 1, "no event of 'order-x' is parked"),
        (
            ("run", "--group", "desk", "--workers", "2"),
            2,
            "share the work already: give --workers without it",
        ),
        (("run", "--group", "desk"), 2, "--group shares the partitions of a topic on Kafka"),
    ],
)
def test_an_invalid_command_is_refused_in_one_line(
    whence: Whence, words: Sequence[str], code: int, message: str
) -> None:
    _built()
    refused = whence("projections", *words)
    assert (refused.code, refused.out) == (code, "")
    assert message in refused.err


def test_an_empty_store_is_reported_with_the_command_to_begin(whence: Whence) -> None:
    filled("sqlite:///whence.db", _EVENTS)
    assert "`whence projections run` begins" in whence("projections", "list").err
    refused = whence("projections", "digest", "orders")
    assert refused.code == 1
    assert "not built in this store yet" in refused.err


def test_the_store_of_another_log_is_refused_until_it_is_adopted(whence: Whence) -> None:
    """The other log was made from the same tape, so both have the same id."""
    _built()
    filled("sqlite:///moved.db", _EVENTS)
    there = ("--log", "sqlite:///moved.db", "--store", "sqlite:///whence.read.db")
    assert whence("projections", "status").code == 0
    assert whence("projections", "rebuild", "orders", "--switch").code == 0
    refused = whence("projections", "status", *there)
    assert refused.code == 2
    assert "run `whence projections adopt`" in refused.err
    adopted = whence("projections", "adopt", *there)
    assert adopted.code == 0
    assert "2 builds belong to the log in SQLite storage " in adopted.err
    assert whence("projections", "status", *there).code == 0

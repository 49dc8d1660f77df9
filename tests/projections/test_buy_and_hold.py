"""Buy and hold of an account is read from the store at once, however many hours it spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, event

from projections import builds
from projections.bookkeeping import BuildKind, BuildStatus
from projections.catalogue import PROJECTIONS
from projections.questions.cursor import Cursors
from projections.questions.holding import held
from projections.runner import Runner
from projections.source import Now
from projections.store import reading, writing
from projections.work import works
from tests.projections.folded import a_run
from tests.projections.stores import WrittenLog


def test_the_statements_of_buy_and_hold_are_as_many_for_a_month_as_for_a_day(store: Engine) -> None:
    log = WrittenLog(a_run(1_500))
    with writing(store) as connection:
        begun = [
            builds.begin(connection, one, BuildKind.TODAY, BuildStatus.LIVE) for one in PROJECTIONS.values()
        ]
    while Runner(log, works(store, begun, PROJECTIONS, 0)).step(500):
        pass
    with reading(store) as connection:
        source = Now(connection, PROJECTIONS, 0, Cursors(b"secret"))
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Sequence[Any]) -> None:
            sent.append(statement)

        event.listen(store, "before_cursor_execute", note)
        found = held(source, "paper")
        event.remove(store, "before_cursor_execute", note)
    assert found is not None
    assert len(found.values) > 24
    # The opening equity, the traded instruments, and the prices of signals and of fills.
    assert len(sent) == 4

"""Parked sequences do not delay other sequences, and are projected in order when they are retried."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import Engine

from domain.errors import InvalidInput, Refused
from domain.log import Recorded
from domain.order import OrderFilled
from projections import parked
from projections.accounts import ACCOUNTS
from projections.bookkeeping import BuildKind, BuildStatus, ParkedState
from projections.builds import begin, kept_up
from projections.digest import digest
from projections.equity import EQUITY
from projections.orders import ORDERS
from projections.projection import Fold, Projection
from projections.runner import Runner
from projections.standing import standings
from projections.store import reading, writing
from projections.work import works
from tests.projections.faulty import Fault, caught_up, digests, two_accounts
from tests.projections.stores import WrittenLog
from tests.replacing import replace

_KINDS = {"orders": ORDERS, "accounts": ACCOUNTS, "equity": EQUITY}


def _wrong(projection: Projection) -> int:
    """The ordinal of the event whose fold fails: an event of the first account, after a third of the log."""
    events = two_accounts()
    wanted = OrderFilled if projection is ORDERS else tuple(projection.folds)
    return next(
        ordinal
        for ordinal, envelope in enumerate(events, 1)
        if ordinal > len(events) // 3 and envelope.meta.account == "p0" and isinstance(envelope.event, wanted)
    )


def _faulty(projection: Projection) -> tuple[Fault, Mapping[str, Projection]]:
    ordinal = _wrong(projection)
    fault = Fault(lambda recorded: recorded.ordinal == ordinal)
    return fault, {projection.name: fault.projection(projection)}


@pytest.fixture(params=sorted(_KINDS))
def projection(request: pytest.FixtureRequest) -> Projection:
    """One projection whose sequences are streams, and two whose sequences are accounts."""
    return _KINDS[request.param]


def test_after_a_retry_the_tables_equal_those_of_a_build_that_never_failed(
    store: Engine, projection: Projection
) -> None:
    """While the sequence is parked, the last third of the log is appended and the runner is restarted."""
    events, (fault, faulty) = two_accounts(), _faulty(projection)
    log = WrittenLog(events[: 2 * len(events) // 3])
    (build,) = caught_up(store, log, faulty)
    with reading(store) as connection:
        (waiting,) = parked.sequences(connection, 0)
        shown = parked.events(connection, build, 0, waiting.sequence)
    assert waiting.first == _wrong(projection)
    assert waiting.error == f"ArithmeticError: cannot fold ordinal {waiting.first}"
    assert [one.error != "" for one in shown] == [True] + [False] * (len(shown) - 1)
    stuck = parked.retry(store, log, faulty[projection.name], build, 0, waiting.sequence)
    assert (stuck.projected, stuck.waiting, stuck.error) == (0, waiting.events, waiting.error)
    log.envelopes.extend(events[2 * len(events) // 3 :])
    caught_up(store, log, faulty)  # uses a new runner, as after a restart
    own = projection.order.sequence
    expected = [
        ordinal
        for ordinal, envelope in enumerate(events, 1)
        if ordinal >= waiting.first
        and own(envelope.meta) == waiting.sequence
        and type(envelope.event) in projection.folds
    ]
    with reading(store) as connection:
        shown = parked.events(connection, build, 0, waiting.sequence)
        assert [one.ordinal for one in shown] == expected
        assert [one.event_id for one in shown] == [
            str(events[ordinal - 1].meta.event_id) for ordinal in expected
        ]
    fault.mended = True
    assert parked.retry(store, log, faulty[projection.name], build, 0, waiting.sequence) == parked.Retried(
        len(expected), 0, ""
    )
    mended = digests(store, faulty)
    with reading(store) as connection:
        assert parked.sequences(connection, 0) == []
    assert mended == _digests_without(store, log, projection)


def _digests_without(engine: Engine, log: WrittenLog, projection: Projection) -> Mapping[str, str]:
    """The digests of another build in the same store, made by a projection whose folds do not fail."""
    with writing(engine) as connection:
        beside = begin(connection, projection, BuildKind.TODAY, BuildStatus.BUILDING)
    Runner(log, works(engine, [beside], {projection.name: projection}, 0)).catch_up()
    with reading(engine) as connection:
        return {projection.name: digest(connection, projection, beside)}


def test_while_one_account_is_parked_the_other_is_up_to_date(store: Engine) -> None:
    """From the failing event on, all events of the account's sequence are parked, and no other event."""
    log, (_fault, faulty) = WrittenLog(two_accounts()), _faulty(ACCOUNTS)
    caught_up(store, log, faulty)
    with reading(store) as connection:
        (standing,) = standings(connection, 0)
        (waiting,) = parked.sequences(connection, 0)
        assert waiting.sequence == "p0"
        assert (standing.ordinal, standing.parked_events, standing.parked_sequences) == (
            log.head(),
            waiting.events,
            1,
        )
        rows = connection.exec_driver_sql("SELECT account, ordinal FROM accounts_b1 ORDER BY account").all()
    last = max(
        ordinal
        for ordinal, envelope in enumerate(two_accounts(), 1)
        if envelope.meta.account == "p1" and type(envelope.event) in ACCOUNTS.folds
    )
    assert [row[0] for row in rows] == ["p0", "p1"]
    assert rows[0][1] < waiting.first
    assert rows[1][1] == last


def test_a_retry_that_fails_again_keeps_the_events_it_projected(store: Engine) -> None:
    """The sequence stays parked from the first failing event on."""
    events = two_accounts()
    fault, ordinal = Fault(lambda recorded: recorded.ordinal in wrong), _wrong(EQUITY)
    wrong = {ordinal}
    faulty = {"equity": fault.projection(EQUITY)}
    log = WrittenLog(events)
    (build,) = caught_up(store, log, faulty)
    with reading(store) as connection:
        waiting = parked.events(connection, build, 0, "p0")
    wrong.clear()
    wrong.add(waiting[3].ordinal)
    retried = parked.retry(store, log, faulty["equity"], build, 0, "p0")
    assert (retried.projected, retried.waiting) == (3, len(waiting) - 3)
    with reading(store) as connection:
        left = parked.events(connection, build, 0, "p0")
    assert [one.ordinal for one in left] == [one.ordinal for one in waiting[3:]]
    assert left[0].error == retried.error != ""
    fault.mended = True
    parked.retry(store, log, faulty["equity"], build, 0, "p0")
    assert digests(store, faulty) == _digests_without(store, log, EQUITY)


def test_events_folded_during_a_retry_are_neither_skipped_nor_reordered(store: Engine) -> None:
    """If a retry commits after a runner has folded a batch and before it commits, the runner folds the batch again."""
    events = two_accounts()
    fault, faulty = _faulty(EQUITY)
    log = WrittenLog(events[: len(events) // 2])
    (build,) = kept_up(store, faulty.values())
    runner = Runner(log, works(store, [build], faulty, 0))
    runner.catch_up()
    log.envelopes.extend(events[len(events) // 2 :])
    folded = runner.works[0].fold

    def retried_once_folded(fold: Fold, recorded: Recorded) -> None:
        folded(fold, recorded)
        if not fault.mended and recorded.ordinal > len(events) // 2:
            fault.mended = True
            parked.retry(store, log, faulty["equity"], build, 0, "p0")

    runner.works[0].fold = retried_once_folded  # type: ignore[method-assign]  # as if another process retried between fold and commit
    runner.catch_up()
    assert fault.mended
    with reading(store) as connection:
        assert parked.sequences(connection, 0) == []
    assert digests(store, faulty) == _digests_without(store, log, EQUITY)


def test_events_are_discarded_with_a_recorded_reason(store: Engine) -> None:
    """After a discard, new events of the sequence are projected. The discarded events stay recorded."""
    events, (_fault, faulty) = two_accounts(), _faulty(EQUITY)
    log = WrittenLog(events[: len(events) // 2])
    (build,) = kept_up(store, faulty.values())
    runner = Runner(log, works(store, [build], faulty, 0))
    runner.catch_up()
    with pytest.raises(InvalidInput, match="--reason"):
        parked.discard(store, build, 0, "p0", " ")
    count = parked.discard(store, build, 0, "p0", "the venue paid it back")
    with pytest.raises(Refused, match="no event of 'p0' is parked"):
        parked.discard(store, build, 0, "p0", "again")
    with pytest.raises(Refused, match="no event of 'p0' is parked"):
        parked.retry(store, log, faulty["equity"], build, 0, "p0")
    log.envelopes.extend(events[len(events) // 2 :])
    runner.catch_up()
    with reading(store) as connection:
        kept = parked.events(connection, build, 0, "p0")
        last = connection.exec_driver_sql("SELECT max(ordinal) FROM equity_b1 WHERE account = 'p0'").scalar()
    assert {(one.state, one.reason) for one in kept} == {(ParkedState.DISCARDED, "the venue paid it back")}
    assert len(kept) == count
    assert last is not None
    assert last > log.head() // 2


def test_a_retry_of_a_build_of_another_version_is_refused(store: Engine) -> None:
    log, (_fault, faulty) = WrittenLog(two_accounts()), _faulty(EQUITY)
    (build,) = caught_up(store, log, faulty)
    with pytest.raises(Refused, match="rebuild equity"):
        parked.retry(store, log, replace(EQUITY, version=99), build, 0, "p0")

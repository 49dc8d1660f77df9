"""Marks of whole runs: equal wherever a run was stopped; the listed amounts add up; the API's figures equal them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from domain.arithmetic import EXACT
from domain.log import Envelope
from domain.mark import AccountMarked
from infra.run.paper import PaperRun
from infra.run.plan import Plan
from projections.accounts import ACCOUNTS
from projections.bookkeeping import METADATA
from projections.equity import EQUITY
from projections.performance import PERFORMANCE
from projections.questions.performance import ratios_by_account
from projections.store import prepare, writing
from projections.summary import Summary
from tests.journeys.runs import EAGER, SYMBOLS, plan, play
from tests.projections.stores import built

CANDLES = 400


@pytest.mark.parametrize("seed", range(4))
def test_start_and_the_listed_amounts_add_up_to_the_equity_after_every_candle(seed: int) -> None:
    summary, held = Summary(), 0
    with closing(open_memory(AvroCodec())) as log:
        run = PaperRun(plan(synthetic_tape(seed, SYMBOLS[:2], candles=CANDLES), EAGER), log, summary.fold)
        for _instant in run.instants():
            held += summary.still_open > 0
            mark = run.driver.engine.latest_mark
            assert mark is not None
            realised = EXACT.subtract(EXACT.add(summary.open_gross, summary.open_funding), summary.open_fees)
            listed = EXACT.add(EXACT.add(summary.starting_balance, summary.net), realised)
            assert listed == summary.balance == mark.balance
            assert EXACT.add(listed, mark.unrealised) == mark.equity
            assert mark.worst <= mark.low <= mark.equity <= mark.high
    assert held > 5


def test_a_run_that_was_stopped_before_any_mark_makes_the_same_log() -> None:
    the_plan = plan(synthetic_tape(4, SYMBOLS[:2], candles=100), EAGER)
    whole = played(the_plan, ())
    ends = [number for number, one in enumerate(whole) if isinstance(one.event, AccountMarked)]
    assert len(ends) == 8
    for end in ends:
        assert played(the_plan, whole[:end]) == whole
        assert played(the_plan, whole[: end + 1]) == whole


def played(the_plan: Plan, recorded: Sequence[Envelope]) -> list[Envelope]:
    """The whole log of a run that was stopped after these events."""
    with closing(open_memory(AvroCodec())) as log:
        for one in recorded:
            log.append([one])
        play(the_plan, log)
        return [one.envelope for one in log.read()]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = prepare(create_engine(f"sqlite:///{tmp_path / 'read.db'}"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("seed", range(2))
def test_the_read_models_figures_equal_those_of_the_summary(seed: int, store: Engine) -> None:
    """On a tape that ends at a full hour; 9,000 candles of five minutes are 31 days."""
    summary = Summary()
    with closing(open_memory(AvroCodec())) as log:
        run = PaperRun(plan(synthetic_tape(seed, SYMBOLS[:1], candles=9_000), EAGER), log, summary.fold)
        for _instant in run.instants():
            pass
        assert summary.mark == run.driver.engine.latest_mark
        models = built(store, log, {one.name: one for one in (ACCOUNTS, EQUITY, PERFORMANCE)})
        with models.now() as source:
            row = source.connection.execute(select(source.table("accounts"))).mappings().one()
            points = source.connection.execute(select(source.table("equity"))).mappings().all()
            ratios = ratios_by_account(source, ["paper"])["paper"]
    assert (row["equity"], row["unrealised"]) == (summary.equity, summary.unrealised)
    assert row["max_drawdown"] == pytest.approx(float(summary.max_drawdown), abs=1e-11)
    assert (row["open_gross"], row["open_fees"], row["open_funding"]) == (
        summary.open_gross,
        summary.open_fees,
        summary.open_funding,
    )
    assert sum(point["reason"] == "MARKED" for point in points) == 9_000 / 12
    assert ratios == summary.ratios
    assert ratios.sharpe is not None

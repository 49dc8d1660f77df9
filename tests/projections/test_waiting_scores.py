"""Scores wait for the trade of their signal, and for nothing else."""

from __future__ import annotations

from typing import cast, get_args

from commands.exchange import Rejected
from commands.scorer import ModelScorer
from domain.position import PositionClosed, PositionIncreased, PositionOpened
from domain.scored import SignalScored
from domain.settings import Settings
from projections.model_scores import ModelBook
from projections.waiting_scores import Ending, WaitingScores
from tests.commands.desk import a_fill_of, chain_of, long
from tests.commands.models_of_tests import FIRST, FakeModel, Folder
from tests.commands.requests.asking import Asking
from tests.commands.test_additions import ADDING, MORE
from tests.commands.test_additions import FIRST as ENTRY
from tests.commands.test_scoring import GOOD, trading
from tests.domain.history import NOW, D
from tests.replacing import replace

GAIN = {"gain": 0.9}


def _trading(settings: Settings | None = None) -> Asking:
    return trading(ModelScorer(Folder(FakeModel(FIRST)).model_of), settings)


def waiting_after(eve: Asking, most: int = 10) -> WaitingScores:
    found = WaitingScores(most)
    for envelope in eve.desk.recorded:
        event, meta = envelope.event, envelope.meta
        if isinstance(event, SignalScored):
            found.add(event, meta)
        elif isinstance(event, PositionOpened):
            found.opened(meta)
        elif isinstance(event, PositionClosed):
            found.closed(meta.stream)
        elif isinstance(event, get_args(Ending)):
            found.ended(cast("Ending", event), meta)
    return found


def test_an_entry_that_waits_keeps_its_score_and_one_that_is_skipped_or_rejected_does_not() -> None:
    eve = _trading()
    eve.desk.see(long(inputs={"gain": 0.1}))
    assert len(waiting_after(eve)) == 0
    chain = chain_of(eve.desk.see(long(inputs=GOOD)))
    assert len(waiting_after(eve)) == 1
    eve.desk.tell(Rejected(order_id=f"{chain}-e1", at=NOW, fact="exchange:test:no", reason="no funds"))
    assert len(waiting_after(eve)) == 0


def test_an_addition_has_no_result_of_its_own_and_the_position_keeps_that_of_its_opening() -> None:
    eve = _trading(ADDING)
    first = chain_of(eve.desk.see(replace(ENTRY, inputs=GAIN)))
    quantity = eve.desk.world.portfolio.entries[f"{first}-e1"].order.terms.quantity
    half = quantity / 2
    eve.desk.tell(
        a_fill_of(f"{first}-e1", "in", half, D(100)), a_fill_of(f"{first}-e1", "rest", half, D(100))
    )
    more = chain_of(eve.desk.see(replace(MORE, inputs=GAIN)))
    added = eve.desk.world.portfolio.entries[f"{more}-e1"].order.terms.quantity
    assert len(waiting_after(eve)) == 2
    recorded = eve.desk.tell(a_fill_of(f"{more}-e1", "more", added, D(102)))
    assert PositionIncreased in {type(one.event) for one in recorded}
    assert len(waiting_after(eve)) == 1
    eve.desk.tell(a_fill_of(f"{first}-t1", "out", quantity, D(106)))
    eve.desk.tell(a_fill_of(f"{more}-t1", "out2", added, D(106)))
    assert len(waiting_after(eve)) == 0
    book = ModelBook().take_all(eve.desk.log.read())
    assert [one.signal for one in book.models[FIRST].resolved] == [first]


def test_more_scores_than_may_wait_drop_the_oldest() -> None:
    eve = _trading()
    for instrument in ("BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"):
        eve.desk.see(long(inputs=GOOD, instrument=instrument))
    assert len(waiting_after(eve)) == 2
    assert len(waiting_after(eve, most=1)) == 1

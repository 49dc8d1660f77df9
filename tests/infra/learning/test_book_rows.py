"""Features of order books of a log: the figures that the engine had read when it recorded the signal, from its tape."""

from __future__ import annotations

from adapters.inputs.batch import TapedInput
from commands.input_tape import Taped
from domain.book.analysis.table import FIGURES
from domain.features.book import BOOK_1, BookFeatureReader
from domain.features.core import CORE_1
from domain.market import BookReading
from infra.learning.dataset_file import code_hash
from infra.learning.detected import Detected, RecordedSignals
from infra.learning.moves import TapedMoves
from tests.infra.run.demo_desk import DemoDesk
from tests.infra.run.test_live_books import HandBooks, a_plan, a_reading
from tests.replacing import replace

VALUES = tuple(float(number) for number in range(len(FIGURES)))


class HeldTape:
    """A tape of inputs in memory."""

    def __init__(self) -> None:
        self.taken: list[Taped] = []

    def take(self, given: Taped) -> None:
        self.taken.append(given)

    def keep(self) -> None: ...

    def close(self) -> None: ...

    def inputs(self) -> list[TapedInput]:
        return [TapedInput(number, one.at, one) for number, one in enumerate(self.taken, 1)]


def read(desk: DemoDesk, update: int) -> BookReading:
    return replace(a_reading(desk, update), figures=BOOK_1.id, values=VALUES)


def rows(desk: DemoDesk, tape: HeldTape) -> list[tuple[float | None, ...]]:
    moves = TapedMoves(desk.log, tape.inputs)
    signals = RecordedSignals(desk.log, desk.log.head(), moves, BookFeatureReader)
    found = [one for one in signals.steps() if isinstance(one, Detected)]
    return [one.reader.row(one.signal, one.at, one.portfolio).values for one in found]


def test_a_signal_has_the_figures_of_the_last_reading_before_it() -> None:
    books, tape = HandBooks(), HeldTape()
    desk = DemoDesk(plan=a_plan(), books_of=books.made, tape=tape).started()
    books.waiting.append(read(desk, 1))
    desk.passes(1)
    (row,) = rows(desk, tape)
    assert row[len(CORE_1.features) :] == VALUES


def test_the_code_of_the_analysis_of_books_is_part_of_what_book_1_is_built_from() -> None:
    assert code_hash(BOOK_1) != code_hash(CORE_1)

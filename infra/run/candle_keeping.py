"""The candles that an engine takes, kept in the store of the read models for the chart."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from adapters.candle_store.keeper import CandleKeeper
from adapters.log.address import MemoryAddress, parse_address
from infra.config import WhenceSettings

if TYPE_CHECKING:
    from adapters.candle_store.book import CandleBook
    from commands.driver import Driver


@contextmanager
def candles_kept(settings: WhenceSettings, driver: Driver, *, at_end: bool = False) -> Generator[None]:
    """Keeps the candles of the engine until the end of the context; see `CandleKeeper`.

    The store is opened by the first candle, not before, so that a run that is refused makes no store. Nothing is kept
    of a log in memory, which no API can read later.
    """
    if isinstance(parse_address(settings.log), MemoryAddress):
        yield
        return
    with ExitStack() as held:
        keeper = CandleKeeper(lambda: _opened(settings, held), _id_of(driver), at_end=at_end)
        held.callback(keeper.close)
        driver.show_candles_to(keeper)
        yield


def _id_of(driver: Driver) -> Callable[[], str]:
    def log_id() -> str:
        known: UUID | None = driver.engine.world.log_id
        assert known is not None  # an engine opens its log before it takes a candle
        return str(known)

    return log_id


def _opened(settings: WhenceSettings, held: ExitStack) -> CandleBook:
    """The book in the migrated store. SQLAlchemy is imported here: a run that has no candles needs no database."""
    from adapters.candle_store.book import CandleBook
    from infra.run.rebuilding import partition_of
    from infra.store import migrate, open_store

    engine = open_store(settings)
    held.callback(engine.dispose)
    migrate(engine)
    return CandleBook(engine, partition_of(settings))

"""The table `[book_view]`: the live books that the API shows, and the feeds that they come from."""

from __future__ import annotations

from functools import partial

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from adapters.book_view.shared import SharedBooks
from commands.book_feed import BookFeed
from domain.errors import InvalidInput
from domain.instrument import check_instrument_id
from infra.recording.feed import BINANCE, BYBIT, RecordedPlace, recorded_feed
from infra.web_address import is_web_address

BYBIT_DEPTHS = (1, 50, 200, 1000)
"""As of `adapters.bybit.book_feed`, which is imported where a book is opened."""
_EXCHANGES = {"BYBIT": BYBIT, "BINANCE": BINANCE}


class BookViewSettings(BaseModel):
    """With `shown`, the API reads public books of Bybit and Binance for those who look at them, `most` at a time.

    `depth` is the number of levels of Bybit's books. The addresses are empty for the exchanges' own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    shown: bool = False
    most: int = Field(default=8, ge=1, le=100)
    depth: int = Field(default=200, ge=1, le=1_000)
    testnet: bool = False
    bybit_address: str = ""
    binance_address: str = ""

    @field_validator("depth")
    @classmethod
    def _has_books(cls, depth: int) -> int:
        if depth not in BYBIT_DEPTHS:
            raise PydanticCustomError(
                "depth", "Input should be 1, 50, 200 or 1000: the depths of Bybit's books"
            )
        return depth

    @field_validator("bybit_address", "binance_address")
    @classmethod
    def _web(cls, address: str) -> str:
        if address and not is_web_address(address):
            raise PydanticCustomError(
                "address", "Input should be an address like http://127.0.0.1:8680, or empty"
            )
        return address.rstrip("/")


def shared_books(settings: BookViewSettings) -> SharedBooks | None:
    """The books of an API; None where the settings do not show them."""
    return SharedBooks(partial(_feed, settings), settings.most) if settings.shown else None


def _feed(settings: BookViewSettings, instrument: str) -> BookFeed:
    """Raises InvalidInput for an instrument of an exchange without books."""
    check_instrument_id(instrument)
    exchange = _EXCHANGES.get(instrument.rpartition(".")[2])
    if exchange is None:
        raise InvalidInput(
            f"{instrument[:60]} has no live book: books are read of {' and '.join(_EXCHANGES)} alone, as "
            "BTCUSDT-LINEAR.BYBIT or BTCUSDT-SPOT.BINANCE"
        )
    address = settings.bybit_address if exchange == BYBIT else settings.binance_address
    testnet = settings.testnet and exchange == BYBIT
    return recorded_feed(RecordedPlace(exchange, settings.depth, testnet, address), (instrument,))

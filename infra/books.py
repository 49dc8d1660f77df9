"""Opens what a publisher of order books needs: the leases, the topic, and the feeds of books."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import NamedTuple

from adapters.book_kind import BookKind, preparation_of, scales_of
from adapters.book_topic.leases import BookLeases
from adapters.book_topic.place import BookTopic, LeaseTopic
from adapters.book_topic.publisher import ReadingPublisher
from adapters.ladder_book.scale import Scale
from adapters.log.address import KafkaAddress, parse_address
from adapters.signed_topic import partition_of
from commands.book_feed import BookFeed
from domain.errors import InvalidInput, InvalidSettings
from infra.config import WhenceSettings
from infra.logs import client_of, keys_of
from infra.recording.feed import BYBIT, RecordedPlace
from infra.run.book_publishing import BookPublishing, Watched, by_lease
from infra.run.clock import utc_now
from infra.trading import trading_settings

_NS_IN_MS = 1_000_000


class Books(NamedTuple):
    """Which books are published: where they are from, their instruments, and the least time between two readings."""

    place: RecordedPlace
    instruments: Sequence[str]
    period: timedelta


def book_topics(settings: WhenceSettings) -> tuple[BookTopic, LeaseTopic]:
    """The topics of readings and leases beside the configured log. Raises InvalidInput for a log not on Kafka."""
    address = parse_address(settings.log)
    if not isinstance(address, KafkaAddress):
        raise InvalidInput(
            "readings of books are published by a topic beside a log on Kafka: name it with --log "
            "kafka://HOST:PORT/TOPIC"
        )
    client = client_of(settings)
    return (
        BookTopic(address.servers, address.topic, client),
        LeaseTopic(address.servers, address.topic, client),
    )


def topic_of_readings(settings: WhenceSettings) -> BookTopic:
    """The topic that an engine reads. Raises InvalidSettings for a log not on Kafka."""
    try:
        return book_topics(settings)[0]
    except InvalidInput:
        raise InvalidSettings(
            'book_source = "topic": the readings of `whence books publish` are in a topic beside a log on Kafka, and '
            'this log is not on Kafka: name it with --log kafka://HOST:PORT/TOPIC, or set book_source = "feed"'
        ) from None


@contextmanager
def opened_books(settings: WhenceSettings, wanted: Books, watched: Watched) -> Generator[BookPublishing]:
    """What publishes the books until the end of the block.

    Raises LogUnavailable, ExchangeUnreachable and ExchangeRefused where what it needs does not respond;
    InvalidInput, InvalidSettings, KeyRefused, MissingParts.
    """
    readings, leases = book_topics(settings)
    trading = trading_settings(settings.trading)
    # Refuses what the exchange does not have before anything is connected.
    book_feed(wanted.place, wanted.instruments, {})
    scales = book_scales_of(wanted.place, wanted.instruments, settings.book_kind)

    def open_feed(names: Sequence[str]) -> BookFeed:
        return book_feed(wanted.place, names, scales)

    with (
        closing(ReadingPublisher(readings, _now_ms, keys_of(settings))) as publisher,
        closing(BookLeases(leases, wanted.place.exchange, _now_ms, source=_source(wanted.place))) as member,
    ):
        shares = by_lease(wanted.instruments, lambda name: partition_of(name, member.partitions))
        member.state(shares)
        yield BookPublishing(
            member,
            publisher,
            open_feed,
            shares,
            wanted.period,
            watched,
            utc_now,
            trading.book.levels,
            source=_source(wanted.place),
            preparation=preparation_of(settings.book_kind),
        )


def _source(place: RecordedPlace) -> str:
    """Where the books are from, as it is stated to the processes that share them."""
    return place.address or (f"{place.exchange}-testnet" if place.testnet else place.exchange)


def book_feed(place: RecordedPlace, instruments: Sequence[str], scales: Mapping[str, Scale]) -> BookFeed:
    """The feed of books, not started yet. Raises InvalidInput for what the exchange does not have."""
    if place.exchange == BYBIT:
        from adapters.bybit import Site
        from adapters.bybit.book_feed import BybitBooks

        site = Site(testnet=place.testnet, http=place.address, socket=place.socket)
        return BybitBooks(site, instruments, depth=place.depth, scales=scales)
    _check_binance(place)
    from adapters.binance.book_feed import BinanceBooks
    from adapters.binance.book_feed import Site as BinanceSite

    return BinanceBooks(BinanceSite(http=place.address, socket=place.socket), instruments, scales=scales)


def book_scales_of(place: RecordedPlace, instruments: Sequence[str], kind: BookKind) -> Mapping[str, Scale]:
    """The scales of the books that are fast (see `scales_of`), from the rules of the exchange."""

    def query() -> Mapping[str, Scale]:
        if place.exchange == BYBIT:
            from adapters.bybit import Site
            from adapters.bybit.book_scale import book_scales

            return book_scales(Site(testnet=place.testnet, http=place.address), instruments)
        _check_binance(place)
        from adapters.binance.book_scale import book_scales as binance_scales

        return binance_scales(place.address, instruments)

    return scales_of(kind, query)


def _check_binance(place: RecordedPlace) -> None:
    if place.testnet:
        raise InvalidInput("--testnet is of bybit alone: name another address of binance with --address")


def _now_ms() -> int:
    return time.time_ns() // _NS_IN_MS

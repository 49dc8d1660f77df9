"""Where the engine's readings of order books come from: a feed in this process, or the topic of publishers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from adapters.book_source import BookSource
from commands.book_readings import BookReadings
from commands.observer import BookCounts, RecordCounts
from domain.book.settings import BookSettings
from infra.config import WhenceSettings
from infra.run.live_feed import feed_readings_of
from infra.run.live_plan import BooksOf, Wake
from infra.run.place import Place
from infra.run.watchers import Watchers

if TYPE_CHECKING:
    from adapters.book_topic.place import BookTopic


def books_of(settings: WhenceSettings, place: Place, watchers: Watchers) -> BooksOf | None:
    """What makes the readings of order books by `book_source`; None where this place has no books of its own.

    `watchers` are notified of readings that were replaced or passed over, and of the records of the topic. Raises
    InvalidSettings where the source is the topic and the log is not on Kafka, MissingParts where fast books are
    required and cannot be kept.
    """
    if settings.book_source is BookSource.FEED:
        return feed_readings_of(place, watchers, settings.book_kind)
    from infra.books import topic_of_readings

    return partial(_of_topic, settings, topic_of_readings(settings), watchers, watchers)


def _of_topic(
    settings: WhenceSettings,
    place: BookTopic,
    counts: BookCounts,
    records: RecordCounts,
    instruments: Sequence[str],
    book: BookSettings,
    wake: Wake,
) -> BookReadings:
    from adapters.book_topic.reader import TopicReadings
    from infra.logs import keys_of

    return TopicReadings(
        place,
        instruments,
        keys=keys_of(settings),
        confirms=book.confirms_after,
        on_arrival=wake,
        counts=counts,
        records=records,
    )

"""The topics of readings and of leases that belong to a topic of events, and what a record of a reading is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confluent_kafka import Message

from adapters.book_topic.wire import ReadingRecord, read_reading
from adapters.kafka.topic_table import BOOK_LEASES, BOOKS, TopicRow, books_group
from adapters.marks.signature import Signer
from adapters.signed_topic import SignedTopic, opened_record


@dataclass(frozen=True, slots=True)
class BookTopic(SignedTopic):
    """See `SignedTopic`."""

    row: ClassVar[TopicRow] = BOOKS


@dataclass(frozen=True, slots=True)
class LeaseTopic(SignedTopic):
    """The topic without records whose partitions are the leases."""

    row: ClassVar[TopicRow] = BOOK_LEASES

    def group(self, exchange: str) -> str:
        """The consumer group of the processes that share the books of this exchange."""
        return books_group(self.events, exchange)


def reading_of(message: Message, signer: Signer) -> ReadingRecord:
    """The record of a message.

    Raises MarkRefused and KeyMissing for one that this installation has not signed, InvalidInput for one that is no
    reading of a book.
    """
    return opened_record(message, signer, read_reading, lambda record: record.reading.instrument)

"""The topic of markets that belongs to a topic of events, and what a record of it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confluent_kafka import Message

from adapters.kafka.topic_table import MARKET, TopicRow
from adapters.market_topic.wire import MarketRecord, read_market
from adapters.marks.signature import Signer
from adapters.signed_topic import SignedTopic, opened_record


@dataclass(frozen=True, slots=True)
class MarketTopic(SignedTopic):
    """See `SignedTopic`."""

    row: ClassVar[TopicRow] = MARKET


def record_of(message: Message, signer: Signer) -> MarketRecord:
    """The record of a message.

    Raises MarkRefused and KeyMissing for one that this installation has not signed, InvalidInput for one that is no
    message of a market.
    """
    return opened_record(message, signer, read_market, lambda record: record.row.instrument)

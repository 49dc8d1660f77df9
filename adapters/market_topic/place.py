"""The topic of markets that belongs to a topic of events, and what a record of it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confluent_kafka import Message

from adapters.kafka.topic_table import MARKET, TopicRow
from adapters.market_topic.wire import MarketRecord, read_market
from adapters.marks.signature import Signer
from adapters.signed_topic import SignedTopic, opened
from domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class MarketTopic(SignedTopic):
    """See `SignedTopic`."""

    row: ClassVar[TopicRow] = MARKET


def record_of(message: Message, signer: Signer) -> MarketRecord:
    """The record of a message.

    Raises MarkRefused and KeyMissing for one that this installation has not signed, InvalidInput for one that is no
    message of a market.
    """
    key, value = opened(message, signer)
    record = read_market(value)
    if record.row.instrument.encode() != key:
        raise InvalidInput("its key is not its instrument")
    return record

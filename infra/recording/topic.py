"""The topic of markets that belongs to the configured log."""

from __future__ import annotations

from adapters.log.address import KafkaAddress, parse_address
from adapters.market_topic.place import MarketTopic
from domain.errors import InvalidInput
from infra.config import WhenceSettings
from infra.logs import client_of


def market_topic(settings: WhenceSettings) -> MarketTopic:
    """The topic beside the log. Raises InvalidInput for a log that is not on Kafka."""
    address = parse_address(settings.log)
    if not isinstance(address, KafkaAddress):
        raise InvalidInput(
            "markets are recorded to a topic beside a log on Kafka: name it with --log kafka://HOST:PORT/TOPIC, or "
            "record to files with --to parquet"
        )
    return MarketTopic(address.servers, address.topic, client_of(settings))

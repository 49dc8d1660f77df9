"""The log on Kafka as a persistence module of the `eventsourcing` library: `PERSISTENCE_MODULE=adapters.kafka`.

An event is appended when its Kafka transaction is committed. All local data can be deleted and rebuilt from the topic.
A partition has one writer. With `KAFKA_EXCLUSIVE` a second writer is refused, and the error names the owner. Otherwise
the second writer fences the first off: from then on the broker refuses the transactions of the first.
"""

from adapters.kafka.factory import Factory, KafkaFactory

__all__ = ["Factory", "KafkaFactory"]

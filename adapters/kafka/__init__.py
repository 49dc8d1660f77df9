"""The log on Kafka as a persistence module of the `eventsourcing` library: `PERSISTENCE_MODULE=adapters.kafka`.

An event is appended when its Kafka transaction is committed. All local data can be deleted and rebuilt from the topic.
A partition has one writer. A second writer either fences the first off or is refused with the name of the owner.
"""

from adapters.kafka.factory import Factory, KafkaFactory

__all__ = ["Factory", "KafkaFactory"]

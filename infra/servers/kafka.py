"""One Kafka broker that is its own controller (KRaft), from the jars that `infra/kafka/pom.xml` names."""

from __future__ import annotations

import base64
import logging
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from domain.errors import ServerFailed
from infra.servers.java import find_java
from infra.servers.maven import resolved
from infra.servers.server import NotAnswering, Server

POM = Path(__file__).parents[1] / "kafka" / "pom.xml"
_LOGGING = POM.with_name("log4j2.properties")
_MINIMUM_JAVA = 17
_HEAP = ("-Xms256m", "-Xmx512m")
_LASTING = (
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:+ExplicitGCInvokesConcurrent",
)
# Processor time: a start takes 3.9 s instead of 6.9 s, 20 topics with 100 transactions 3.3 s instead of 5.6 s.
_BRIEF = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

# Kafka's defaults require three replicas, which a single node cannot hold. Fewer partitions of the internal topics and
# a smaller cleaner buffer (the default takes a quarter of the heap) shorten the start. A killed broker can start only
# after its former session has expired (9 s by default). Topics are only created explicitly, as in production: a topic
# that is created by a typo would lack the settings that keep events for ever.
_SINGLE_NODE = {
    "auto.create.topics.enable": "false",
    "broker.heartbeat.interval.ms": "1000",
    "broker.session.timeout.ms": "4000",
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "num.partitions": "1",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
}


class KafkaBroker(Server):
    """A broker; `properties` extend or replace the entries of its `server.properties`.

    The properties are read at every start, so a test may change them between `stop` and `start`. A `brief` broker is
    for minutes: it starts with half the processor time, and serves with less throughput.
    """

    name: ClassVar[str] = "kafka"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        detached: bool = False,
        brief: bool = False,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, port=port, detached=detached)
        self.properties = dict(properties or {})
        self._options = (*_HEAP, *(_BRIEF if brief else _LASTING))
        self.controller_port = self.settled_port("controller-port")

    @property
    def url(self) -> str:
        """`host:port`, the value of `KAFKA_BOOTSTRAP_SERVERS`."""
        return self.bootstrap_servers

    @property
    def bootstrap_servers(self) -> str:
        """`host:port` of the plaintext listener."""
        return f"127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Writes `server.properties`, and formats the data folder the first time."""
        self._settings_file.write_text("".join(f"{key}={value}\n" for key, value in self._settings().items()))
        (self.folder / "controller-port").write_text(str(self.controller_port))
        if not (self._data / "meta.properties").exists():
            self._format()

    def command(self) -> tuple[str, ...]:
        """The broker's Java command line."""
        return (*self._java(), *self._options, "kafka.Kafka", str(self._settings_file))

    def probe(self, within: float) -> None:
        """Requests the cluster's metadata through librdkafka; it must list a broker."""
        probe_kafka(self.bootstrap_servers, within)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _settings_file(self) -> Path:
        return self.folder / "server.properties"

    def _settings(self) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,"
            "SASL_PLAINTEXT:SASL_PLAINTEXT",
            "log.dirs": str(self._data),
            **_SINGLE_NODE,
            **self.properties,
        }

    def _java(self) -> tuple[str, ...]:
        logging_setup = f"-Dlog4j2.configurationFile={_LOGGING}"
        return (str(find_java(_MINIMUM_JAVA).executable), "-cp", f"{resolved(POM)}/*", logging_setup)

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = (*_BRIEF, "kafka.tools.StorageTool", "format", "--standalone")
        done = subprocess.run(
            [*self._java(), *tool, f"--cluster-id={cluster}", f"--config={self._settings_file}"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"kafka: its folder could not be formatted:\n{done.stdout}{done.stderr}")


def probe_kafka(bootstrap_servers: str, within: float, settings: Mapping[str, str] | None = None) -> None:
    """Requests the metadata of any Kafka; raises `NotAnswering`. `settings` are librdkafka's (TLS, SASL …)."""
    client = AdminClient(
        {
            "bootstrap.servers": bootstrap_servers,
            "reconnect.backoff.ms": "50",
            "reconnect.backoff.max.ms": "200",
            **(settings or {}),
        },
        logger=_quiet,
    )
    try:
        brokers = client.list_topics(timeout=within).brokers
    except KafkaException as silence:
        raise NotAnswering(silence.args[0].str()) from silence
    if not brokers:
        raise NotAnswering("no broker is in the cluster yet")


# A starting broker refuses connections, and without a logger librdkafka prints each refusal.
_quiet = logging.getLogger("whence.servers.kafka")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False

"""`whence topics`: the topics of a log are made and checked by one table; nothing is deleted, nothing kept for less."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.kafka.admin import Admin
from adapters.kafka.client import Clients
from adapters.kafka.config import ClientSettings
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_document import rights_table, topics_table
from adapters.kafka.topic_table import COMMANDS, EVENTS, TOPICS, TRACKING
from tests.infra.cli.conftest import Whence

_DAY_MS = 24 * 60 * 60 * 1000
_DOCUMENT = Path(__file__).parents[3] / "docs" / "kafka.md"


@pytest.fixture
def clients(kafka_bootstrap_servers: str) -> Clients:
    return Clients(ClientSettings({"bootstrap.servers": kafka_bootstrap_servers}), 10.0)


@pytest.fixture
def admin(clients: Clients) -> Admin:
    return clients.admin


@pytest.fixture
def log(kafka_bootstrap_servers: str, kafka_topic: str) -> str:
    return f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"


def test_apply_creates_every_topic_of_the_table_and_a_second_apply_changes_nothing(
    whence: Whence, log: str, kafka_topic: str, admin: Admin
) -> None:
    missing = whence("topics", "check", "--log", log)
    assert (missing.code, missing.out) == (
        1,
        "".join(f"{row.name(kafka_topic)}: is missing\n" for row in TOPICS),
    )
    assert not admin.topics([row.name(kafka_topic) for row in TOPICS]), "check has created a topic"
    made = whence("topics", "apply", "--log", log, "--partitions", "2")
    assert (made.code, made.out.count("created")) == (0, len(TOPICS))
    found = admin.topics([row.name(kafka_topic) for row in TOPICS])
    assert {name: len(topic.partitions) for name, topic in found.items()} == {
        row.name(kafka_topic): row.partitions(2) for row in TOPICS
    }
    again = whence("topics", "apply", "--log", log, "--partitions", "2")
    assert (again.code, again.out) == (0, "")
    assert whence("topics", "check", "--log", log).code == 0
    more = whence("topics", "check", "--log", log, "--partitions", "3")
    assert f"{kafka_topic}: has 2 of 3 partitions" in more.out


def test_apply_keeps_more_and_never_less_and_names_what_is_left_to_a_person(
    whence: Whence, log: str, kafka_topic: str, clients: Clients
) -> None:
    admin = clients.admin
    longer = str(70 * _DAY_MS)
    given = [
        (EVENTS, {"retention.ms": str(_DAY_MS), "retention.bytes": "1000000"}),
        (TRACKING, {"cleanup.policy": "delete"}),
        (COMMANDS, {"retention.ms": longer, "max.message.bytes": "1000"}),
    ]
    for row, settings in given:
        made_topic(clients, replace(row, required={**row.required, **settings}, on_creation={}), kafka_topic)
    checked = whence("topics", "check", "--log", log)
    assert checked.code == 1
    assert f"{kafka_topic}: retention.ms is {_DAY_MS}, not -1" in checked.out
    applied = whence("topics", "apply", "--log", log)
    assert applied.code == 1
    assert f"{kafka_topic}: retention.ms is -1 instead of {_DAY_MS}" in applied.out
    left = applied.out.splitlines()[-1]
    assert left.startswith(
        f"{TRACKING.name(kafka_topic)}: cleanup.policy is delete, not compact: it would remove"
    )
    assert left.endswith("--add-config cleanup.policy=compact")
    commands = admin.settings(COMMANDS.name(kafka_topic)) or {}
    assert (commands["retention.ms"], commands["max.message.bytes"]) == (
        longer,
        COMMANDS.required["max.message.bytes"],
    )
    assert (admin.settings(TRACKING.name(kafka_topic)) or {})["cleanup.policy"] == "delete"
    assert (admin.settings(kafka_topic) or {})["retention.bytes"] == "-1"
    assert whence("topics", "check", "--log", log).out == f"{left}\n"


def test_rights_on_a_broker_without_an_authorizer_are_refused_before_any_topic_is_created(
    whence: Whence, log: str, kafka_topic: str, admin: Admin
) -> None:
    refused = whence("topics", "apply", "--log", log, "--principal", "engine=User:whence")
    assert refused.code == 4
    assert "the brokers have no authorizer" in refused.err
    assert not admin.topics([kafka_topic])


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--log", "sqlite:///whence.db"), "only a log on Kafka has topics"),
        (
            ("--log", "kafka://127.0.0.1:1/t", "--principal", "king=User:me"),
            "names nobody; write it like engine=",
        ),
        (
            ("--log", "kafka://127.0.0.1:1/t", "--principal", "engine=me"),
            "names nobody; write it like engine=",
        ),
    ],
)
def test_what_is_no_topic_and_no_principal_is_refused(
    whence: Whence, words: tuple[str, ...], fault: str
) -> None:
    refused = whence("topics", "check", *words)
    assert (refused.code, fault in refused.err) == (2, True)


def test_the_document_has_the_tables_of_the_program(whence: Whence) -> None:
    document = _DOCUMENT.read_text()
    assert "\n".join(topics_table("whence.events")) in document
    assert "\n".join(rights_table("whence.events")) in document
    assert whence("topics", "list").out == "\n".join([*topics_table("whence.events"), ""])
    assert whence("topics", "list", "--rights").out == "\n".join([*rights_table("whence.events"), ""])

"""The bot beside an engine with its API whose log is on Kafka, over a restart of the bot."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import msgspec
import pytest

from infra.telegram.state import State
from tests.infra.telegram.test_journey import TRADER, bot_of, created_tokens, latest
from tests.journeys.program import whence
from tests.journeys.serving import Started, drained, started
from tests.telegram_server.server import BotServer

pytestmark = pytest.mark.anyio
PACE = ("sendMessage", "Too Many Requests: retry after 1")


@pytest.fixture
def api(kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path) -> Iterator[Started]:
    """The API of an engine whose log on Kafka has a played market."""
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}?partition=0"
    (tmp_path / "whence.toml").write_text(f'log = "{log}"\n[alerts]\ntelegram = true\n', encoding="utf-8")
    played = whence(tmp_path, "paper", "--bars", "200")
    assert played.returncode == 0, played.stderr
    with started(tmp_path) as serving, drained(serving.program, tmp_path / "api.log"):
        yield serving


async def test_on_kafka_a_person_trips_the_kill_switch_and_no_alert_is_repeated_after_a_restart_of_the_bot(
    api: Started,
) -> None:
    server = BotServer(asyncio.get_running_loop().time)
    server.chats.add(TRADER)
    tokens = created_tokens(api.folder)
    async with bot_of(server, api, tokens):
        server.type(TRADER, "/kill")
        question = await server.until(lambda: latest(server, TRADER, "Trip the kill switch?"))
        server.tap(TRADER, question, "Trip it now")
        alert = await server.until(lambda: latest(server, TRADER, "KILL_SWITCH_TRIPPED"))
        await server.until(lambda: latest(server, TRADER, "Kill switch tripped at"))
        tap = server.tap(TRADER, alert, "✓ Acknowledge")
        await server.until(lambda: server.answers.get(tap))
    document = '{ events(where: {types: ["KillSwitchTripped"]}) { edges { node { ordinal actor } } } }'
    (event,) = (edge["node"] for edge in api.query(document)["data"]["events"]["edges"])
    state = msgspec.json.decode((api.folder / "telegram.json").read_bytes(), type=State)
    assert event["actor"] == f"telegram:{TRADER}"
    assert state.cursor is not None
    assert (state.cursor.partition, state.cursor.ordinal >= event["ordinal"]) == (0, True)
    async with bot_of(server, api, tokens):
        server.type(TRADER, "/journal account")
        journal = await server.until(lambda: latest(server, TRADER, "Journal  [PAPER]"))
        server.tap(TRADER, journal, "⤓ Export as CSV")
        file = (await server.until(lambda: next((one for one in server.sent if one.file), None))).file
        server.type(TRADER, "/system")
        await server.until(lambda: latest(server, TRADER, "Dead letters: 0"))
    assert file is not None
    assert "KillSwitchTripped" in {row["type"] for row in csv.DictReader(StringIO(file.body.decode()))}
    assert [one for one in server.sent if "KILL_SWITCH_TRIPPED" in one.text] == [alert]
    # The bot that begins anew does not know when the former one sent its last message.
    assert {one for one in server.refused if one[0] != "getUpdates"} <= {PACE}

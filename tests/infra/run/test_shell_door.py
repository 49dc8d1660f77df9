"""A request from a shell reaches the engine of another process through its API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from adapters.dead_letters.keeper import LetterKeeper
from adapters.log.sqlite import open_sqlite
from adapters.tokens.book import TokenBook
from commands.door import Answer, Completed, Declined, TimedOut
from commands.request import Requested, ResetKillSwitch, TripKillSwitch
from commands.roles import Role
from domain.errors import Refused
from domain.opening import LogOpened, Mode
from infra.cli.serving import ApiOptions, plan_of
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.run.api_plan import Hosted
from infra.run.clock import utc_now
from infra.run.commanding import commands_served
from infra.run.serve import Api
from infra.run.shell_door import by_api, by_topic
from infra.store import open_store
from tests.commands.list_log import codec
from tests.domain.history import ACCOUNT, LOG_ID, History, an_open_day

OPENED = History().record(
    "log", LogOpened(log_id=LOG_ID, mode=Mode.LIVE, tape="", synthetic=False), chain="log"
)


class Door:
    """Answers by the reason of the request, and keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: list[Requested] = []

    def ask(self, requested: Requested, patience: float) -> Answer:
        self.sent.append(requested)
        reason = getattr(requested.request, "reason", "")
        made: dict[str, Answer] = {
            "declined": Declined(requested.id, "Refused", "it is not tripped"),
            "late": TimedOut(requested.id, "nothing was done"),
        }
        return made.get(reason, Completed(requested.id, (), note="nothing is open"))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> WhenceSettings:
    file: Path = tmp_path_factory.mktemp("shell") / "log.db"
    with closing(open_sqlite(file, codec())) as log:
        log.append([*OPENED.envelopes, *an_open_day().envelopes])
    return WhenceSettings(log=f"sqlite:///{file}", account=ACCOUNT)


@pytest.fixture(scope="module")
def door() -> Door:
    return Door()


@pytest.fixture(scope="module")
def url(settings: WhenceSettings, door: Door) -> Iterator[str]:
    with Api(settings, plan_of(ApiOptions(port=0)), Hosted(door, ACCOUNT, "an engine")) as api:
        yield api.url


def test_a_trip_has_the_name_of_its_sender_and_the_answer_of_the_engine(
    settings: WhenceSettings, door: Door, url: str
) -> None:
    answer = by_api(settings, url, TripKillSwitch("the news"))
    assert isinstance(answer, Completed)
    assert answer.note == "nothing is open"
    made = door.sent[-1]
    assert (made.request, made.role, made.account) == (TripKillSwitch("the news"), Role.ADMIN, ACCOUNT)
    assert made.actor.startswith("shell-")


@pytest.mark.parametrize(("reason", "kind"), [("declined", Declined), ("late", TimedOut)])
def test_other_answers_are_those_of_the_engine(
    settings: WhenceSettings, url: str, reason: str, kind: type[Answer]
) -> None:
    assert isinstance(by_api(settings, url, ResetKillSwitch(reason)), kind)


def test_no_token_of_a_shell_is_in_force_afterwards(settings: WhenceSettings, url: str) -> None:
    by_api(settings, url, TripKillSwitch("the news"))
    engine = open_store(settings)
    assert TokenBook(engine).in_force() == []
    engine.dispose()


def test_an_address_with_another_server_is_refused(settings: WhenceSettings) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        Thread(target=other.serve_forever, daemon=True).start()
        with pytest.raises(Refused, match="cannot be read"):
            by_api(settings, f"http://127.0.0.1:{other.server_port}", TripKillSwitch("the news"))
        other.shutdown()


def test_another_path_of_the_api_is_refused_with_its_answer(settings: WhenceSettings, url: str) -> None:
    with pytest.raises(Refused, match="the API refused the request: Not Found"):
        by_api(settings, f"{url}/nowhere", TripKillSwitch("the news"))


def test_a_trip_of_an_engine_on_kafka_goes_by_its_topic_of_requests(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    door = Door()
    settings = WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}", account=ACCOUNT)
    with (
        closing(LetterKeeper(partial(open_letters, settings), utc_now)) as letters,
        commands_served(settings, door, letters),
    ):
        answer = by_topic(settings, TripKillSwitch("the news"))
    assert isinstance(answer, Completed)
    made = door.sent[-1]
    assert (made.request, made.role, made.account) == (TripKillSwitch("the news"), Role.ADMIN, ACCOUNT)
    assert made.actor.startswith("shell-")


def test_a_token_that_another_logs_engine_does_not_know_is_refused_with_the_way_to_this_one(
    url: str, tmp_path: Path
) -> None:
    with closing(open_sqlite(tmp_path / "other.db", codec())) as log:
        log.append([*OPENED.envelopes, *an_open_day().envelopes])
    other = WhenceSettings(log=f"sqlite:///{tmp_path}/other.db", account=ACCOUNT)
    with pytest.raises(
        Refused, match=r"not in force; if another log's engine answers there, name .* with --api"
    ):
        by_api(other, url, TripKillSwitch("the news"))

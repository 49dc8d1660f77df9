"""`whence kill` and `reset` with an engine that answers: what they print where the log or the store fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from adapters.dead_letters.keeper import LetterKeeper
from adapters.log.sqlite import open_sqlite
from adapters.tokens.book import TokenBook
from commands.request import ResumeEntries
from commands.roles import Role
from infra.cli.serving import ApiOptions, plan_of
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.logs import open_owned
from infra.run.api_plan import Hosted
from infra.run.clock import utc_now
from infra.run.commanding import commands_served
from infra.run.serve import Api
from infra.store import open_store
from tests.commands.list_log import codec
from tests.domain.history import ACCOUNT, an_open_day
from tests.infra.cli.conftest import Whence
from tests.infra.run.test_shell_door import OPENED, Door

NOBODY = "http://127.0.0.1:9"


class Engine:
    """A running engine's API with the door behind it, and a file with an administrator's token for it."""

    def __init__(self, url: str, log: str, token: Path, door: Door) -> None:
        self.url, self.log, self.token, self.door = url, log, token, door

    def words(self, log: str | None = None, reason: str = "the news") -> tuple[str, ...]:
        return (
            "--reason", reason, "--api", self.url, "--token-file", str(self.token),
            "--account", ACCOUNT, "--log", log or self.log,
        )  # fmt: skip


def without_account(words: tuple[str, ...]) -> list[str]:
    return [word for word in words if word not in ("--account", ACCOUNT)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("kill")
    with closing(open_sqlite(folder / "log.db", codec())) as log:
        log.append([*OPENED.envelopes, *an_open_day().envelopes])
    settings = WhenceSettings(log=f"sqlite:///{folder / 'log.db'}", account=ACCOUNT)
    door = Door()
    with Api(settings, plan_of(ApiOptions(port=0)), Hosted(door, ACCOUNT, "an engine")) as api:
        store = open_store(settings)
        token = folder / "token"
        token.write_text(
            TokenBook(store).issue("eve", Role.ADMIN, datetime.now(UTC)).spelled, encoding="ascii"
        )
        store.dispose()
        yield Engine(api.url, settings.log, token, door)


def test_a_trip_is_done_and_prints_what_is_left(whence: Whence, engine: Engine) -> None:
    done = whence("kill", *engine.words())
    assert (done.code, done.err) == (0, "")
    assert (
        done.out == "the kill switch is tripped; nothing is open\nnothing is held: no position and no entry\n"
    )


def test_a_resumption_of_the_account_and_of_a_strategy_is_sent_and_names_the_owner(
    whence: Whence, engine: Engine
) -> None:
    done = whence("resume", *engine.words())
    assert (done.code, done.err) == (0, "")
    assert done.out == "entries of the account are resumed; nothing is open\n"
    done = whence("resume", "--strategy", "trend", *engine.words())
    assert (done.code, done.out) == (0, "entries of trend are resumed; nothing is open\n")
    sent = [one.request for one in engine.door.sent[-2:]]
    assert sent == [ResumeEntries("the news"), ResumeEntries("the news", "trend")]


def test_with_a_token_neither_log_nor_store_is_needed_and_what_is_not_known_is_named(
    whence: Whence, engine: Engine, tmp_path: Path
) -> None:
    done = whence("kill", *engine.words(f"sqlite:///{tmp_path}/gone.db"))
    assert done.code == 0, done
    assert "the kill switch is tripped" in done.out
    assert "what is left is not known, because the log cannot be read: there is no log at" in done.out
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_read_does_not_prevent_a_trip_by_the_store(
    whence: Whence, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "torn.db").write_bytes(b"SQLite format 3\0 torn")
    words = engine.words(f"sqlite:///{tmp_path}/torn.db")
    by_store = [one for one in words if one not in ("--token-file", str(engine.token))]
    done = whence("kill", *by_store, "--store", f"{engine.log.removesuffix('.db')}.read.db")
    assert done.code == 0, done
    assert "what is left is not known" in done.out


@pytest.mark.parametrize("command", [("kill",), ("reset",), ("personal", "forget", "0a1b")], ids=" ".join)
def test_a_request_without_an_account_is_for_the_account_of_the_log(
    whence: Whence, engine: Engine, command: tuple[str, ...]
) -> None:
    done = whence(*command, *without_account(engine.words()))
    assert (done.code, engine.door.sent[-1].account) == (0, ACCOUNT), done


def test_a_request_without_an_account_reaches_the_engine_of_another_account_by_kafka(
    whence: Whence, engine: Engine, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    settings = WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}", account=ACCOUNT)
    with closing(open_owned(settings)) as log:
        log.append([*OPENED.envelopes, *an_open_day().envelopes])
    with (
        closing(LetterKeeper(partial(open_letters, settings), utc_now)) as letters,
        commands_served(settings, engine.door, letters),
    ):
        done = whence("kill", *without_account(engine.words(settings.log, "by the topic")))
    assert done.code == 0, done
    assert (engine.door.sent[-1].account, engine.door.sent[-1].actor[:6]) == (ACCOUNT, "shell-")


def test_without_an_answer_the_state_of_another_account_is_no_outcome_and_the_logs_account_is_named(
    whence: Whence, engine: Engine
) -> None:
    words = ["paper" if word == ACCOUNT else word for word in engine.words(reason="late")]
    done = whence("reset", *words)
    assert (done.code, done.out) == (1, ""), done
    assert f"this log is of the account {ACCOUNT}, not of paper; name its account with --account" in done.err


def test_an_answer_that_did_not_arrive_is_a_failure_only_while_the_log_does_not_hold_the_trip(
    whence: Whence, engine: Engine
) -> None:
    done = whence("kill", *engine.words(reason="late"))
    assert (done.code, "no answer: nothing was done; the log does not hold it yet" in done.err) == (
        1,
        True,
    ), done
    done = whence("reset", *engine.words(reason="late"))
    assert (done.code, "the kill switch is reset, by the log; no answer arrived" in done.out) == (0, True), (
        done
    )


def test_where_neither_an_answer_arrives_nor_the_log_can_be_read_one_outcome_is_stated(
    whence: Whence, engine: Engine, tmp_path: Path
) -> None:
    done = whence("kill", *engine.words(f"sqlite:///{tmp_path}/gone.db", reason="late"))
    assert done.code == 1
    assert "no answer: nothing was done; the log cannot be read: there is no log at" in done.err
    assert "is not known" not in done.err


def test_a_connection_that_ends_before_the_answer_leaves_the_outcome_to_the_log(
    whence: Whence, engine: Engine
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.close()

        thread = Thread(target=hang_up)
        thread.start()
        words = list(engine.words())
        words[words.index(engine.url)] = f"http://127.0.0.1:{server.getsockname()[1]}"
        done = whence("kill", *words)
        thread.join()
    assert (done.code, "the connection ended before its answer" in done.err) == (1, True), done


def test_without_any_door_each_one_is_named_with_what_it_lacks(whence: Whence, engine: Engine) -> None:
    words = list(engine.words("kafka://127.0.0.1:9/nothing"))
    words[words.index(engine.url)] = NOBODY
    done = whence("kill", *words)
    assert done.code == 1, done
    assert "no way to the engine is open. By the topic of requests: " in done.err
    assert f"By the API: no engine answers at {NOBODY}/graphql" in done.err


@pytest.mark.parametrize("content", [None, "", "two\nlines"], ids=["no file", "empty", "more than a token"])
def test_a_file_without_a_token_is_refused(
    whence: Whence, engine: Engine, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content, encoding="ascii")
    done = whence("kill", *engine.words(), "--token-file", str(file))
    assert (done.code, f"--token-file {file}" in done.err.replace("\n", "")) == (2, True), done

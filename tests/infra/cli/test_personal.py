"""Sealed personal texts as a person meets them: displayed with their key, in no export, and forgotten by an engine."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.sync.client import connect

from infra.cli import serving
from infra.cli.serving import ApiOptions, plan_of
from infra.config import load
from infra.run.api_plan import Hosted
from infra.run.manual import ManualRun
from infra.run.serve import Api
from tests.adversary.waiting import until
from tests.infra.cli.conftest import Completed, Whence
from tests.infra.cli.test_kill import NOBODY
from tests.infra.run.private_desk import ACTOR, REASON, PrivateDesk
from tests.infra.run.test_personal import trades

LOG = ("--log", "sqlite:///log.db")
_QUERY = "{ journal(first: 50) { edges { node { type actor line } } } }"
_PAGE = "{ orders { edges { node { id actor } } } }"
"""A page of columns only, which is answered without an execution from the second time on."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PrivateDesk:
    """A log of a person who has entered, closed, tripped the kill switch and reset it; the engine is stopped."""
    desk = PrivateDesk(tmp_path)
    monkeypatch.setenv("WHENCE_KEYS", str(desk.settings.keys))
    with desk.run():
        trades(desk)
    return desk


def forget(desk: PrivateDesk) -> str:
    """Removes the key of everything so far, as a forgetting engine does; returns its id."""
    (key_id,) = desk.keys.of("paper")
    assert desk.keys.remove("paper", key_id)
    return key_id


def printed(done: Completed) -> str:
    assert (done.code, done.err) == (0, ""), done
    return done.out


@pytest.mark.usefixtures("desk")
def test_log_explain_and_report_show_the_plain_texts_with_the_key_and_name_the_key_without(
    whence: Whence, desk: PrivateDesk
) -> None:
    commands = (
        ("log", *LOG),
        ("log", *LOG, "--json"),
        ("explain", "#2", *LOG),
        ("explain", "chain-of-trip", *LOG, "--full"),
    )
    chain = next(
        one.envelope.meta.correlation_id
        for one in desk.events()
        if one.envelope.meta.stream == "account-paper" and "~reason" in repr(one.envelope.event)
    )
    words = [[chain if word in ("#2", "chain-of-trip") else word for word in line] for line in commands]
    for line in words:
        shown = printed(whence(*line))
        assert ACTOR in shown, line
        assert REASON in shown, line
        assert "~reason." not in shown
    for form, spelled in (("html", "my doctor&#x27;s appointment"), ("json", REASON)):
        report = Path(printed(whence("report", *LOG, "--format", form)).strip()).read_text(encoding="utf-8")
        assert ACTOR in report
        assert spelled in report
        assert "~reason." not in report
    key_id = forget(desk)
    for line in words[:1]:
        shown = printed(whence(*line))
        assert f"[sealed: key {key_id} is not here]" in " ".join(shown.split())
        assert ACTOR not in shown


@pytest.mark.usefixtures("desk")
def test_a_damaged_key_is_named_in_a_warning_and_the_log_is_read_with_its_texts_sealed(
    whence: Whence, desk: PrivateDesk, caplog: pytest.LogCaptureFixture
) -> None:
    (file,) = (desk.keys.path / "paper").glob("*.key")
    secret = file.read_text()
    file.write_text(("1" if secret[0] == "0" else "0") + secret[1:])
    for words in (("log", *LOG), ("explain", "#2", *LOG)):
        done = whence(*words)
        assert done.code == 0, done.err
        assert ACTOR not in done.out
    assert "[sealed: key" in " ".join(whence("log", *LOG).out.split())
    assert "the keys of personal texts of paper are not used" in caplog.text


def test_exports_and_copies_hold_no_plain_text(whence: Whence, desk: PrivateDesk) -> None:
    printed(whence("export", "journal", *LOG, "--format", "csv"))
    whence("log", "export", "daily", *LOG)
    whence("log", "backup", "copy.db", *LOG)
    assert {"copy.db"} <= {one.name for one in desk.folder.iterdir()}
    assert list((desk.folder / "daily").iterdir())
    assert desk.files_with(ACTOR) == desk.files_with(REASON) == []
    assert any(name.endswith(".csv") for name in desk.files_with("~reason."))
    assert any(name.endswith(".jsonl") for name in desk.files_with("~reason."))


def test_checkpoints_proofs_and_replays_stay_valid_after_a_key_is_forgotten(
    whence: Whence, desk: PrivateDesk
) -> None:
    key = printed_key(whence)
    assert whence("notary", "run", "--once", *LOG, "--folder", "notary").code == 0
    signed = ("--key", key, "--checkpoints", "notary")
    tripped = str(next(one.ordinal for one in desk.events() if "KillSwitchTripped" in repr(one.envelope)))
    printed(whence("audit", "prove", tripped, *LOG, *signed, "--out", "proof"))
    forget(desk)
    assert whence("audit", "check", "proof", "--key", key).code == 0
    verified = whence("audit", "verify", *LOG, *signed)
    assert (verified.code, "are as they were signed" in verified.out) == (0, True)
    for again in (("replay", *LOG), ("replay", "--verify", *LOG)):
        assert whence(*again).code == 0, again


def printed_key(whence: Whence) -> str:
    return whence("notary", "key", *LOG, "--folder", "notary").out.strip()


@contextmanager
def served(desk: PrivateDesk) -> Generator[tuple[Api, ManualRun]]:
    with desk.run() as run:
        hosted = Hosted(run.door, "paper", "an engine")
        with Api(desk.settings, plan_of(ApiOptions(port=0)), hosted) as api:
            yield api, run


def queried(api: Api, kind: str) -> list[str]:
    """The answers to the query, once it has an event of this kind, and twice to the page."""
    answers = list[str]()

    def has_come() -> bool:
        answers.append(asked(api, _QUERY))
        return kind in answers[-1]

    until(has_come, f"the read models reach {kind}")
    return [answers[-1], asked(api, _PAGE), asked(api, _PAGE)]


def asked(api: Api, query: str) -> str:
    answer = httpx2.post(f"{api.url}/graphql", json={"query": query}).text
    assert "errors" not in answer
    return answer


def pushed(api: Api) -> str:
    """The messages of a subscription to the events so far, up to the reset."""
    address = api.url.replace("http", "ws", 1) + "/graphql"
    subscribe = {"query": "subscription { events(after: 0) { type actor line json } }"}
    received = list[Any]()
    with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        socket.send(json.dumps({"type": "connection_init"}))
        socket.recv(10)
        socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": subscribe}))
        while "KillSwitchReset" not in repr(received[-1:]):
            received.append(json.loads(socket.recv(10)))
    return json.dumps(received)


def test_queries_and_messages_show_the_plain_texts_until_a_shell_forgets_the_key(
    whence: Whence, desk: PrivateDesk
) -> None:
    with served(desk) as (api, run):
        shown = [*queried(api, "KillSwitchReset"), pushed(api)]
        assert [ACTOR in answer for answer in shown] == [True] * 4
        assert [REASON in answer for answer in shown] == [True, False, False, True]
        assert "~reason." not in "".join(shown)
        (key_id,) = whence("personal", "list").out.splitlines()
        with ThreadPoolExecutor(1) as pool:
            words = ("personal", "forget", key_id, "--reason", "eve has left", "--api", api.url, *LOG)
            sent = pool.submit(whence, *words)
            while not sent.done():
                run.attend(0.01)
        assert sent.result().out.startswith(f"the key {key_id} is forgotten;"), sent.result()
        shown = [*queried(api, "PersonalKeyForgotten"), pushed(api)]
        assert [f"[sealed: key {key_id} is not here]" in answer for answer in shown] == [True] * 4
        assert ACTOR not in "".join(shown)


def _plays(whence: Whence) -> None:
    assert whence("paper", "--symbol", "BTCUSDT", "--bars", "20").code == 0


def _ends(*_parts: object) -> None: ...


def _serves(_whence: Whence) -> None:
    """The engine of an API that is stopped before it serves."""
    serving.serve(load(), plan_of(ApiOptions(port=0)))


def _trades(whence: Whence) -> None:
    """A start that ends at its first query, because no exchange is at this address."""
    words = ("live", "--instruments", "BTCUSDT", "--address", NOBODY, "--port", "0")
    assert "the connection is refused" in whence(*words).err


@pytest.mark.parametrize("run", [_plays, _serves, _trades])
def test_each_program_with_an_engine_seals_where_the_setting_says_so(
    run: Callable[[Whence], None], whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_trade", _ends)
    monkeypatch.setattr(serving, "configure", logging.getLogger(__name__).setLevel)
    for name, value in (("KEYS", str(tmp_path / "keys")), ("SEAL_PERSONAL", "true")):
        monkeypatch.setenv(f"WHENCE_{name}", value)
    for name in ("BYBIT_API_KEY", "BYBIT_API_SECRET"):
        monkeypatch.setenv(name, "demo")
    run(whence)
    assert len(whence("personal", "list").out.splitlines()) == 1

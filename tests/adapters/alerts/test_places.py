"""Webhook, command and heartbeat: what confirms a message, what does not, and what their errors may show."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from adapters.alerts.command import Command
from adapters.alerts.heartbeat import Heartbeat
from adapters.alerts.notice import Message, Notice
from adapters.alerts.place import Undelivered
from adapters.alerts.webhook import Webhook, key_of
from projections.severity import Severity
from tests.adapters.alerts.receiver import Receiver, receiving

NOTICE = Notice(
    id="e-1",
    account="paper",
    severity=Severity.CRITICAL,
    kind="KILL_SWITCH_TRIPPED",
    subject="account-paper",
    line="enough “for” today",
    stream="account-paper",
    chain="c-1",
    at=datetime(2026, 3, 2, 14, tzinfo=UTC),
    ordinal=17,
)
MESSAGE = Message(notice=NOTICE, count=1, repeat=0)
KEY = base64.b64encode(b"a key of thirty-two bytes length").decode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_a_webhook_posts_the_notice_as_json(receiver: Receiver) -> None:
    Webhook(receiver.url).deliver(MESSAGE)
    (request,) = receiver.requests
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "id": "e-1",
        "account": "paper",
        "severity": "CRITICAL",
        "kind": "KILL_SWITCH_TRIPPED",
        "line": "enough “for” today",
        "stream": "account-paper",
        "chain": "c-1",
        "at": "2026-03-02T14:00:00+00:00",
        "ordinal": 17,
        "count": 1,
        "repeat": 0,
    }
    assert "webhook-signature" not in request.headers


@pytest.mark.parametrize(("secret", "key"), [(f"whsec_{KEY}", base64.b64decode(KEY)), ("plain", b"plain")])
def test_a_signature_is_the_hmac_of_id_time_and_body(receiver: Receiver, secret: str, key: bytes) -> None:
    Webhook(receiver.url, secret, clock=lambda: 1_772_000_000.9).deliver(MESSAGE)
    (request,) = receiver.requests
    assert (request.headers["webhook-id"], request.headers["webhook-timestamp"]) == ("e-1:0", "1772000000")
    signed = b"e-1:0.1772000000." + request.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"


def test_a_secret_whose_base64_is_invalid_is_refused() -> None:
    with pytest.raises(ValueError, match="is base64 after it"):
        key_of("whsec_not base64!")


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500, 503])
def test_a_status_other_than_2xx_does_not_confirm_and_a_redirect_is_not_followed(
    receiver: Receiver, status: int
) -> None:
    receiver.statuses.append(status)
    with pytest.raises(Undelivered, match=f"answered with status {status}"):
        Webhook(receiver.url).deliver(MESSAGE)
    assert [request.path for request in receiver.requests] == ["/alerts"]


def test_an_error_of_a_webhook_does_not_show_its_url(receiver: Receiver) -> None:
    receiver.statuses.append(0)
    for url in (f"{receiver.url}/T0KEN", "http://127.0.0.1:9/T0KEN", "http://no-such-host.invalid/T0KEN"):
        with pytest.raises(Undelivered) as fault:
            Webhook(url).deliver(MESSAGE)
        assert "T0KEN" not in str(fault.value)
        assert fault.value.__suppress_context__


@pytest.mark.parametrize("endless", ["big", "drip"])
def test_a_body_without_end_does_not_delay_the_confirmation(receiver: Receiver, endless: str) -> None:
    receiver.bodies.append(endless)
    began = time.monotonic()
    Webhook(receiver.url).deliver(MESSAGE)
    assert time.monotonic() - began < 5


def test_a_command_gets_the_message_on_its_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "received"
    script = f"import sys; open({str(file)!r}, 'wb').write(sys.stdin.buffer.read())"
    Command([sys.executable, "-c", script]).deliver(MESSAGE)
    assert file.read_bytes() == MESSAGE.body()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import sys; sys.exit(3)", r"ended with exit code 3$"),
        ("import sys; sys.exit('no\\x1b[31m display')", r"ended with exit code 1: no \[31m display$"),
        ("import time; time.sleep(60)", r"did not end within 0\.5 s$"),
    ],
)
def test_a_command_that_fails_does_not_confirm(script: str, reason: str) -> None:
    with pytest.raises(Undelivered, match=reason):
        Command([sys.executable, "-c", script], seconds=0.5 if "sleep" in script else 30).deliver(MESSAGE)


def test_the_output_of_a_command_is_not_kept() -> None:
    with pytest.raises(Undelivered, match=r"yes did not end within 0\.5 s"):
        Command(["yes"], seconds=0.5).deliver(MESSAGE)


def test_a_command_that_leaves_a_child_behind_has_confirmed(tmp_path: Path) -> None:
    script = f"(sleep 20 &) ; cat >> {tmp_path / 'received'}; exit 0"
    Command(["/bin/sh", "-c", script], seconds=10).deliver(MESSAGE)
    assert (tmp_path / "received").read_bytes() == MESSAGE.body()


def test_a_command_that_is_killed_is_killed_with_the_programs_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(Undelivered, match="did not end"):
        Command(["/bin/sh", "-c", f"sleep 30 & echo $! > {tmp_path / 'pid'}; wait"], seconds=1).deliver(
            MESSAGE
        )
    child = int((tmp_path / "pid").read_text())
    with suppress(psutil.NoSuchProcess):
        psutil.Process(child).wait(5)


def test_a_command_that_does_not_exist_is_reported() -> None:
    with pytest.raises(Undelivered, match="cannot be run: No such file"):
        Command(["/no/such/program"]).deliver(MESSAGE)


def test_a_command_is_not_run_by_a_shell(tmp_path: Path) -> None:
    Command([sys.executable, "-c", "pass", f"; touch {tmp_path / 'made'}"]).deliver(MESSAGE)
    assert not (tmp_path / "made").exists()


def test_a_heartbeat_follows_a_redirect_and_refuses_an_error(receiver: Receiver) -> None:
    receiver.statuses.extend([302, 200, 500])
    heartbeat = Heartbeat(receiver.url)
    heartbeat.beat()
    with pytest.raises(Undelivered, match="status 500"):
        heartbeat.beat()
    assert [request.path for request in receiver.requests] == ["/alerts", "/elsewhere", "/alerts"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/x", "the connection was refused, or its host cannot be reached"),
        ("http://no-such-host.invalid/x", "its host's name is not known"),
    ],
)
def test_a_place_that_does_not_answer_is_reported_in_plain_words(url: str, reason: str) -> None:
    with pytest.raises(Undelivered, match=f"did not answer: {reason}$"):
        Webhook(url).deliver(MESSAGE)
    with pytest.raises(Undelivered, match=f"did not answer: {reason}$"):
        Heartbeat(url).beat()

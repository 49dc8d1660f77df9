"""The running program with the snapshot of its log: it is killed, and the snapshot is changed while it does not run."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from tests.journeys.program import whence
from tests.journeys.serving import Started, started

TRIP = """mutation { tripKillSwitch(request: {idempotencyKey: "k1"}, reason: "enough") {
  __typename ... on Completed { repeated events { ordinal type } } } }"""


def trip(api: Started, token: str) -> dict[str, Any]:
    """Trips the kill switch with the same key each time; returns the answer."""
    answer: dict[str, Any] = api.query(TRIP, token)["data"]["tripKillSwitch"]
    assert answer.pop("__typename") == "Completed"
    return answer


def logged(api: Started) -> list[str]:
    """What the program has logged of the snapshot."""
    return [str(line["event"]) for line in api.logged if "snapshot" in str(line["event"])]


def test_a_repeated_request_has_its_first_answer_whatever_happened_to_the_snapshot(tmp_path: Path) -> None:
    assert whence(tmp_path, "paper", "--bars", "5000").returncode == 0
    token = whence(tmp_path, "tokens", "create", "desk", "--role", "trader").stdout.strip()
    snapshot = tmp_path / "whence.db.snapshot"
    with started(tmp_path) as api:
        assert logged(api) == [], "there is no snapshot yet"
        first = trip(api, token)
        assert not first["repeated"]
        assert api.stop()[0] == 0
    assert stat.S_IMODE(snapshot.stat().st_mode) == 0o600
    with started(tmp_path) as api:
        (line,) = logged(api)
        assert f"are those of the snapshot {snapshot}" in line
        assert trip(api, token) == first | {"repeated": True}
        api.program.kill()
    content = bytearray(snapshot.read_bytes())
    content[len(content) // 2] ^= 1
    snapshot.write_bytes(content)
    with started(tmp_path) as api:
        (line,) = logged(api)
        assert "is not used, and the whole log is read: its content was changed or cut off" in line
        assert trip(api, token) == first | {"repeated": True}

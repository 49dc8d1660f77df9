"""`whence routes`: open routes are listed from the log, and one is ended by a request to the engine."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from adapters.log.sqlite import open_sqlite
from commands.request import EndRoute
from tests.commands.list_log import codec
from tests.commands.requests.asking import Asking
from tests.commands.requests.routed import AWAY, routed
from tests.domain.history import ACCOUNT
from tests.infra.cli.conftest import Whence
from tests.infra.cli.test_kill import Engine, engine

__all__ = ["engine"]


def test_open_routes_are_listed_with_what_the_other_engine_has_reported(
    whence: Whence, tmp_path: Path
) -> None:
    eve = Asking()
    chain = routed(eve)
    with closing(open_sqlite(tmp_path / "log.db", codec())) as log:
        log.append(eve.desk.log.envelopes)
    words = ("--log", f"sqlite:///{tmp_path / 'log.db'}", "--account", ACCOUNT)
    done = whence("routes", *words)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{chain}  ")
    assert done.out.endswith(f"ENTER LONG in {AWAY}, unanswered\n")
    (row,) = json.loads(whence("routes", "--json", *words).out)
    assert (row["route"], row["state"], row["signal"]) == (chain, "unanswered", "")


def test_a_log_without_open_routes_is_stated(whence: Whence, engine: Engine) -> None:
    done = whence("routes", "--log", engine.log, "--account", ACCOUNT)
    assert (done.code, done.out) == (0, "no route is open\n")


def test_the_end_of_a_route_is_requested_with_the_reason_and_the_statement(
    whence: Whence, engine: Engine
) -> None:
    done = whence("routes", "end", "c1", "--nothing-held", *engine.words(reason="that machine is gone"))
    assert (done.code, done.err) == (0, "")
    assert done.out == "the route c1 is ended; nothing is open\n"
    assert engine.door.sent[-1].request == EndRoute("c1", "that machine is gone", nothing_held=True)

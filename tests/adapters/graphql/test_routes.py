"""Routes to other engines by GraphQL: the open ones are those of `whence routes`, and ended ones are listed, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import create_engine
from typer.testing import CliRunner

from adapters.graphql.context import Served
from adapters.graphql.readers import Readers
from adapters.log.sqlite import open_sqlite
from commands.signal import EndRoute, ReportRoute
from infra.cli import application
from projections.bookkeeping import METADATA
from projections.source import ReadModels
from projections.store import prepare, writing
from tests.adapters.graphql.reading import Reading
from tests.commands.list_log import codec
from tests.commands.requests.asking import Asking
from tests.commands.requests.routed import AWAY, routed
from tests.commands.test_routing import REFUSED, TAKEN
from tests.domain.history import ACCOUNT, BTC
from tests.projections.stores import WrittenLog, built

ROUTES = """query Routes($where: RouteFilter, $at: AsOfInput, $first: Int, $after: String) {
  routes(where: $where, asOf: $at, direction: ASC, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      account chainId owner proposed instrument direction intent price stop target state isOpen signalThere reasons
      endReason endedBy routedAt reportedAt endedAt ordinal signal { id strategy } chain { type }
    } }
  }
}"""


@dataclass
class Routed:
    """A log with a route in each state, by its name, and the same log in a file."""

    reading: Reading
    chains: dict[str, str]
    address: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Routed]:
    folder = tmp_path_factory.mktemp("routes")
    eve = Asking()
    chains = {name: routed(eve, name) for name in ("refused", "gone", "taken", "open")}
    for name, report in (("refused", REFUSED), ("taken", TAKEN)):
        eve.desk.ask(ReportRoute(chains[name], report), cause=f"exchange:{AWAY}:{name}:{report.outcome}")
    eve.desk.ask(EndRoute(chains["gone"], "that machine is gone"), cause="command:end", actor="eve")
    log = WrittenLog(eve.desk.log.envelopes)
    with closing(open_sqlite(folder / "log.db", codec())) as file:
        file.append(log.envelopes)
    engine = prepare(create_engine(f"sqlite:///{folder / 'read.db'}"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    models = ReadModels(engine, built(engine, log).projections, log=log)
    with closing(Readers(1)) as readers:
        reading = Reading(log, engine, models, Served(models, codec().decode, readers))
        yield Routed(reading, chains, f"sqlite:///{folder / 'log.db'}")
    engine.dispose()


def test_the_open_routes_are_the_rows_of_whence_routes(served: Routed) -> None:
    words = ["routes", "--json", "--log", served.address, "--account", ACCOUNT]
    done = CliRunner().invoke(application(), words)
    assert done.exit_code == 0, done.output
    by_shell = json.loads(done.output)
    found = served.reading.query(ROUTES, where={"isOpen": True})["routes"]["edges"]
    by_api = [
        {
            "route": one["chainId"],
            "routed_at": datetime.fromisoformat(one["routedAt"]).isoformat(timespec="seconds"),
            "owner": one["owner"],
            "intent": one["intent"],
            "direction": one["direction"],
            "instrument": one["instrument"],
            "proposed": one["proposed"],
            "state": one["state"].lower(),
            "signal": one["signalThere"],
        }
        for one in (edge["node"] for edge in found)
    ]
    assert by_api == by_shell
    assert [one["route"] for one in by_api] == [served.chains["taken"], served.chains["open"]]


def test_routes_that_are_over_have_the_reasons_of_the_other_engine_or_of_a_person(served: Routed) -> None:
    found = served.reading.query(ROUTES, where={"isOpen": False})["routes"]
    refused, gone = (one["node"] for one in found["edges"])
    assert found["totalCount"] == 2
    assert (refused["chainId"], refused["state"]) == (served.chains["refused"], "REFUSED")
    assert (refused["reasons"], refused["signalThere"]) == (list(REFUSED.reasons), REFUSED.signal)
    assert (gone["chainId"], gone["state"]) == (served.chains["gone"], "ENDED_BY_PERSON")
    assert (gone["endReason"], gone["endedBy"]) == ("that machine is gone", "eve")
    assert None not in (refused["endedAt"], gone["endedAt"])


def test_a_route_has_its_signal_and_the_events_of_its_chain(served: Routed) -> None:
    (edge,) = served.reading.query(ROUTES, where={"chain": served.chains["taken"]})["routes"]["edges"]
    route = edge["node"]
    assert route["signal"] == {"id": served.chains["taken"], "strategy": route["owner"]}
    types = [one["type"] for one in route["chain"]]
    assert types == ["SignalDetected", "DecisionMade", "SignalRouted", "RouteReported"]


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ({}, ["refused", "gone", "taken", "open"]),
        ({"state": "TAKEN"}, ["taken"]),
        ({"instrument": AWAY, "proposed": BTC, "intent": "ENTER", "direction": "LONG"}, None),
        ({"instrument": BTC}, []),
        ({"owner": "nobody"}, []),
        ({"account": "nobody"}, []),
        ({"intent": "EXIT"}, []),
    ],
)
def test_a_filter_leaves_the_routes_that_meet_it(
    served: Routed, where: dict[str, object], names: list[str] | None
) -> None:
    found = served.reading.query(ROUTES, where=where)["routes"]["edges"]
    expected = served.chains.values() if names is None else [served.chains[one] for one in names]
    assert [one["node"]["chainId"] for one in found] == list(expected)


def test_routes_are_paged(served: Routed) -> None:
    first = served.reading.query(ROUTES, first=3)["routes"]
    rest = served.reading.query(ROUTES, first=3, after=first["pageInfo"]["endCursor"])["routes"]
    assert (len(first["edges"]), first["pageInfo"]["hasNextPage"]) == (3, True)
    assert [one["node"]["chainId"] for one in rest["edges"]] == [served.chains["open"]]


def test_as_of_the_event_before_its_report_a_route_is_unanswered(served: Routed) -> None:
    where = {"chain": served.chains["refused"]}
    events = served.reading.events()
    (at,) = [
        one.ordinal
        for one in events
        if type(one.envelope.event).__name__ == "RouteReported"
        and one.envelope.meta.correlation_id == where["chain"]
    ]
    states = [
        edge["node"]["state"]
        for ordinal in (at - 1, at)
        for edge in served.reading.query(ROUTES, where=where, at={"ordinal": ordinal})["routes"]["edges"]
    ]
    assert states == ["UNANSWERED", "REFUSED"]

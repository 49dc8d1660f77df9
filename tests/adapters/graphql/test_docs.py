"""Runs each query and the order of docs/graphql.md on the demo's log, with the default limits."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from graphql import build_schema, parse, validate

from adapters.avro import AvroCodec
from adapters.graphql.context import Context, Served
from adapters.graphql.desk import Desk
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.schema import printed, schema
from adapters.played import SqlitePlayed
from commands.caller import ANONYMOUS
from commands.door import Answer
from commands.request import Requested
from domain.adjusting import names
from domain.settings import Settings
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.last_prices import played_prices
from infra.run.manual import ManualRun
from tests.adapters.graphql.dealing import CALLERS, models
from tests.adapters.graphql.dealing import SCHEMA as SENT
from tests.adapters.graphql.reading import Reading
from tests.infra.run.test_manual import BEGINNING

PAGE = Path(__file__).parents[3] / "docs" / "graphql.md"
_QUESTION = re.compile(
    r"^## (?P<title>\d+\. .+?)$.*?```graphql\n(?P<query>.*?)```(?:\n```json\n(?P<variables>.*?)```)?",
    re.DOTALL | re.MULTILINE,
)
SCHEMA = schema(limiting(Limits()))


class Question(NamedTuple):
    """One question of the page, with its query and variables."""

    title: str
    query: str
    variables: dict[str, Any]


def questions() -> list[Question]:
    found = _QUESTION.finditer(PAGE.read_text(encoding="utf-8"))
    return [Question(one["title"], one["query"], json.loads(one["variables"] or "{}")) for one in found]


def entries(data: Any) -> list[Any]:
    return [edge["node"] for edge in data["edges"]]


def _open(data: Any) -> None:
    (position,) = entries(data["positions"])
    assert (position["id"], data["positions"]["totalCount"]) == ("ETHUSDT-LINEAR.BYBIT-LONG-4", 1)
    assert Decimal(position["stop"]) < Decimal(position["averagePrice"]) < Decimal(position["target"])
    assert position["signal"]["strategy"] == "trend"


def _lost(data: Any) -> None:
    losses = entries(data["positions"])
    assert losses
    assert all(Decimal(one["net"]) < 0 and one["exitReason"] == "STOP" for one in losses)
    assert all(len(one["fills"]) >= 2 and one["decision"]["reasons"] == ["ALL_APPROVE"] for one in losses)


def _skipped(data: Any) -> None:
    assert data["objections"][0]["member"] == "confidence"
    decisions = entries(data["decisions"])
    assert len(decisions) == 10 < data["decisions"]["totalCount"]
    assert all(one["votes"] and one["votes"][0]["figures"] for one in decisions)


def _book(data: Any) -> None:
    decisions = entries(data["decisions"])
    assert len(decisions) == 20 < data["decisions"]["totalCount"]
    assert decisions[0]["decidedAt"] <= "2025-01-13T14:00:00.000000Z"
    assert data["accounts"][0]["ordinal"] <= decisions[0]["ordinal"] + 50


def _why(data: Any) -> None:
    lines = "\n".join(data["explain"]["lines"])
    assert "trend says ENTER LONG ETHUSDT-LINEAR.BYBIT" in lines
    assert "ALPHA confidence says yes" in lines
    assert "PositionOpened" in lines
    assert "PositionClosed" in "\n".join(data["chain"]["lines"])
    assert data["chain"]["roots"][0].startswith("candle:ETHUSDT-LINEAR.BYBIT")
    facts = data["explanation"]
    assert facts["kind"] == "client order id"
    assert facts["decisions"][0] == {"isTraded": True, "toPass": []}
    assert facts["orders"][0]["slippage"]["basisPoints"]
    assert facts["positions"][0]["reason"] in {"STOP", "TARGET"}


def _best(data: Any) -> None:
    (strategy,), (total,) = data["byStrategy"], data["all"]
    assert (strategy["value"], strategy["net"]) == ("trend", total["net"])
    assert total["sharpe"] is None, "the demo has fewer than thirty days"


def _fees(data: Any) -> None:
    assert len(data["performance"]) == 3
    assert all(Decimal(one["fees"]) > 0 for one in data["performance"])
    paid = [Decimal(one["fee"]) for one in entries(data["fills"])]
    assert len(paid) == 5
    assert paid == sorted(paid, reverse=True)


def _stake(data: Any) -> None:
    (account,) = data["accounts"]
    assert account["openPositions"] == 1
    assert Decimal(account["exposure"]) > Decimal(account["openRisk"]) > 0
    assert account["settings"]["risk"]["max_positions"] > 0


def _resting(data: Any) -> None:
    orders = entries(data["orders"])
    assert {one["purpose"] for one in orders} == {"STOP", "TARGET"}
    assert all(one["held"]["id"] == "ETHUSDT-LINEAR.BYBIT-LONG-4" for one in orders)


def _since(data: Any) -> None:
    assert data["alerts"] == {"totalCount": 0, "edges": []}
    lines = [one["line"] for one in entries(data["journal"])]
    assert lines
    assert all("net" in line for line in lines)
    assert entries(data["equity"])[0]["drawdown"] > 0
    assert all(one["parkedEvents"] == 0 and one["ordinal"] > 500 for one in data["projections"])


def _rules(data: Any) -> None:
    (rules,) = data["instruments"]
    assert rules["instrument"] == "BTCUSDT-LINEAR.BYBIT"
    assert Decimal(rules["lot"]) <= Decimal(rules["minQuantity"]) < Decimal(rules["maxQuantity"])
    assert Decimal(rules["tick"]) > 0
    assert rules["origin"] == "real"


ANSWERS: Mapping[str, Callable[[Any], None]] = {
    "1": _open,
    "2": _lost,
    "3": _skipped,
    "4": _book,
    "5": _why,
    "6": _best,
    "7": _fees,
    "8": _stake,
    "9": _resting,
    "10": _since,
    "11": _rules,
}


def test_every_operation_on_the_page_is_valid_in_the_schema() -> None:
    documents = re.findall(r"```graphql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(documents) == len(ANSWERS) + 13
    for document in documents:
        assert validate(build_schema(printed()), parse(document)) == []


def test_the_page_names_every_setting_that_can_be_changed() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Change a setting")[2].partition("| names |")[2]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [name for cell in first_cells for name in re.findall(r"`([a-z_.]+)`", cell)]
    assert sorted(named) == sorted(names(Settings()))


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.title)
def test_the_query_of_each_question_returns_the_expected_values(reading: Reading, question: Question) -> None:
    context = Context(ANONYMOUS, reading.served)
    result: Any = asyncio.run(SCHEMA.execute(question.query, question.variables, context_value=context))
    assert result.errors is None
    ANSWERS[question.title.partition(".")[0]](result.data)


class RunDoor:
    """A `Door` whose requests the run answers at once."""

    def __init__(self, run: ManualRun) -> None:
        self._run = run

    def ask(self, requested: Requested, patience: float) -> Answer:
        return self._run.answer(requested)


def test_the_order_on_the_page_is_drafted_and_placed_on_the_demos_log(demo_log: str, tmp_path: Path) -> None:
    """Both mutations are pasted with the variables of the page, and give the responses of the page."""
    section = PAGE.read_text(encoding="utf-8").partition("## Place an order")[2].partition("\n## ")[0]
    draft, place, _mine = re.findall(r"```graphql\n(.*?)```", section, re.DOTALL)
    wanted, drafted, confirmed, placed = map(json.loads, re.findall(r"```json\n(.*?)```", section, re.DOTALL))
    path = tmp_path / "mine.db"
    shutil.copy(demo_log.removeprefix("sqlite:///"), path)
    with closing(open_owned(WhenceSettings(log=f"sqlite:///{path}"))) as log:
        run = ManualRun(log, BEGINNING, lambda _envelope: None, feed=played_prices(SqlitePlayed(path)))
        desk = Desk(RunDoor(run), "paper")
        served = Served(models(), AvroCodec().decode, desk=desk)
        answer = _answered(served, draft, wanted)
        expected = drafted["data"]["draftOrder"]
        assert answer | {name: expected[name] for name in ("confirmation", "expiresAt")} == expected
        confirmation = {"key": confirmed["key"], "confirmation": answer["confirmation"]}
        assert _answered(served, place, confirmation) == placed["data"]["placeOrder"]
        desk.close()


def _answered(served: Served, document: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The data of the only field of a mutation that a trader sends."""
    context = Context(CALLERS["trader"], served)
    result: Any = asyncio.run(SENT.execute(document, variables, context_value=context))
    assert result.errors is None, result.errors
    (data,) = result.data.values()
    found: dict[str, Any] = data
    return found


def test_the_page_has_exactly_the_ten_questions_tested_here() -> None:
    assert [question.title.partition(".")[0] for question in questions()] == list(ANSWERS)

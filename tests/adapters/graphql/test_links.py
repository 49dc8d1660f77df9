"""Links between objects return the right objects, with the same number of SQL statements for any length of a list."""

from __future__ import annotations

import pytest

from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed, PositionOpened
from domain.streams import parse
from tests.adapters.graphql.reading import Reading

NESTED = """query ($first: Int) {
  orders(first: $first) {totalCount edges {node {
    id signal {id decision {id}} decision {votes {member}} fills {ordinal order {id}} parent {id}
    held {id entryOrder {id}} chain(first: 5) {id cause {id} caused {id}}
  }}}
  positions(first: $first) {edges {node {
    id signal {orders {id}} decision {id signal {id}} orders(first: 9) {id held {id}}
    fills(first: 9) {price event {line}} chain(first: 9) {line}
  }}}
  decisions(first: $first) {edges {node {id orders {id} chain(first: 3) {line}}}}
  alerts(first: $first) {edges {node {line event {json}}}}
}"""


def test_a_longer_list_with_links_is_read_with_the_same_number_of_statements(reading: Reading) -> None:
    counts: dict[int, list[str]] = {}
    reading.query(NESTED, first=6)  # reads the key of the cursors, once for all requests
    for first in (6, 60):
        with reading.statements() as counts[first]:
            reading.query(NESTED, first=first)
    few, many = counts[6], counts[60]
    assert len(many) == len(few), [one for one in many if one not in few]
    assert len(few) < 40


def test_an_order_links_to_its_signal_its_decision_and_its_fills(reading: Reading) -> None:
    log = reading.events()
    filled: dict[str, list[int]] = {}
    for one in log:
        if isinstance(one.envelope.event, OrderFilled):
            filled.setdefault(parse(one.envelope.meta.stream).id, []).append(one.ordinal)
    document = """{orders(first: 200) {edges {node {
        id chainId parentId parent {id} signal {id} decision {id} fills {ordinal order {id}}}}}}"""
    nodes = [edge["node"] for edge in reading.query(document)["orders"]["edges"]]
    assert len(nodes) == sum(isinstance(one.envelope.event, OrderPlaced) for one in log)
    for node in nodes:
        assert node["signal"] == node["decision"] == {"id": node["chainId"]}
        assert node["parent"] == (node["parentId"] and {"id": node["parentId"]})
        assert [fill["ordinal"] for fill in node["fills"]] == filled.get(node["id"], [])
        assert all(fill["order"] == {"id": node["id"]} for fill in node["fills"])


def test_a_position_links_to_its_fills_and_orders(reading: Reading) -> None:
    log = reading.events()
    ids = {str(one.envelope.meta.event_id): one.ordinal for one in log}
    made: dict[str, list[int]] = {}
    for one in log:
        if isinstance(one.envelope.event, PositionOpened | PositionClosed):
            meta = one.envelope.meta
            made.setdefault(parse(meta.stream).id, []).append(ids[meta.causation_id])
    document = """{positions(first: 200) {edges {node {
        id entryOrderId entryOrder {id} fills {ordinal} orders {id purpose parentId held {id}}}}}}"""
    nodes = [edge["node"] for edge in reading.query(document)["positions"]["edges"]]
    assert {node["id"]: [fill["ordinal"] for fill in node["fills"]] for node in nodes} == made
    for node in nodes:
        assert node["entryOrder"] == {"id": node["entryOrderId"]}
        assert {one["id"] for one in node["orders"]} >= {node["entryOrderId"]}
        assert {order["purpose"] for order in node["orders"]} >= {"ENTRY", "STOP", "TARGET"}
        assert all(order["held"] == {"id": node["id"]} for order in node["orders"])


def test_a_nested_list_returns_its_first_entries_up_to_its_size(reading: Reading) -> None:
    """This holds even if another field of the document selects more entries of the same list."""
    document = """{one: positions(first: 3) {edges {node {id fills(first: 1) {ordinal}}}}
        all: positions(first: 3) {edges {node {id fills {ordinal}}}}}"""
    data = reading.query(document)
    for one, whole in zip(data["one"]["edges"], data["all"]["edges"], strict=True):
        assert len(whole["node"]["fills"]) > 1
        assert one["node"]["fills"] == whole["node"]["fills"][:1]


def test_an_event_links_to_its_cause_and_to_the_events_it_caused(reading: Reading) -> None:
    log = reading.events()
    document = (
        "{events(first: 200, direction: ASC) {edges {node {id causeId cause {id} caused(first: 200) {id}}}}}"
    )
    for edge in reading.query(document)["events"]["edges"]:
        node = edge["node"]
        inside = ":" not in node["causeId"]
        assert node["cause"] == ({"id": node["causeId"]} if inside else None)
        caused = [
            str(one.envelope.meta.event_id) for one in log if one.envelope.meta.causation_id == node["id"]
        ]
        assert [one["id"] for one in node["caused"]] == caused


def test_the_json_of_an_event_holds_all_its_fields(reading: Reading) -> None:
    data = reading.query('{events(first: 1, where: {types: ["OrderFilled"]}) {edges {node {ordinal json}}}}')
    (node,) = [edge["node"] for edge in data["events"]["edges"]]
    (recorded,) = [one for one in reading.events() if one.ordinal == node["ordinal"]]
    event = recorded.envelope.event
    assert isinstance(event, OrderFilled)
    assert node["json"] == {
        "execution_id": event.execution_id,
        "price": str(event.price),
        "quantity": str(event.quantity),
        "fee": str(event.fee),
        "fee_currency": event.fee_currency,
        "liquidity": event.liquidity.value,
    }


@pytest.mark.parametrize("noun", ["order", "position", "signal", "decision"])
def test_an_object_is_found_by_its_id_with_and_without_its_account(reading: Reading, noun: str) -> None:
    listed = reading.query(f"{{{noun}s(last: 1) {{edges {{node {{id account ordinal}}}}}}}}")
    (node,) = [edge["node"] for edge in listed[f"{noun}s"]["edges"]]
    document = (
        f"query ($id: ID!, $account: String) {{{noun}(id: $id, account: $account) {{id account ordinal}}}}"
    )
    assert reading.query(document, id=node["id"]) == {noun: node}
    assert reading.query(document, id=node["id"], account=node["account"]) == {noun: node}
    assert reading.query(document, id=node["id"], account="other") == {noun: None}
    assert reading.query(document, id="nothing") == {noun: None}

"""Tests of lists: the entries, the pages in every sort order, and every filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, build_schema

from adapters.graphql.schema import printed
from domain.account import AccountOpened, BalanceChanged
from domain.mark import AccountMarked
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionOpened
from domain.signal import DecisionMade, SignalDetected
from tests.adapters.graphql.reading import Reading

LISTS: Mapping[str, tuple[type, ...]] = {
    "orders": (OrderPlaced,),
    "fills": (OrderFilled,),
    "positions": (PositionOpened,),
    "signals": (SignalDetected,),
    "decisions": (DecisionMade,),
    "equity": (AccountOpened, BalanceChanged, AccountMarked),
}
"""For each list the types of events that create an entry."""

ORDERS: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "PLACED": "ordinal",
        "UPDATED": "updatedOrdinal",
        "QUANTITY": "quantity",
        "NOTIONAL": "notional",
        "INSTRUMENT": "instrument",
    },
    "fills": {
        "FILLED": "ordinal",
        "NOTIONAL": "notional",
        "QUANTITY": "quantity",
        "PRICE": "price",
        "FEE": "fee",
    },
    "positions": {
        "OPENED": "ordinal",
        "UPDATED": "updatedOrdinal",
        "NET": "net",
        "COST": "cost",
        "FEES": "fees",
        "QUANTITY": "maxQuantity",
        "INSTRUMENT": "instrument",
    },
    "signals": {
        "DETECTED": "ordinal",
        "CONFIDENCE": "confidence",
        "TREND": "trend",
        "INSTRUMENT": "instrument",
    },
    "decisions": {
        "DECIDED": "ordinal",
        "APPROVALS": "approvals",
        "REJECTIONS": "rejections",
        "QUANTITY": "quantity",
        "INSTRUMENT": "instrument",
    },
    "equity": {"RECORDED": "ordinal", "BALANCE": "balance", "AMOUNT": "amount", "DRAWDOWN": "drawdown"},
    "alerts": {"RAISED": "ordinal"},
    "discrepancies": {"FOUND": "ordinal", "UPDATED": "updatedOrdinal"},
    "events": {"RECORDED": "ordinal"},
    "journal": {"RECORDED": "ordinal"},
}
"""The sort orders of each list, and for each order the field that holds the value."""

EVERY_ORDER = [(name, by, field) for name, orders in ORDERS.items() for by, field in orders.items()]


def nodes(reading: Reading, name: str, arguments: str, fields: str) -> list[dict[str, Any]]:
    found = reading.query(f"{{{name}({arguments}) {{edges {{node {{{fields}}}}}}}}}")
    return [edge["node"] for edge in found[name]["edges"]]


def value_of(field: str, shown: Any) -> Any:
    """The value by which the list is ordered: money is returned as text but ordered as a number."""
    is_money = isinstance(shown, str) and field != "instrument"
    return Decimal(shown) if is_money else shown


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_an_entry_for_each_event_that_creates_one(reading: Reading, name: str) -> None:
    begun = [one.ordinal for one in reading.events() if isinstance(one.envelope.event, LISTS[name])]
    assert begun
    found = reading.query(f"{{{name}(first: 200, direction: ASC) {{totalCount edges {{node {{ordinal}}}}}}}}")
    assert found[name]["totalCount"] == len(begun)
    assert [edge["node"]["ordinal"] for edge in found[name]["edges"]] == begun[:200]


def test_events_and_journal_list_every_event_of_the_log(reading: Reading) -> None:
    log = reading.events()
    for name in ("events", "journal"):
        shown = nodes(reading, name, "direction: ASC, first: 200", "ordinal type id stream version")
        assert [(one["ordinal"], one["type"], one["id"], one["stream"], one["version"]) for one in shown] == [
            (
                one.ordinal,
                type(one.envelope.event).__name__,
                str(one.envelope.meta.event_id),
                one.envelope.meta.stream,
                one.envelope.meta.version,
            )
            for one in log[:200]
        ]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize(("name", "by", "field"), EVERY_ORDER)
def test_pages_in_every_order_return_each_entry_once(
    reading: Reading, name: str, by: str, field: str, direction: str
) -> None:
    """This holds although a page may end between two equal values. Ascending lists are read forwards, descending lists
    backwards."""
    document = """query ($first: Int, $after: String, $last: Int, $before: String) {%s(
        where: {afterOrdinal: 40}, orderBy: %s, direction: %s, first: $first, after: $after, last: $last,
        before: $before
    ) {edges {cursor node {ordinal %s}} pageInfo {hasNextPage hasPreviousPage startCursor endCursor}}}"""
    document_of_list = document % (name, by, direction, field)
    whole = reading.query(document_of_list, first=110)[name]["edges"]
    values = [(value_of(field, edge["node"][field]), edge["node"]["ordinal"]) for edge in whole]
    assert values == sorted(values, reverse=direction == "DESC")
    if direction == "ASC":
        there = _walk(
            reading, document_of_list, name, ("first", "after", "endCursor", "hasNextPage"), len(whole)
        )
        assert [edge["cursor"] for edge in there] == [edge["cursor"] for edge in whole]
    elif whole:
        back = reading.query(document_of_list, last=40, before=whole[-1]["cursor"])[name]
        assert back["edges"] == whole[:-1][-40:]
        assert back["pageInfo"]["hasPreviousPage"] is (len(whole) - 1 > 40)


SKIPPED = """query ($first: Int, $after: String, $last: Int, $before: String, $skip: Int! = 0, $account: String) {
    journal(
        where: {account: $account}, first: $first, after: $after, last: $last, before: $before, skip: $skip
    ) {edges {cursor node {ordinal}} pageInfo {hasNextPage hasPreviousPage}}}"""


@pytest.mark.parametrize("account", [None, "paper"], ids=["of all accounts", "of one account"])
def test_a_page_leaves_out_the_skipped_entries_after_its_cursor_or_before_it(
    reading: Reading, account: str | None
) -> None:
    def read(**given: object) -> dict[str, Any]:
        found: dict[str, Any] = reading.query(SKIPPED, account=account, **given)["journal"]
        return found

    whole = read(first=100)["edges"]
    assert len(whole) == 100
    assert read(first=10, skip=30)["edges"] == whole[30:40]
    assert read(first=10, after=whole[20]["cursor"], skip=30)["edges"] == whole[51:61]
    assert read(last=10, before=whole[50]["cursor"], skip=30)["edges"] == whole[10:20]
    assert read(first=10, skip=1)["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": True}
    assert read(first=10, skip=1_000_000) == {
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": True},
    }


def test_a_page_after_a_negative_number_of_skipped_entries_is_refused(reading: Reading) -> None:
    refused = ("BAD_INPUT", "`skip` is a number of entries from 0, not -1")
    assert reading.fault("{orders(skip: -1) {totalCount}}") == refused


def _walk(
    reading: Reading, document: str, name: str, words: tuple[str, str, str, str], upto: int
) -> list[dict[str, Any]]:
    size, place, end, more = words
    found: list[dict[str, Any]] = []
    cursor = None
    while len(found) < upto:
        page = reading.query(document, **{size: min(37, upto - len(found)), place: cursor})[name]
        found += page["edges"]
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        cursor = page["pageInfo"][end]
        if not page["pageInfo"][more]:
            break
    return found


Holds = Callable[[dict[str, Any], Any], bool]


def same(field: str) -> Holds:
    return lambda node, value: node[field] == value


def among(field: str) -> Holds:
    return lambda node, values: node[field] in values


def from_(field: str) -> Holds:
    return lambda node, value: value_of(field, node[field]) >= value_of(field, value)


def upto(field: str) -> Holds:
    return lambda node, value: value_of(field, node[field]) <= value_of(field, value)


def since(field: str) -> Holds:
    return lambda node, value: node[field] is not None and _time(node[field]) >= _time(value)


def before(field: str) -> Holds:
    return lambda node, value: node[field] is not None and _time(node[field]) < _time(value)


def _time(shown: str) -> datetime:
    return datetime.fromisoformat(shown)


def after(node: dict[str, Any], value: int) -> bool:
    return bool(node["ordinal"] > value)


_ORDER = (
    "account instrument side type purpose status chainId parentId actor reason reduceOnly notional placedAt "
    "ordinal"
)
_FILL = (
    "account instrument side purpose liquidity orderId chainId executionId feeCurrency notional at ordinal"
)
_POSITION = """account owner instrument direction status exitReason chainId closedByChainId entryOrderId net openedAt
    closedAt ordinal"""
_SIGNAL = """account strategy instrument intervalSeconds direction intent status verdict id actor confidence
    detectedAt ordinal"""
_DECISION = (
    "account strategy instrument direction verdict reasons tier chainId rejections decidedAt ordinal "
    "votes(approves: false) {member}"
)
_EVENT = "account type noun stream chainId causeId id actor source line occurredAt ordinal"

FILTERS: Mapping[str, tuple[str, Mapping[str, tuple[str, Holds]]]] = {
    "orders": (
        _ORDER,
        {
            "account": ("account", same("account")),
            "instrument": ("instrument", same("instrument")),
            "side": ("side", same("side")),
            "type": ("type", same("type")),
            "purpose": ("purpose", same("purpose")),
            "status": ("status", among("status")),
            "chain": ("chainId", same("chainId")),
            "parent": ("parentId", same("parentId")),
            "actor": ("actor", same("actor")),
            "reason": ("reason", same("reason")),
            "reduceOnly": ("reduceOnly", same("reduceOnly")),
            "minNotional": ("notional", from_("notional")),
            "maxNotional": ("notional", upto("notional")),
            "since": ("placedAt", since("placedAt")),
            "before": ("placedAt", before("placedAt")),
            "afterOrdinal": ("ordinal", after),
        },
    ),
    "fills": (
        _FILL,
        {
            "account": ("account", same("account")),
            "instrument": ("instrument", same("instrument")),
            "side": ("side", same("side")),
            "purpose": ("purpose", same("purpose")),
            "liquidity": ("liquidity", same("liquidity")),
            "orderId": ("orderId", same("orderId")),
            "chain": ("chainId", same("chainId")),
            "executionId": ("executionId", same("executionId")),
            "feeCurrency": ("feeCurrency", same("feeCurrency")),
            "minNotional": ("notional", from_("notional")),
            "maxNotional": ("notional", upto("notional")),
            "since": ("at", since("at")),
            "before": ("at", before("at")),
            "afterOrdinal": ("ordinal", after),
        },
    ),
    "positions": (
        _POSITION,
        {
            "account": ("account", same("account")),
            "instrument": ("instrument", same("instrument")),
            "direction": ("direction", same("direction")),
            "status": ("status", same("status")),
            "exitReason": ("exitReason", same("exitReason")),
            "owner": ("owner", same("owner")),
            "chain": ("chainId", lambda node, value: value in (node["chainId"], node["closedByChainId"])),
            "entryOrder": ("entryOrderId", same("entryOrderId")),
            "minNet": ("net", from_("net")),
            "maxNet": ("net", upto("net")),
            "since": ("openedAt", since("openedAt")),
            "before": ("openedAt", before("openedAt")),
            "closedSince": ("closedAt", since("closedAt")),
            "closedBefore": ("closedAt", before("closedAt")),
            "afterOrdinal": ("ordinal", after),
        },
    ),
    "signals": (
        _SIGNAL,
        {
            "account": ("account", same("account")),
            "strategy": ("strategy", same("strategy")),
            "instrument": ("instrument", same("instrument")),
            "intervalSeconds": ("intervalSeconds", same("intervalSeconds")),
            "direction": ("direction", same("direction")),
            "intent": ("intent", same("intent")),
            "status": ("status", same("status")),
            "verdict": ("verdict", same("verdict")),
            "chain": ("id", same("id")),
            "actor": ("actor", same("actor")),
            "minConfidence": ("confidence", from_("confidence")),
            "since": ("detectedAt", since("detectedAt")),
            "before": ("detectedAt", before("detectedAt")),
            "afterOrdinal": ("ordinal", after),
        },
    ),
    "decisions": (
        _DECISION,
        {
            "account": ("account", same("account")),
            "strategy": ("strategy", same("strategy")),
            "instrument": ("instrument", same("instrument")),
            "direction": ("direction", same("direction")),
            "verdict": ("verdict", same("verdict")),
            "reason": ("reasons", lambda node, value: value in node["reasons"]),
            "member": ("votes", lambda node, value: {"member": value} in node["votes"]),
            "tier": ("tier", same("tier")),
            "chain": ("chainId", same("chainId")),
            "minRejections": ("rejections", from_("rejections")),
            "since": ("decidedAt", since("decidedAt")),
            "before": ("decidedAt", before("decidedAt")),
            "afterOrdinal": ("ordinal", after),
        },
    ),
    "equity": (
        "account day reason chainId at ordinal",
        {
            "account": ("account", same("account")),
            "day": ("day", same("day")),
            "reason": ("reason", same("reason")),
            "chain": ("chainId", same("chainId")),
            "since": ("at", since("at")),
            "before": ("at", before("at")),
            "afterOrdinal": ("ordinal", after),
        },
    ),
    "events": (
        _EVENT,
        {
            "account": ("account", same("account")),
            "types": ("type", among("type")),
            "noun": ("noun", same("noun")),
            "stream": ("stream", same("stream")),
            "subject": ("subject", lambda node, value: node["stream"].endswith(value)),
            "chain": ("chainId", same("chainId")),
            "cause": ("causeId", same("causeId")),
            "eventId": ("id", same("id")),
            "actor": ("actor", same("actor")),
            "source": ("source", same("source")),
            "search": ("words", lambda node, value: all(one in node["line"] for one in value.split())),
            "since": ("occurredAt", since("occurredAt")),
            "before": ("occurredAt", before("occurredAt")),
            "afterOrdinal": ("ordinal", after),
            "uptoOrdinal": ("ordinal", lambda node, value: node["ordinal"] <= value),
        },
    ),
}
EVERY_FILTER = [(name, one) for name, (_, filters) in FILTERS.items() for one in filters]


def example(name: str, one: str, shown: Sequence[dict[str, Any]]) -> Any:
    """A value for the filter `one`, taken from an entry in the middle of the list."""
    field, _ = FILTERS[name][1][one]
    if one == "search":
        return "TARGET reduce"
    if one == "subject":
        return next(node["stream"] for node in shown if node["noun"] == "order").split("-", 2)[2]
    given = [node[field] for node in shown if node.get(field) not in (None, "", [])]
    value = given[len(given) // 2]
    if field in ("reasons", "votes"):
        return value[0] if field == "reasons" else value[0]["member"]
    return [value] if one in ("status", "types") and name in ("orders", "events") else value


@pytest.mark.parametrize(("name", "one"), EVERY_FILTER)
def test_a_filter_returns_exactly_the_entries_that_meet_it(reading: Reading, name: str, one: str) -> None:
    fields, filters = FILTERS[name]
    shown = nodes(reading, name, "first: 200", fields)
    value = example(name, one, shown)
    document = f"""query ($where: {_filter_type(name)}) {{
        {name}(first: 200, where: $where) {{totalCount edges {{node {{{fields}}}}}}}}}"""
    found = reading.query(document, where={one: value})[name]
    held = [node for node in shown if filters[one][1](node, value)]
    chosen = [edge["node"] for edge in found["edges"]]
    assert held
    assert chosen[: len(held)] == held
    assert all(filters[one][1](node, value) for node in chosen)
    assert found["totalCount"] >= len(held)


def _fields_of(kind: str) -> Sequence[str]:
    document = build_schema(printed())
    found = document.get_type(kind)
    assert isinstance(found, GraphQLInputObjectType)
    return list(found.fields)


def _filter_type(name: str) -> str:
    return {"equity": "EquityFilter"}.get(name, f"{name[:-1].capitalize()}Filter")


def test_every_filter_of_the_schema_is_tested() -> None:
    """The filters of alerts are tested in test_alerts, because the demo has no alerts."""
    there = {name: set(_fields_of(_filter_type(name))) for name in FILTERS}
    assert there == {name: set(filters) for name, (_, filters) in FILTERS.items()}


def test_the_total_count_is_queried_only_if_the_field_is_selected(reading: Reading) -> None:
    with reading.statements() as plain:
        reading.query("{orders(first: 3) {edges {node {id}}}}")
    with reading.statements() as counted:
        reading.query("{orders(first: 3) {totalCount edges {node {id}}}}")
    is_count = Counter("count(" in statement.lower() for statement in plain)
    assert is_count[True] == 0
    assert len(counted) == len(plain) + 1
    assert "count(" in counted[-1].lower()


def test_an_empty_page_has_no_cursors(reading: Reading) -> None:
    found = reading.query(
        '{orders(where: {actor: "nobody"}) {totalCount edges {cursor} pageInfo {hasNextPage startCursor endCursor}}}'
    )
    assert found["orders"] == {
        "totalCount": 0,
        "edges": [],
        "pageInfo": {"hasNextPage": False, "startCursor": None, "endCursor": None},
    }


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ('after: "nonsense"', "is not a cursor"),
        ('after: "7a%%%"', "is not a cursor"),
        ("first: -1", "0 to 200"),
        ('where: {since: "yesterday"}', "is not a time"),
        ('where: {since: "2025-01-01T00:00:00"}', "with its time zone"),
        ('where: {minNotional: "much"}', "is not a decimal"),
        ("where: {minNotional: 0.1}", "is not a decimal"),
        ("where: {afterOrdinal: -1}", "is not an ordinal"),
        ("asOf: {ordinal: 999999}", "there is no ordinal"),
        ('asOf: {ordinal: 1, time: "2025-01-01T00:00:00Z"}', "exactly one"),
    ],
)
def test_a_bad_argument_is_refused_with_its_reason(reading: Reading, arguments: str, fragment: str) -> None:
    code, message = reading.fault(f"{{orders({arguments}) {{edges {{cursor}}}}}}")
    assert code in ("BAD_INPUT", "TOO_COMPLEX")
    assert fragment in message


def test_a_changed_cursor_and_a_cursor_of_another_list_are_refused(reading: Reading) -> None:
    cursor = reading.query("{orders(first: 1) {pageInfo {endCursor}}}")["orders"]["pageInfo"]["endCursor"]
    document = "query ($after: String) {%s(after: $after) {edges {cursor}}}"
    changed = cursor[:-6] + ("AAAAAA" if not cursor.endswith("AAAAAA") else "BBBBBB")
    assert reading.fault(document % "orders", after=changed)[0] == "BAD_INPUT"
    code, message = reading.fault(document % "fills", after=cursor)
    assert (code, "the list orders.PLACED.DESC" in message) == ("BAD_INPUT", True)


def test_a_page_with_two_sizes_is_refused_unless_one_is_null(reading: Reading) -> None:
    document = (
        "query ($first: Int, $last: Int) { fills(first: $first, last: $last) { edges { node { price } } } }"
    )
    refused = ("BAD_INPUT", "a page is the first entries or the last ones: give first or last")
    assert reading.fault(document, first=2, last=2) == refused
    assert reading.fault("{ fills(first: 2, last: 2) { totalCount } }") == refused
    assert len(reading.query(document, first=None, last=2)["fills"]["edges"]) == 2


def test_a_page_with_two_sizes_is_refused_also_after_a_request_of_its_document_with_invalid_variables(
    reading: Reading,
) -> None:
    document = "query ($first: Int!) { fills(first: 2, last: 2) { totalCount } orders(first: $first) { totalCount } }"
    assert reading.fault(document)[0] == "BAD_INPUT"
    refused = ("BAD_INPUT", "a page is the first entries or the last ones: give first or last")
    assert reading.fault(document, first=1) == refused
    alone = "query ($when: Boolean!) { fills(first: 2, last: 2) { totalCount @include(if: $when) } }"
    assert reading.fault(alone)[0] == "BAD_INPUT"
    assert reading.fault(alone, when=True) == refused

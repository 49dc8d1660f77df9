"""The pictures show what the tables of the code have."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from pathlib import Path

from domain.order import LIFE, OrderStatus
from infra.site import layers, order_life
from infra.site.chain import chain, first_trade
from infra.site.pictures import PICTURES
from projections.chain import Node


def _texts(picture: str) -> list[str]:
    return [unescape(one) for one in re.findall(r"<text[^>]*>([^<]*)</text>", picture)]


def test_the_life_of_an_order_has_each_status_and_an_arrow_for_each_move_of_the_table() -> None:
    picture = order_life.order_life()
    assert set(OrderStatus) == set(order_life.BOXES)
    assert {status.value for status in OrderStatus} <= set(_texts(picture))
    by_frame = sum(1 for moves in LIFE.values() if len(moves) > 3)
    single = sum(len(moves) for moves in LIFE.values() if len(moves) <= 3)
    fills = 2
    assert picture.count("marker-end") == by_frame + single + fills


def test_a_status_that_an_event_does_not_change_is_named_beside_its_arrow() -> None:
    assert "not if TRIGGERED" in _texts(order_life.order_life())


def test_the_folders_have_the_arrows_of_the_imports_that_are_allowed() -> None:
    assert {(one, other) for one, other in layers.imported() if one != "infra"} == {
        ("commands", "domain"),
        ("projections", "domain"),
        ("adapters", "domain"),
        ("adapters", "commands"),
        ("adapters", "projections"),
        ("adapters", "schemas"),
    }


def test_the_chain_has_the_events_of_a_trade_from_its_candle_to_its_close() -> None:
    texts = _texts(chain())
    assert texts[0] == "candle"
    assert {"SignalDetected", "DecisionMade", "OrderPlaced", "OrderFilled", "PositionClosed"} <= set(texts)
    story = first_trade()
    assert [root.partition(":")[0] for root, _nodes in story.roots] == ["candle"]
    assert len({_chain(node) for _root, nodes in story.roots for node in nodes}) == 1


def test_the_chain_has_the_figures_of_the_trade_that_the_readme_explains() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    explained = re.search(r"OrderFilled (\S+ at \S+), fee", readme)
    result = re.search(r"PositionClosed by TARGET at (\S+): net (\S+)", readme)
    assert explained is not None
    assert result is not None
    texts = _texts(chain())
    assert any(text.startswith(explained[1]) for text in texts)
    (closed,) = (one for one in texts if one.startswith(f"by TARGET at {result[1]}: net "))
    assert Decimal(closed.split()[5]).quantize(Decimal("0.0001")) == Decimal(result[2])


def _chain(node: Node) -> str:
    return node.recorded.envelope.meta.correlation_id


def test_every_picture_is_one_line_so_that_markdown_keeps_it_whole() -> None:
    assert [name for name, picture in PICTURES.items() if "\n" in picture()] == []

"""The pictures of the pages by name; a page has one where it has the comment `picture: NAME`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from infra.site.chain import chain
from infra.site.layers import layers
from infra.site.order_life import order_life

PICTURES: Mapping[str, Callable[[], str]] = {"chain": chain, "layers": layers, "order-life": order_life}

"""The object types by name, for fields that link one object type to another.

Strawberry resolves these lazy types when the schema is built. So two types may link to each other although their
modules do not import each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strawberry.types.lazy_type import LazyType

if TYPE_CHECKING:
    from adapters.graphql.decision import Decision
    from adapters.graphql.event import Event
    from adapters.graphql.fill import Fill
    from adapters.graphql.order import Order
    from adapters.graphql.position import HeldPosition
    from adapters.graphql.signal import Signal
else:
    Decision = LazyType("Decision", "adapters.graphql.decision")
    Event = LazyType("Event", "adapters.graphql.event")
    Fill = LazyType("Fill", "adapters.graphql.fill")
    Order = LazyType("Order", "adapters.graphql.order")
    HeldPosition = LazyType("HeldPosition", "adapters.graphql.position")
    Signal = LazyType("Signal", "adapters.graphql.signal")

__all__ = ["Decision", "Event", "Fill", "HeldPosition", "Order", "Signal"]

"""The events that are written in another form than they have in the domain, and the way there and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from adapters.avro import decision
from domain.signal import DecisionMade


class Form(NamedTuple):
    """`of` is the class whose fields are those of the record; `there` and `back` lose nothing."""

    of: type
    there: Callable[[Any], object]
    back: Callable[[Any], object]


FORMS: Final[Mapping[type, Form]] = {
    DecisionMade: Form(decision.Decision, decision.to_written, decision.from_written),
}
"""By the event's class; one that is not here is written as it is."""


def written_form(event: type) -> type:
    """The class whose fields are those of the event's record."""
    form = FORMS.get(event)
    return event if form is None else form.of

"""Tests of deciders: given(events).when(commands).then(events)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from commands.routes import ROUTES, Command
from commands.world import FOLDS, World
from domain.errors import WhenceError
from domain.events import Event
from tests.domain.history import ACCOUNT


@dataclass(frozen=True, slots=True)
class Decided:
    """Commands to one stream; each is decided on the state after the events of the previous commands."""

    history: tuple[Event, ...]
    commands: tuple[Command, ...]

    def then(self, *expected: Event) -> Decided:
        events, _ = self._decided()
        assert events == list(expected)
        return self

    def then_nothing(self) -> Decided:
        return self.then()

    def then_error(self, error: type[WhenceError], words: str) -> None:
        with pytest.raises(error, match=re.escape(words)):
            self._decided()

    @property
    def state(self) -> Any:
        return self._decided()[1]

    def _decided(self) -> tuple[list[Event], Any]:
        first = self.commands[0]
        state = World().state(ROUTES[type(first)].stream(ACCOUNT, first))
        for event in self.history:
            state = FOLDS[type(event)][1](state, event)
        events: list[Event] = []
        for command in self.commands:
            for event in ROUTES[type(command)].decide(command, state):
                state = FOLDS[type(event)][1](state, event)
                events.append(event)
        return events, state


@dataclass(frozen=True, slots=True)
class Given:
    events: tuple[Event, ...]

    def when(self, *commands: Command) -> Decided:
        return Decided(self.events, commands)


def given(*events: Event) -> Given:
    return Given(events)

"""Makes random valid documents of one query over a schema, with aliases, fragments and directives."""

from __future__ import annotations

import random
from typing import Any, cast

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_required_argument,
)

_DIRECTIVES = ("@include(if: $yes)", "@skip(if: $yes)", "@include(if: true)", "@skip(if: false)")
_DEEPEST = 4
VARIABLES = {"yes": {"yes": True, "size": 2}, "no": {"yes": False, "size": 1}}


class RandomDocument:
    """One document; the same number makes the same document."""

    def __init__(self, schema: GraphQLSchema, number: int) -> None:
        self._chance = random.Random(number)
        self._fragments: list[str] = []
        self._aliases = 0
        query: Any = schema.query_type
        roots = [name for name, one in query.fields.items() if not _needs_arguments(one)]
        chosen = self._chance.sample(roots, self._chance.choice((1, 1, 2)))
        fields = " ".join(self._field(name, query.fields[name], 0) for name in chosen)
        operation = f"query ($yes: Boolean = true, $size: Int = 2) {{ {fields} {self._used()} }}"
        self.text = "\n".join((operation, *self._fragments))

    def _used(self) -> str:
        """A field that uses both variables, because a document must use those that it declares."""
        return "used: fills(first: $size) { __typename @include(if: $yes) }"

    def _selection(self, kind: GraphQLObjectType, depth: int) -> str:
        names = [name for name, one in kind.fields.items() if self._may(one, depth)]
        chosen = self._chance.sample(names, min(len(names), self._chance.randint(1, 6)))
        parts = [self._part(kind, name, depth) for name in chosen]
        if self._chance.random() < 0.3 or not parts:
            parts.insert(self._chance.randint(0, len(parts)), "__typename")
        return f"{{ {' '.join(parts)} }}"

    def _may(self, definition: Any, depth: int) -> bool:
        composite = is_composite_type(get_named_type(definition.type))
        return not _needs_arguments(definition) and not (composite and depth >= _DEEPEST)

    def _part(self, kind: GraphQLObjectType, name: str, depth: int) -> str:
        field = self._field(name, kind.fields[name], depth)
        match self._chance.randint(0, 9):
            case 0:
                return f"... on {kind.name} {{ {field} }}"
            case 1:
                return f"... {self._directive()} {{ {field} __typename }}"
            case 2:
                self._fragments.append(f"fragment f{len(self._fragments)} on {kind.name} {{ {field} }}")
                return f"...f{len(self._fragments) - 1}"
            case 3 if not kind.fields[name].args:
                return f"{field} {self._field(name, kind.fields[name], depth)}"
            case _:
                return field

    def _field(self, name: str, definition: Any, depth: int) -> str:
        kind = cast(Any, get_named_type(definition.type))
        below = self._selection(kind, depth + 1) if isinstance(kind, GraphQLObjectType) else ""
        return f"{self._named(name)}{self._arguments(definition)} {self._maybe_directive(depth)} {below}"

    def _named(self, name: str) -> str:
        """The field under a name of its own, so that no two fields have one name and different arguments."""
        self._aliases += 1
        return f"a{self._aliases}: {name}" if self._chance.random() < 0.25 else name

    def _arguments(self, definition: Any) -> str:
        return f"(first: {self._chance.choice(('1', '3', '$size'))})" if "first" in definition.args else ""

    def _maybe_directive(self, depth: int) -> str:
        return self._directive() if depth and self._chance.random() < 0.1 else ""

    def _directive(self) -> str:
        return self._chance.choice(_DIRECTIVES)


def _needs_arguments(definition: Any) -> bool:
    return any(is_required_argument(one) for one in definition.args.values())

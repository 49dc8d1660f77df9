"""The frame of every page: escaping, style sheet, and a policy that forbids scripts and the network."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from infra.pages.filters import FILTERS


def render(template: str, /, **values: object) -> str:
    """The template of `infra/pages/templates` with these values, as one self-contained page.

    Every value is escaped, except Markup. A template that extends `frame.html` needs `title`, and may take `notices`
    (texts in a box above the content); its blocks are `lead`, `content` and `foot`. Raises jinja2.UndefinedError for a
    value that the template names and `values` lacks.
    """
    return environment().get_template(template).render(values)


def fragment(template: str, /, **values: object) -> Markup:
    """The same for a part of a page: it may be put into a template without being escaped again."""
    return Markup(render(template, **values))  # noqa: S704  (a template with escaping rendered it)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates escape every value whatever their name ends with, and refuse a value that they were not given."""
    made = Environment(
        loader=PackageLoader("infra.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(FILTERS)
    return made

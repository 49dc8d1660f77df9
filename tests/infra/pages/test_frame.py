"""The frame of HTML pages."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from infra.pages.frame import environment, fragment, render


def test_a_value_with_markup_is_escaped_in_the_title_and_in_notices() -> None:
    page = render("frame.html", title="<script>1</script>", notices=["<b>&"])
    assert "<script" not in page
    assert page.count("&lt;script&gt;1&lt;/script&gt;") == 2
    assert '<p class="notice">&lt;b&gt;&amp;</p>' in page


def test_a_page_forbids_scripts_and_the_network_and_loads_nothing() -> None:
    page = render("frame.html", title="x")
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert not [word for word in ("http://", "https://", "url(", "@import", " src=") if word in page]


def test_a_fragment_is_not_escaped_a_second_time() -> None:
    part = fragment("frame.html", title="a & b")
    assert isinstance(part, Markup)
    assert "<h1>a &amp; b</h1>" in environment().from_string("{{ part }}").render(part=part)


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(UndefinedError, match="'title' is undefined"):
        render("frame.html")

"""`whence arms`: the comparison of both arms, and a log without arms."""

from __future__ import annotations

import json
from contextlib import closing

from infra.config import WhenceSettings
from infra.logs import open_owned
from tests.commands.desk import long
from tests.commands.test_arms import split
from tests.commands.test_scoring import GOOD
from tests.infra.cli.conftest import Whence

LOG = ("--log", "sqlite:///a.db")


def recorded(share: float) -> None:
    """A log with one entry, which its challenger skips in arm B."""
    eve = split(share)
    eve.desk.see(long(inputs=GOOD))
    with closing(open_owned(WhenceSettings(log=LOG[1]))) as log:
        log.append(eve.desk.recorded)


def test_both_arms_are_printed_with_the_sentence_that_the_comparison_is_descriptive(whence: Whence) -> None:
    recorded(1.0)
    done = whence("arms", *LOG)
    assert done.code == 0, done
    printed = " ".join(done.out.split())
    assert "decisions none 1 SKIP" in printed
    assert "Descriptive: both arms share one balance" in printed
    found = json.loads(whence("arms", *LOG, "--json").out)
    assert found["arms"]["B"]["verdicts"] == {"SKIP": 1}
    assert found["note"].startswith("Descriptive")


def test_a_log_without_arms_is_refused_with_the_setting_that_makes_them(whence: Whence) -> None:
    recorded(0.0)
    done = whence("arms", *LOG)
    assert done.code == 1, done
    assert "trading.arms.share" in done.err

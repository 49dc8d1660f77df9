from __future__ import annotations

from commands.settings import ChangeSettings
from domain.errors import InvalidSettings
from domain.settings import RiskSettings, Settings, SettingsChanged
from tests.commands.sentence import given
from tests.domain.history import D
from tests.replacing import replace

DEFAULT = Settings()
CAREFUL = Settings(risk=RiskSettings(max_positions=1))


def test_each_change_of_the_settings_has_a_version_and_the_same_settings_change_nothing() -> None:
    given().when(
        ChangeSettings(DEFAULT), ChangeSettings(DEFAULT), ChangeSettings(CAREFUL), ChangeSettings(DEFAULT)
    ).then(SettingsChanged(1, DEFAULT), SettingsChanged(2, CAREFUL), SettingsChanged(3, DEFAULT))


def test_settings_out_of_range_are_refused() -> None:
    bad = replace(DEFAULT, risk=RiskSettings(max_total_risk=D(2)))
    given(SettingsChanged(1, DEFAULT)).when(ChangeSettings(bad)).then_error(
        InvalidSettings, "risk.max_total_risk = 2 must be in 0 … 1"
    )

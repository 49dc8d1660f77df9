"""The metrics of the bot of Telegram."""

from __future__ import annotations

from adapters.metrics.catalogue import TELEGRAM, series_of
from adapters.metrics.registry import new_registry
from adapters.metrics.telegram import Outcome, TelegramMetrics


def test_every_metric_of_the_bot_is_counted() -> None:
    registry = new_registry()
    metrics = TelegramMetrics(registry)
    metrics.stranger()
    metrics.alert("HIGH", Outcome.ARRIVED)
    metrics.alert("LOW", Outcome.SUPPRESSED, 3)
    metrics.watch(lambda: 12)
    value = registry.get_sample_value
    assert value("whence_telegram_strangers_total") == 1
    assert value("whence_telegram_alerts_total", {"level": "HIGH", "outcome": "arrived"}) == 1
    assert value("whence_telegram_alerts_total", {"level": "LOW", "outcome": "suppressed"}) == 3
    assert value("whence_telegram_waiting_alerts") == 12
    served = {sample.name for metric in registry.collect() for sample in metric.samples}
    assert set().union(*map(series_of, TELEGRAM)) <= served

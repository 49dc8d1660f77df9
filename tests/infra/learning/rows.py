"""Synthetic datasets: noise, a signal that only trees see, one that only a sequence shows, and a feature that knows its
label.
"""

from __future__ import annotations

import numpy as np

from infra.learning.dataset import Dataset, Floats, LabelSource, Micros

HOUR = 3_600_000_000
BEGIN = 1_700_000_000_000_000


def dataset(x: Floats, net: Floats, seed: int = 0) -> Dataset:
    """Rows over 240 days with labels of up to 12 hours, which overlap."""
    n, k = len(x), int(x.shape[1])
    random = np.random.default_rng(seed)
    begins, lasts = random.random(n) * (240 * 24 * HOUR), HOUR + random.random(n) * (11 * HOUR)
    begins.sort()
    signal_at = begins.astype(np.int64) + BEGIN
    return Dataset(
        feature_set="noise.1",
        features=tuple(f"f{place}" for place in range(k)),
        x=x,
        signal_at=signal_at,
        resolved_at=signal_at + lasts.astype(np.int64),
        net=net,
        stopped=net < -0.003,
        strategies=["trend"] * n,
        instruments=["BTCUSDT-LINEAR.BYBIT"] * n,
        labels=[LabelSource.TRADE] * n,
    )


def noise(seed: int, rows: int = 2_000, features: int = 8) -> Dataset:
    """Features and results that have nothing to do with each other."""
    random = np.random.default_rng(seed)
    return dataset(_features(random, rows, features), 0.004 * random.normal(size=rows), seed)


def planted(seed: int, rows: int = 2_000, features: int = 8) -> Dataset:
    """Trades gain where two features have one sign: no line parts them, trees do."""
    random = np.random.default_rng(seed)
    x = _features(random, rows, features)
    drive = np.sign(np.nan_to_num(x[:, 0])) * np.sign(np.nan_to_num(x[:, 1]))
    return dataset(x, 0.004 * (1.2 * drive + random.normal(size=rows)), seed)


def planted_in_a_line(seed: int, rows: int = 2_000, features: int = 8) -> Dataset:
    """Trades gain where one feature is above 0: a few hundred rows show it."""
    random = np.random.default_rng(seed)
    x = _features(random, rows, features)
    drive = np.sign(np.nan_to_num(x[:, 0]))
    return dataset(x, 0.004 * (1.2 * drive + random.normal(size=rows)), seed)


def planted_in_sequence(seed: int, rows: int = 5_000, features: int = 8) -> Dataset:
    """Trades gain where a feature of the row before is above 0: no row alone shows it."""
    random = np.random.default_rng(seed)
    x = _features(random, rows, features)
    before = np.concatenate(([0.0], np.nan_to_num(x[:-1, 0])))
    return dataset(x, 0.004 * (1.2 * np.sign(before) + random.normal(size=rows)), seed)


def shuffled(seed: int, rows: int = 2_000) -> Dataset:
    """The planted rows with the results of others."""
    data = planted(seed, rows)
    return dataset(data.x, np.random.default_rng(seed).permutation(data.net), seed)


def wandering(seed: int, rows: int = 2_000, features: int = 8) -> Dataset:
    """Trades on a random walk, which overlap, with features that last for days: results are alike without any skill."""
    random = np.random.default_rng(seed + 10_000)
    data = dataset(np.zeros((rows, features)), np.zeros(rows), seed)
    walk = np.cumsum(0.0015 * random.normal(size=254 * 24))
    begins, ends = (_hours(one) for one in (data.signal_at, data.resolved_at))
    lasting = _lasting(random, len(walk), features)
    lasting[:, 0] = walk - np.concatenate((np.zeros(24), walk[:-24]))
    return dataset(lasting[begins], walk[ends] - walk[begins], seed)


def _hours(at: Micros) -> Micros:
    """Whole hours since a day before the first signal can be."""
    return (at - BEGIN) // HOUR + 24


def _lasting(random: np.random.Generator, hours: int, features: int) -> Floats:
    """Autoregressive noise with a half-life of about three days."""
    found = random.normal(size=(hours, features))
    for hour in range(1, hours):
        found[hour] = 0.99 * found[hour - 1] + 0.14 * found[hour]
    return found


def leaking(seed: int) -> Dataset:
    """Noise, and one feature that is the result with a little noise."""
    data = noise(seed)
    x = data.x.copy()
    x[:, 3] = data.net + 0.0002 * np.random.default_rng(seed).normal(size=len(x))
    return dataset(x, data.net, seed)


def _features(random: np.random.Generator, rows: int, features: int) -> Floats:
    x = random.normal(size=(rows, features))
    x[random.random((rows, features)) < 0.03] = np.nan
    return x

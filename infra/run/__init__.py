"""One file a mode: paper, live, backtest, replay. They differ only in what they plug in."""

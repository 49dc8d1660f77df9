"""Modes: the same engine (`commands/engine.py`) with other things plugged in.

| mode | log | exchange | market | clock |
|---|---|---|---|---|
| `paper` | any, by its address | simulated | recorded candles | the tape's |
| `manual` | any, by its address | simulated, restored from the log | at rest, at the log's last prices | real |
"""

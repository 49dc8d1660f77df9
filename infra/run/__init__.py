"""The modes of a run. Each is the same engine (`commands/engine.py`) with different adapters.

| mode | log | exchange | market | clock |
|---|---|---|---|---|
| `paper` | any, by address | simulated | recorded candles | the tape's |
| `live` | any, by address | Bybit | its public sockets | wall clock |
| `manual` | any, by address | simulated, restored from the log | at rest, at the last prices in the log | wall clock |
"""

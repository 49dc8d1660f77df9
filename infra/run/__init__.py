"""The modes of a run. Each is the same engine (`commands/engine.py`) with different adapters.

| mode | log | exchange | market | clock |
|---|---|---|---|---|
| `paper` | any, by address | simulated | recorded candles | the tape's |
| `live` | SQLite, Kafka | Bybit | its public sockets | wall clock |
| `paper_live` | SQLite, Kafka | matched, in this process | its public sockets | wall clock |
| `manual` | any, by address | simulated, restored from the log | at rest, at the last prices in the log | wall clock |
"""

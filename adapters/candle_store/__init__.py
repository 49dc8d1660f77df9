"""The candle store of the chart: the closed candles that an engine took, in the store of the read models.

Candles are no events, so no log can rebuild them and no digest of the read models includes them. Where the store lacks
some, the tape of inputs or the candle files have them: `whence candles rebuild`.
"""

"""The leverage of an instrument by its volatility: settings, the reader of candles, and the events of a change."""

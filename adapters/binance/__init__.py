"""Public market data of Binance, spot and USD-M futures: books, trades and best prices. Nothing here trades."""

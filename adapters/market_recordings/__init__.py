"""Recordings of markets: books, trades, quotes and candles as an exchange sent them, with the times they arrived.

A recording is a folder. Rows are appended to a segment of each kind, an Arrow stream in `open/`. A segment ends with
its hour (UTC of arrival) and is then sealed: its rows are written to one Parquet file an instrument,
`<kind>/<day>/<instrument>/<hour>-<session>-<first number>.parquet`, and the segment is removed.
"""

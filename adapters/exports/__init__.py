"""Tables written to files for spreadsheets and programs: CSV, JSON lines and Parquet. No amount becomes a float."""

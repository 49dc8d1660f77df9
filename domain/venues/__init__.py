"""The choice among venues: where an entry is made, among instruments that settings call equal."""

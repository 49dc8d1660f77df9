"""The analysis of trading in a period: figures over those of a report, each with its definition."""

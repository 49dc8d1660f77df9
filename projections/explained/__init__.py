"""The explanation of any id: subject, steps with elapsed times, decisions with margins, orders, positions, settings."""

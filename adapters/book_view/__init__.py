"""Live order books as people see them: levels, figures, trades, walls and suspicions of manipulation."""

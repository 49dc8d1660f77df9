# The sentences of the engine that have no code, in its own English; a value may be any text. The Russian ones have the
# same names. A test finds each in the source of the engine.
phrase-day-loss = the day's loss of { $loss } has reached its limit of { $limit }

phrase-day-loss = дневной убыток { $loss } достиг предела { $limit }

# The sentences of the engine that have no code, in its own English; a value may be any text. The Russian ones have the
# same names. A test finds each in the source of the engine.
phrase-day-loss = the day's loss of { $loss } has reached its limit of { $limit }
phrase-kill-tripped = the kill switch is tripped ({ $tripped }): reset it first
phrase-outcome-unknown = the outcome of { $unknown } is not known yet: no new exposure until it is
phrase-comparing = the log is being compared with the exchange ({ $why }): no new exposure until then
phrase-disagree = the exchange and the log disagree ({ $unresolved }): settle that first
phrase-leverage = the outcome of a change of its leverage from { $leverage } to { $requested } is not known yet: no entry until it is
phrase-exchange-silent = the exchange does not answer ({ $open }): no new exposure until it does
phrase-not-listed = { $instrument } is not listed here
phrase-not-allowed = { $instrument } is not allowed by risk.allowed ({ $allowed })
phrase-day-not-opened = the trading day { $today } is not opened yet: its losses cannot be measured
phrase-day-limit = the day has gone from { $begun } to { $balance }: its limit of { $limit } is reached
phrase-max-positions = positions and entries: { $held } held, { $most } allowed (risk.max_positions)
phrase-quantity = a quantity of { $quantity } is not in { $bounds } of { $instrument }
phrase-least-notional = { $quantity } at { $price } is less than the minimum notional of { $least }
phrase-beyond-liquidation = a stop of { $stop } is never reached: a position at { $price } and leverage { $leverage } is liquidated before
phrase-reserved = it needs { $margin } of margin and fees, where { $spendable } can be spent: the rest is margin already, set aside for orders, or the reserve (risk.reserved_balance)
phrase-margin-in-use = with it { $used } would be margin, where at most { $most } of a balance of { $balance } may be (margin.max_in_use)
phrase-margin-of-position = its margin of { $used } is above the { $most } that one position may have (margin.max_per_position)
phrase-near-liquidation = liquidation is { $distance } of the price beyond its stop, less than { $least } (margin.liquidation_distance); a nearer stop or less leverage
phrase-paused-after = entries are paused after { $pause }: resume them first, with a reason
phrase-group = { $net } positions of the group { $group }, with { $held }, where { $most } are allowed (limits.max_group_positions)
phrase-risk-bare = it risks { $risk } where one trade may risk { $limit } (risk.max_risk_per_trade): name a stop, or take less of it
phrase-risk-stop = it risks { $risk } where one trade may risk { $limit } (risk.max_risk_per_trade): a nearer stop or less of it
phrase-risk-total = it risks { $risk } beside { $open } at risk already, of at most { $limit } (risk.max_total_risk)
phrase-bare = { $names } has no stop: give it one first
phrase-wider = a stop of { $stop } puts { $risk } at risk where { $limit } may be ({ $setting })
phrase-turns = { $position } is open { $direction }: a { $side } order would turn it; close it first, or make the order reduce-only
phrase-waits = { $orders } waits in { $instrument }: amend it or cancel it first
phrase-trigger-passed = a { $side } trigger at { $trigger } is passed already: the last price is { $price }
phrase-only-reduces = an order that only reduces has no stop and no target: the rest of the position keeps its own
phrase-nothing-to-reduce = there is no position in { $instrument } that a { $side } order could reduce
phrase-more-than-held = { $position } holds { $rest }: { $quantity } is more than that
phrase-covered = { $position } is open: its own stop and target cover the increase; move those instead (moveProtection)
phrase-bare-increase = { $position } is open without a stop and a target, and an entry that increases it brings none: give the position its own first (moveProtection)
phrase-filled-already = order { $order } is filled already: nothing is left to cancel
phrase-cancel-status = order { $order } is { $status }: nothing is left to amend
phrase-stop-of-entry = order { $order } is the stop of { $parent }, which waits: move the stop, or cancel the entry
phrase-stop-of-position = order { $order } is the stop of { $position }: move it, or close the position
phrase-closing-already = { $position } is being closed already, { $stage }: wait for it, or withdraw that close
phrase-closes-already = { $orders } closes { $position } already: cancel that first, or wait for it
phrase-nothing-to-move = neither a stop nor a target was given: there is nothing to move
phrase-triggered-already = order { $order } was triggered: it closes { $position } already
phrase-position-ended = { $position } has ended; open are: { $open }
phrase-position-never = { $position } was never opened; open are: { $open }
phrase-no-price = no price of { $instrument } is known yet: there is no market for it here, since no candle, trade or quote of it was received, so that an order could neither be judged nor filled
phrase-not-paused = no strategy called { $strategy } is paused; paused are: { $paused }
phrase-other-key = the key { $key } was used for another request: { $followed }
phrase-whole-number = { $setting } = { $value } is not a whole number in the digits 0 to 9
phrase-a-number = { $setting } = { $value } is not a number in the digits 0 to 9
phrase-one-of = { $setting } = { $value } is not one of { $choices }
phrase-in-range = { $setting } = { $value } must be in { $least } … { $most }
phrase-no-instrument = { $setting }: { $value } is not an instrument; spell it like BTCUSDT-LINEAR.BYBIT
phrase-no-colon = { $setting } = { $value } has no colon; write each level as { $form }
phrase-levels-bounds = { $setting } = { $value }: profits and distances must be in 0 … 1; write each level as { $form }
phrase-shares-bounds = { $setting } = { $value }: profits and shares must be above 0 and at most 1; write each level as { $form }
phrase-warn-bare = it has no stop: all of its margin is at risk, and while it is open or waits without one no strategy may add exposure
phrase-warn-aimless = it has no target: only its stop, an opposing signal or a person closes it
phrase-warn-slipping = it trades at the market's price on arrival, which may be worse than the last known price
phrase-warn-at-once = its limit is at or beyond the last price of { $price }: it trades at once, as a taker
phrase-warn-cooling = a position in { $instrument } was lost at { $at }: no strategy would enter yet
phrase-starts = the engine starts
phrase-stops = the engine stops
phrase-not-sent = not sent: { $why }
phrase-sent-again = sent again
phrase-not-found = not found at the exchange by its id
phrase-earlier-terms = the exchange still has the earlier terms
phrase-model-late = { $model } has been behind the log for { $seconds } s
phrase-model-parked = { $model } leaves out { $events } events: see `whence projections parked`
phrase-dead-letters = { $number } messages, records or requests could not be understood: `whence dead-letters list` names them
phrase-strangers = somebody without a key of this installation writes to the log's topic: { $records } records are refused, the last at offset { $last }
phrase-unprotected = { $position } has { $stops } at the exchange since { $since } UTC; open for { $age }, last price { $price }: { $advice }
phrase-advice = move its stop, or close it
phrase-no-stop = no stop
phrase-unknown = unknown
phrase-no-position = its entry has ended, and the exchange has no position that it could reduce
phrase-by-telegram = by Telegram
phrase-draft-expired = the draft was valid until { $until } UTC; draft the order again
phrase-api-unreachable = the API cannot be reached ({ $fault })
phrase-under-way = the engine has taken the request and has not finished: a repeated request with the same key returns its answer and is never carried out twice
phrase-engine-failed = the engine failed while it carried this out: it is recorded as a whole or not at all; a repeated request with the same key, once an engine owns the log, shows which, and is never carried out twice
phrase-engine-silent = the engine's process has not answered: the request was withdrawn, or it is carried out as a whole; a repeated request with the same key returns its answer and is never carried out twice
phrase-not-protective = a stop of { $stop } does not protect { $place }
phrase-no-gain = a target of { $target } is no gain for { $place }
phrase-belongs-below = a { $direction } position at { $price }: it belongs below that
phrase-belongs-above = a { $direction } position at { $price }: it belongs above that
phrase-built-in = Bybit v5 instruments-info, built in
phrase-from-the-tape = the tape

# The Russian forms of phrases.en.ftl.
phrase-day-loss = дневной убыток { $loss } достиг предела { $limit }
phrase-kill-tripped = аварийная остановка включена ({ $tripped }): сначала снимите её
phrase-outcome-unknown = исход { $unknown } ещё неизвестен: до тех пор новых входов нет
phrase-comparing = журнал сверяется с биржей ({ $why }): до тех пор новых входов нет
phrase-disagree = биржа и журнал расходятся ({ $unresolved }): сначала разрешите это
phrase-leverage = исход смены плеча с { $leverage } на { $requested } ещё неизвестен: до тех пор входов нет
phrase-exchange-silent = биржа не отвечает ({ $open }): до тех пор новых входов нет
phrase-not-listed = правил { $instrument } здесь нет
phrase-not-allowed = { $instrument } не разрешён настройкой risk.allowed ({ $allowed })
phrase-day-not-opened = торговый день { $today } ещё не начат: его убытки нельзя измерить
phrase-day-limit = за день баланс был { $begun }, стал { $balance }: предел { $limit } достигнут
phrase-max-positions = позиций и входов: открыто { $held }, разрешено { $most } (risk.max_positions)
phrase-quantity = количество { $quantity } вне границ { $bounds } для { $instrument }
phrase-least-notional = { $quantity } по { $price } меньше наименьшей суммы { $least }
phrase-beyond-liquidation = стоп { $stop } не будет достигнут: позиция по { $price } с плечом { $leverage } ликвидируется раньше
phrase-reserved = нужно { $margin } на маржу и комиссии, а свободно { $spendable }: остальное уже маржа, отложено для заявок или резерв (risk.reserved_balance)
phrase-margin-in-use = с ней маржой станет { $used }, а разрешено не больше { $most } из баланса { $balance } (margin.max_in_use)
phrase-margin-of-position = её маржа { $used } больше { $most }, разрешённых одной позиции (margin.max_per_position)
phrase-near-liquidation = до ликвидации за стопом { $distance } цены, меньше чем { $least } (margin.liquidation_distance); нужен стоп ближе или меньшее плечо
phrase-paused-after = входы на паузе после { $pause }: сначала возобновите их, указав причину
phrase-group = позиций группы { $group }: { $net }, вместе с { $held }, разрешено { $most } (limits.max_group_positions)
phrase-risk-bare = она рискует { $risk }, а одной сделке разрешено { $limit } (risk.max_risk_per_trade): укажите стоп или уменьшите количество
phrase-risk-stop = она рискует { $risk }, а одной сделке разрешено { $limit } (risk.max_risk_per_trade): нужен стоп ближе или меньшее количество
phrase-risk-total = она рискует { $risk }, уже под риском { $open }, разрешено не больше { $limit } (risk.max_total_risk)
phrase-bare = у { $names } нет стопа: сначала поставьте его
phrase-wider = стоп { $stop } ставит под риск { $risk }, а разрешено { $limit } ({ $setting })
phrase-turns = { $position } открыта ({ $direction }): заявка ({ $side }) развернула бы её; сначала закройте её или выберите «Только уменьшить позицию»
phrase-waits = { $orders } ждёт в { $instrument }: сначала отмените её
phrase-trigger-passed = триггер ({ $side }) { $trigger } уже пройден: последняя цена { $price }
phrase-only-reduces = у заявки на уменьшение нет стопа и цели: у остатка позиции остаются свои
phrase-nothing-to-reduce = в { $instrument } нет позиции, которую уменьшила бы заявка ({ $side })
phrase-more-than-held = в { $position } { $rest }: { $quantity } больше этого
phrase-covered = { $position } открыта: её стоп и цель покрывают и добавленное; переставьте их
phrase-bare-increase = { $position } открыта без стопа и цели, а добавление их не ставит: сначала поставьте их у позиции
phrase-filled-already = заявка { $order } уже исполнена: отменять нечего
phrase-cancel-status = заявка { $order } ({ $status }): менять нечего
phrase-stop-of-entry = заявка { $order } — стоп ждущей { $parent }: переставьте стоп или отмените вход
phrase-stop-of-position = заявка { $order } — стоп { $position }: переставьте его или закройте позицию
phrase-closing-already = { $position } уже закрывается ({ $stage }): подождите
phrase-closes-already = { $orders } уже закрывает { $position }: сначала отмените её или подождите
phrase-nothing-to-move = не указаны ни стоп, ни цель: переставлять нечего
phrase-triggered-already = заявка { $order } сработала: она уже закрывает { $position }
phrase-position-ended = { $position } закрыта; открыты: { $open }
phrase-position-never = { $position } не открывалась; открыты: { $open }
phrase-no-price = цены { $instrument } ещё нет: здесь нет её рынка, не получено ни свечи, ни сделки, ни котировки, и заявку нельзя ни оценить, ни исполнить
phrase-not-paused = стратегия { $strategy } не на паузе; на паузе: { $paused }
phrase-other-key = ключ { $key } уже использован для другого запроса: { $followed }
phrase-whole-number = { $setting } = { $value } — не целое число из цифр 0–9
phrase-a-number = { $setting } = { $value } — не число из цифр 0–9
phrase-one-of = { $setting } = { $value } — не одно из: { $choices }
phrase-in-range = { $setting } = { $value } — должно быть от { $least } до { $most }
phrase-no-instrument = { $setting }: { $value } — не инструмент; пишите как BTCUSDT-LINEAR.BYBIT
phrase-no-colon = { $setting } = { $value } — нет двоеточия; пишите каждый уровень как { $form }
phrase-levels-bounds = { $setting } = { $value }: прибыль и расстояние должны быть от 0 до 1; пишите каждый уровень как { $form }
phrase-shares-bounds = { $setting } = { $value }: прибыль и доля должны быть больше 0 и не больше 1; пишите каждый уровень как { $form }
phrase-warn-bare = у неё нет стопа: вся её маржа под риском, и пока она открыта или ждёт без него, стратегии не входят
phrase-warn-aimless = у неё нет цели: её закроют только стоп, обратный сигнал или человек
phrase-warn-slipping = она исполнится по рыночной цене, которая может быть хуже последней известной
phrase-warn-at-once = её лимит не хуже последней цены { $price }: она исполнится сразу, как тейкер
phrase-warn-cooling = по { $instrument } был убыток в { $at }: стратегия ещё не вошла бы
phrase-starts = движок запускается
phrase-stops = движок останавливается
phrase-not-sent = не отправлена: { $why }
phrase-sent-again = отправлен повторно
phrase-not-found = на бирже не найдена по номеру
phrase-earlier-terms = у биржи остаются прежние условия
phrase-model-late = { $model } отстаёт от журнала уже { $seconds } сек
phrase-model-parked = { $model }: пропущено событий: { $events }; смотрите `whence projections parked`
phrase-dead-letters = непонятых сообщений, записей и запросов: { $number }; их список: `whence dead-letters list`
phrase-strangers = кто-то без ключа этой установки пишет в топик журнала: отклонено записей { $records }, последняя на смещении { $last }
phrase-unprotected = { $position }: { $stops } на бирже с { $since } UTC; открыта { $age }, последняя цена { $price }: { $advice }
phrase-advice = поставьте стоп или закройте её
phrase-no-stop = нет стопа
phrase-unknown = неизвестна
phrase-no-position = её вход закончен, и у биржи нет позиции, которую она могла бы уменьшить
phrase-by-telegram = из Telegram
phrase-draft-expired = черновик действовал до { $until } UTC; проверьте заявку снова
phrase-api-unreachable = API недоступен ({ $fault })
phrase-under-way = движок принял запрос и ещё не закончил: повторный запрос с тем же ключом вернёт его ответ и не выполнится второй раз
phrase-engine-failed = движок остановился, выполняя запрос: он записан целиком или вовсе не записан; повторный запрос с тем же ключом покажет это, когда у журнала снова будет движок, и не выполнится второй раз
phrase-engine-silent = процесс движка не ответил: запрос отозван или выполняется целиком; повторный запрос с тем же ключом вернёт его ответ и не выполнится второй раз
phrase-not-protective = стоп { $stop } не защищает: { $place }
phrase-no-gain = цель { $target } не даёт прибыли: { $place }
phrase-belongs-below = позиция { $direction } по { $price }, уровень должен быть ниже
phrase-belongs-above = позиция { $direction } по { $price }, уровень должен быть выше
phrase-built-in = Bybit v5 instruments-info, из поставки
phrase-from-the-tape = записи цен

screen-home = Whence
screen-market = Рынок
screen-portfolio = Портфель
screen-risk = Риск
screen-system = Система
screen-explain = Объяснение
screen-kill = Аварийная остановка
command-home = Все экраны
command-market = Цены и их возраст
command-portfolio = Баланс, капитал и открытые позиции
command-risk = Лимиты и аварийная остановка
command-system = Биржа, журнал, модели чтения
command-explain = Почему: цепочка по идентификатору
command-kill = Аварийная остановка торговли
home-help = Выберите экран или отправьте команду, например /portfolio.
refresh = ↻ Обновить
menu = ☰ Меню
cancel = Отмена
more = … и ещё { $n }
no-account = В этом журнале не открыт ни один счёт.
market-no-engine = В процессе этого API нет движка, поэтому цены не приходят.
market-candle = { $venue }, свеча закрыта { $age }
market-empty = Движок ещё не видел ни одной цены.
age-now = только что
age-minutes = { $n } мин назад
age-hours = { $n } ч назад
age-days = { $n } дн назад
balance = Баланс
equity = Капитал
unrealised = Нереализовано
day-realised = Реализовано за день
exposure = Экспозиция
open-risk = Открытый риск
open-positions = Открытые позиции
working-orders = Активные заявки
drawdown = Просадка
portfolio-flat = Открытых позиций нет.
by-hand = вручную
long = лонг
short = шорт
stop = стоп
target = цель
explain-unknown = В этом журнале нет такого идентификатора:
explain-usage = Отправьте /explain и идентификатор события, заявки, сигнала, позиции или исполнения.
system-log = Журнал
compared = Сверено с биржей
discrepancies = Открытые расхождения
breaker = Предохранитель
head = Последнее событие
last-change = Последнее изменение
read-models = Модели чтения
up-to-date = актуальны
lag = отставание { $behind }, отложено { $parked }
dead-letters = Непонятые сообщения
version = Версия
halted = входы остановлены
trading = торгует
tripped = Аварийная остановка сработала { $at }, её включил { $by }
pause = { $what }: пауза после убытков подряд ({ $losses }) до { $until }
kill = Аварийная остановка …
kill-question = Включить аварийную остановку? Новых входов не будет; ожидающие входы отменяются; открытые позиции остаются под защитой.
kill-confirm = Остановить сейчас
kill-tripped = Аварийная остановка включена.
kill-already = Аварийная остановка уже была включена.
kill-reset = Эта кнопка уже включала аварийную остановку, и с тех пор её сняли: сейчас она НЕ включена. Чтобы включить её, откройте аварийную остановку снова.
kill-unknown = Эта кнопка уже включала аварийную остановку. Включена ли она сейчас, неизвестно: API недоступен.
kill-waits = API недоступен. Попытки остановки продолжаются, пока она не сработает.
kill-refused = Аварийная остановка не включена: { $reason }
interrupted = Бот был перезапущен и не успел показать, чем закончилось нажатие кнопки «{ $button }». Неизвестно, выполнено ли это. Нажмите ту же кнопку ещё раз: действие выполнится один раз. Если срок кнопки истёк, /journal покажет, что записано.
interrupted-export = Бот был перезапущен до того, как экспорт журнала был отправлен полностью. Больше от него ничего не придёт; кнопка начнёт экспорт заново.
restarted = Бот за это время был перезапущен.
late = Бот не работал, когда вы нажали кнопку. Откройте экран снова.
old-screen = Это сообщение — не текущий экран чата. Отправьте /home.
not-allowed = Нужна роль { $role }; у вас роль { $own }.
unknown-button = Эта кнопка от другой версии бота. Откройте экран снова.
api-down = API недоступен. Повторите попытку.
api-refused = API отклонил запрос: { $reason }
alert-HIGH = СРОЧНО
alert-MEDIUM = ВАЖНО
alert-LOW = К СВЕДЕНИЮ
alert-may-repeat = Возможно, это повтор: ответ на прежнее сообщение потерян.
alert-digest = { $level }: { $n ->
    [one] { $n } оповещение
    [few] { $n } оповещения
    [many] { $n } оповещений
   *[other] { $n } оповещения
}
alert-open = Ещё никто не подтвердил: { $n ->
    [one] { $n } оповещение
    [few] { $n } оповещения
   *[many] { $n } оповещений
}.
acknowledge = ✓ Принято
acknowledged = Подтверждено.
acknowledged-before = Подтверждено раньше.
explain-button = Объяснить
screen-journal = Журнал
command-journal = События журнала по виду и словам
journal-all = Все события
journal-order = Заявки
journal-fill = Исполнения
journal-position = Позиции
journal-signal = Сигналы
journal-account = Счёт
journal-settings = Настройки
journal-empty = Событий не найдено.
journal-older = Старее →
journal-newer = ← Новее
journal-newest = Последние
journal-help = Отправьте слова для поиска, в группе так: /journal СЛОВА. Первым может идти вид: fill BTCUSDT.
journal-long = Эти слова слишком длинны для кнопок, поэтому кнопок других страниц и видов нет. Ищите по меньшему числу слов.
screen-strategies = Стратегии
screen-strategy = Стратегия
command-strategies = Стратегии: состояние и результаты
command-strategy = Пауза или возобновление стратегии
strategies-none = Ни одна стратегия не настроена.
strategies-more = Для любой из них отправьте /strategy и идентификатор.
screen-all = Все стратегии
command-all = Приостановить или возобновить все стратегии
all-usage = Отправьте /all pause или /all resume.
all-none = Ни одной стратегии этого счёта это не касается.
all-refused = { $n ->
    [one] { $n } стратегия не изменена: { $reasons }
    [few] { $n } стратегии не изменены: { $reasons }
   *[other] { $n } стратегий не изменены: { $reasons }
}
pause-all = ❚❚ Приостановить все
resume-all = ▶ Возобновить все
pause-all-confirm = Приостановить все эти сейчас
resume-all-confirm = Возобновить все эти сейчас
pause-all-question = { $n ->
    [one] Приостановить { $n } стратегию? Её входы тогда пропускаются; выходы и защита позиций продолжают работать.
    [few] Приостановить { $n } стратегии? Их входы тогда пропускаются; выходы и защита позиций продолжают работать.
   *[other] Приостановить { $n } стратегий? Их входы тогда пропускаются; выходы и защита позиций продолжают работать.
}
resume-all-question = { $n ->
    [one] Возобновить { $n } стратегию? Её входы тогда снова рассматриваются.
    [few] Возобновить { $n } стратегии? Их входы тогда снова рассматриваются.
   *[other] Возобновить { $n } стратегий? Их входы тогда снова рассматриваются.
}
pause-all-done = { $n ->
    [one] Приостановлена { $n } стратегия.
    [few] Приостановлены { $n } стратегии.
   *[other] Приостановлено { $n } стратегий.
}
resume-all-done = { $n ->
    [one] Возобновлена { $n } стратегия.
    [few] Возобновлены { $n } стратегии.
   *[other] Возобновлено { $n } стратегий.
}
strategy-usage = Отправьте /strategy и идентификатор стратегии; список — /strategies.
strategy-unknown = Нет действующей стратегии с идентификатором { $strategy }.
strategy-is-paused = на паузе
strategy-is-running = работает
strategy-pause = Пауза { $strategy } …
strategy-resume = Возобновить { $strategy } …
strategy-question = На паузе входы стратегии пропускаются; выходы и защита её позиций продолжаются.
strategy-long = Этот идентификатор слишком длинный для кнопки. Используйте `whence` или веб-панель.
pause-confirm = Поставить на паузу
resume-confirm = Возобновить сейчас
strategy-paused = { $strategy }: пауза включена.
strategy-resumed = { $strategy }: работа возобновлена.
strategy-as-before = Сейчас ничего не изменилось: { $strategy } уже в этом состоянии, или кнопка использована раньше. На экране текущее состояние.
strategy-refused = Стратегия не изменена: { $reason }
strategy-open = Неизвестно, выполнено ли это. Нажмите ту же кнопку ещё раз: действие выполнится один раз. { $reason }
all-instruments = все инструменты
trades = Сделки
won = прибыльных
net = Итог
largest-loss = Наибольший убыток
largest-drawdown = Наибольшее падение итога
screen-settings = Настройки
command-settings = Действующие настройки
settings-version = версия { $version }
settings-mark = { $mark } — значение отличается от значения по умолчанию.
settings-instead = по умолчанию { $default }
settings-default = Все настройки по умолчанию.
settings-no-group = Нет действующих настроек в группе { $group }.
settings-changed = Изменённые
report-title = Отчёт за { $day } (UTC)
report-begin = Капитал в начале дня
report-end = Капитал в конце дня
report-change = Изменение
report-fees = Комиссии этих сделок
screen-trade = Торговля
command-trade = Разместить заявку
other-user = Это ввёл другой пользователь. Отправьте команду, чтобы начать своё.
outcome-open = Неизвестно, выполнено ли это. Нажмите ту же кнопку ещё раз: действие выполнится один раз. { $reason }
trade-BUY = Купить
trade-SELL = Продать
trade-MARKET = По рынку
trade-LIMIT = Лимитная
trade-STOP = Стоп-заявка
trade-instrument = Инструмент
trade-side = Сторона
trade-price = Цена
trade-quantity = Количество
trade-stop = Стоп
trade-target = Цель
trade-available = Доступно
trade-no-price = цены нет
trade-rounded = округлено с { $entered }
trade-rules = Лот { $lot }, шаг цены { $tick }; от { $least } до { $most } в заявке, не меньше { $notional }
trade-min-quantity = Количество меньше наименьшего для инструмента.
trade-max-quantity = Количество больше наибольшего для инструмента.
trade-min-notional = Сумма заявки меньше наименьшей для инструмента.
trade-below-lot = { $entered } меньше одного лота. Введите большее количество.
trade-share = { $share } % баланса
trade-risk = { $share } % риска
trade-send = Отправьте значение сообщением: { $what }.
trade-complete = Проверьте заявку: при этом ничего не размещается.
trade-missing = Ещё не выбрано: { $what }.
trade-no-size = Количество для этого размера не вычислить: нужна цена, а для доли риска — стоп, отличный от неё.
trade-twice = Одно из значений указано дважды, или слово — не число и не инструмент: действует первое.
trade-no-number = Это не число: отправьте число с точкой, например 0.01.
trade-no-instrument = Это не инструмент: отправьте, например, BTCUSDT или BTCUSDT-LINEAR.BYBIT.
trade-no-field = Сначала нажмите, к чему относится текст.
trade-no-account = В этом журнале нет счёта или их несколько: выберите один командой /account.
limits-no-account = В этом журнале нет счёта или их несколько: выберите один командой /account.
trade-check = ✓ Проверить заявку
trade-not-drafted = Заявка не проверена, и ничего не размещено: { $reason }
trade-not-kept = Черновик не сохранён, и ничего не размещено: состояние бота не записывается ({ $reason }).
trade-refuses = Правила отклоняют эту заявку:
trade-notional = Сумма
trade-margin = Маржа
trade-fee = Комиссия
trade-at-risk = Убыток на стопе с комиссиями
trade-at-target = Прибыль на цели до комиссий
trade-votes = { $chamber }: за — { $approve } из { $all }
trade-question = Разместить эту заявку? Черновик действует до { $until }.
trade-place = Разместить сейчас
trade-again = ↻ Проверить снова
trade-change = ✎ Изменить
trade-anew = ✕ Начать заново
trade-begin-again = У бота больше нет этого черновика, и этим нажатием ничего не размещено. Проверьте заявку снова.
trade-refused-line = Заявка не размещена: { $reason }
trade-late = Бот не работал, когда вы нажали кнопку, а расчёт с тех пор изменился или правила теперь отклоняют заявку. Ничего не размещено: проверьте заявку снова.
trade-placed = Заявка размещена.
trade-placed-before = Заявка размещена прежним нажатием этой кнопки.
screen-positions = Позиции
screen-position = Позиция
screen-order = Заявка
command-positions = Открытые позиции и активные заявки
command-position = Закрыть позицию или сдвинуть стоп и цель
command-order = Отменить или изменить активную заявку
position-usage = Отправьте /position и идентификатор позиции; список — /positions.
order-usage = Отправьте /order и идентификатор активной заявки; список — /positions.
positions-no-order = Активных заявок нет.
position-closing = закрывается: { $reason }
position-gone = { $id }: позиция не открыта.
position-price = Последняя цена
order-gone = { $id }: заявка больше не активна.
protect-question = Переставить? Другой уровень и позиция остаются как есть.
protect-confirm = Переставить сейчас
protect-moved = Защита переставлена.
amend-send = Отправьте сообщением новое значение или изменение, например -0.5%: { $what }.
amend-no-number = Это не число, например 0.01, и не изменение, например -0.5%.
amend-same = У заявки уже такое значение.
amend-question = Изменить заявку? Исполненное остаётся.
amend-confirm = Изменить сейчас
amend-requested = Изменение запрошено.
order-filled = исполнено
protect-even = Средняя цена
at-stop = Результат на стопе до комиссий
at-target = Результат на цели до комиссий
close-question = Закрыть всё по рынку? Рыночные заявки отправляются, пока позиция не закрыта.
close-confirm = Закрыть сейчас
close-begun = Закрытие начато.
cancel-question = Отменить эту заявку? Исполненное остаётся.
cancel-confirm = Отменить сейчас
cancel-requested = Отмена запрошена.
done-before = Сейчас ничего не изменилось: кнопка использована раньше, или так уже было.
not-done = Это не выполнено: { $reason }
screen-limits = Лимиты
command-limits = Изменить лимиты риска и выходы
limits-help = Нажмите настройку, чтобы изменить её.
limits-now = Сейчас
limits-default = По умолчанию
limits-range = Диапазон
limits-send = Отправьте новое значение.
limits-reset = ↺ Сбросить на { $value }
limits-all = ← Все лимиты
limits-same = { $value } уже действует. Отправьте другое значение.
limits-question = Ввести в действие? Действует со следующего решения.
limits-confirm = Изменить сейчас
limits-changed = Настройка изменена.
limits-no-setting = Сначала нажмите настройку, к которой относится значение.
limits-version = Бот не может прочитать настройки движка: запустите одну и ту же версию обоих.
risk-limits = Изменить лимиты …
trade-reduce = Только уменьшить позицию
trade-no-choice = Такого выбора нет: используйте кнопки.
trade-type = Тип
trade-open = Размещена ли эта заявка, неизвестно. Нажмите ту же кнопку ещё раз: она разместится один раз.
limit-risk-max-positions = Открытых позиций одновременно
limit-risk-max-risk-per-trade = Убыток на стопе одной сделки, доля баланса
limit-risk-max-total-risk = Убыток при срабатывании всех стопов, доля баланса
limit-risk-max-daily-loss = Дневной убыток, после которого нет входов, доля баланса
limit-risk-on-daily-loss = При этом убытке: REFUSE отклоняет входы, TRIP включает и аварийную остановку
limit-risk-on-kill = Что аварийная остановка делает с открытыми позициями: HOLD оставляет, CLOSE закрывает
limit-risk-reserved-balance = Доля баланса, которая никогда не идёт в маржу
limit-risk-cooldown-seconds = Пауза по инструменту после убыточной позиции, в секундах
limit-risk-minimum-win-rate = Доля прибыльных сделок, ниже которой срабатывает аварийная остановка; 0: никогда
limit-risk-allowed = Инструменты, которыми можно торговать, через запятую; сброс — все
limit-caps-max-notional = Сумма одного входа, выше которой он не отправляется, в валюте котировки; 0: выключено
limit-caps-max-deviation = Отличие цены входа от рынка, выше которого он не отправляется, доля; 0: выключено
limit-caps-max-orders-per-minute = Входов за любые 60 секунд; 0: выключено
limit-margin-max-in-use = Маржа всего открытого после входа, доля баланса; 0: выключено
limit-margin-max-per-position = Маржа одной позиции, доля баланса; 0: выключено
limit-margin-liquidation-distance = Наименьшее расстояние от стопа до ликвидации, доля цены; 0: выключено
limit-limits-account-losses = Убыточных позиций подряд, после которых все входы на паузе; 0: выключено
limit-limits-strategy-losses = Убыточных позиций подряд, после которых входы стратегии на паузе; 0: выключено
limit-management-largest-loss = Убыток, при котором позиция закрывается, доля цены входа; 0: выключено
limit-management-break-even-at = Прибыль, с которой стоп стоит в безубытке, доля; 0: выключено
limit-management-trailing-levels = Скользящий стоп: уровни прибыль:расстояние через запятую
limit-management-target-activation = Прибыль, с которой цель сдвигается, доля
limit-management-target-step = На сколько цель сдвигается сначала, доля цены входа; 0: выключено
limit-management-early-profit = Чистая прибыль, при которой позиция закрывается до цели, доля; 0: выключено
limit-management-early-loss = Чистый убыток, при котором позиция закрывается, доля её стоимости; 0: выключено
limit-management-time-limit-seconds = Время, после которого позиция закрывается, в секундах; 0: выключено
limit-management-partial-closes = Частичные закрытия: уровни прибыль:доля через запятую
screen-auto = Авто
screen-switch = Пуск и остановка
command-auto = Что делает каждая стратегия и что ей мешает
command-switch = Пуск или остановка стратегии
switch-usage = Отправьте /switch и идентификатор стратегии; их список: /auto.
auto-none = Стратегии не настроены, или этих слов нет ни у одной.
auto-more = Отправьте /auto и слова из названия стратегии или инструмента.
auto-off = ВЫКЛЮЧЕНА
auto-running = В ПОЗИЦИИ
auto-ready = ГОТОВА К ВХОДУ
auto-observing = НАБЛЮДАЕТ
auto-hold = ЖДАТЬ
auto-buy = ПОКУПКА
auto-sell = ПРОДАЖА
auto-since = с { $at } ({ $age })
auto-no-signal = среди последних сигналов нет ни одного от этой стратегии
auto-market = рынку
auto-entry = вход { $quantity } по { $price } ждёт исполнения, размещён { $age }
auto-blocked = Входы закрыты: { $reasons }
auto-skipped = Последний сигнал пропущен ({ $age }): { $reasons }
auto-start = ▶ Пуск { $strategy } …
auto-stop = ■ Остановить { $strategy } …
auto-question = Остановленная стратегия не входит; её выходы и защита её позиций продолжаются. Пуск и остановка относятся ко всем её инструментам.
auto-start-confirm = Запустить сейчас
auto-stop-confirm = Остановить сейчас
auto-started = { $strategy } запущена.
auto-stopped = { $strategy } остановлена.
sandbox-title = Отладочная песочница
sandbox-off = Песочница не запущена.
sandbox-help = /debug_start, /debug_signal СИМВОЛ LONG или SHORT, /debug_state, /debug_stop
sandbox-started = Песочница запущена с новым журналом. Первая цена придёт в течение минуты.
sandbox-starting = Песочница запускается. Этот экран изменится, когда она заработает, или объяснит, почему нет.
sandbox-runs = Песочница уже была запущена.
sandbox-stopped = Песочница остановлена; её журнал сохранён.
sandbox-failed = Песочница не запущена: { $reason }
sandbox-usage = Отправьте /debug_signal, символ и LONG или SHORT.
sandbox-no-price = Песочница ещё не видела цены этого символа. Сначала должна закрыться минутная свеча. Цены есть для: { $known }
sandbox-forced = Сигнал { $direction } { $symbol } отправлен; решение показано у последнего сигнала.
sandbox-refused = Песочница отклонила сигнал: { $reason }
sandbox-open = Неизвестно, принят ли сигнал: { $reason }
sandbox-fault = Состояние песочницы неизвестно: { $reason }
next-entry = Следующий вход
next-entry-button = ≈ Размер следующего входа
next-entry-none = Эта стратегия ещё не предлагала входа, поэтому о следующем ничего не известно.
next-entry-help = Вход как по последнему сигналу, по последней цене: так движок посчитал бы и оценил его сейчас.
next-entry-refused = Размер неизвестен: { $reason }
next-entry-reasons = Был бы пропущен или урезан: { $reasons }
margin = Маржа
risk-of-entry = убыток на стопе
export = ⤓ Экспорт в CSV
export-begun = { $n ->
    [one] Экспортируется { $n } событие; файл придёт следом.
    [few] Экспортируются { $n } события; файл придёт следом.
   *[many] Экспортируется { $n } событий; файл придёт следом.
}
export-events = { $n ->
    [one] { $n } событие
    [few] { $n } события
   *[many] { $n } событий
}, часть { $part } из { $parts }
export-large = У фильтра { $n } событий, а в экспорте есть место для { $most }. Выберите вид или ищите по большему числу слов; у `whence export` ограничения нет.
export-runs = Экспорт для этого чата уже готовится.
expired = Показанное на этой кнопке старше { $minutes } мин. Откройте экран снова.
screen-language = Язык
command-language = Язык ваших экранов и оповещений
language-help = Язык ваших экранов и оповещений. Он сохраняется после перезапуска.
alert-suppressed = { $n ->
    [one] До этого подавлен { $n } похожий сигнал; он есть в журнале.
    [few] До этого подавлены { $n } похожих сигнала; они есть в журнале.
   *[many] До этого подавлено { $n } похожих сигналов; они есть в журнале.
}
log-restored = Журнал восстановлен из копии: после события { $after } в нём другие события, чем те, о которых вы получили оповещения. Оповещения начинаются оттуда заново.
screen-account = Счёт
command-account = Счёт, который показывают ваши экраны
account-help = Портфель, позиции, торговля, лимиты, журнал, стратегии и риск показывают этот счёт, другие экраны — все. Кнопка действует на тот счёт, который показал её экран.
account-all = Все счета

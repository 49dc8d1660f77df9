// The results of days as a calendar: a row for each week, from Monday on, the latest week first.
import { shown, tone } from './decimal';
import { useWords } from '../words/words';

export interface Day {
  /** The day in UTC, `2025-06-30`. */
  readonly day: string;
  readonly net: string;
  readonly trades: number;
}

const DAY_MS = 86_400_000;
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

export function Calendar({ days }: { readonly days: readonly Day[] }) {
  const words = useWords();
  const found = new Map(days.map(one => [one.day, one]));
  const weeks = [...new Set(days.map(one => mondayOf(one.day)))].sort().reverse();
  return (
    <div className="scrolled" tabIndex={0} role="region" aria-label={words('by-day')}>
      <table className="calendar">
        <thead>
          <tr>
            <th>{words('week')}</th>
            {WEEKDAYS.map(one => <th key={one}>{words(one)}</th>)}
          </tr>
        </thead>
        <tbody>
          {weeks.map(monday => (
            <tr key={monday}>
              <th>{monday}</th>
              {WEEKDAYS.map((name, place) => {
                const one = found.get(later(monday, place));
                return (
                  <td key={name} className={tone(one?.net)} title={one && `${one.day}: ${words('trades')} ${one.trades}`}>
                    {one ? shown(one.net, 2) : ''}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function mondayOf(day: string): string {
  return later(day, -((new Date(day).getUTCDay() + 6) % 7));
}

function later(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

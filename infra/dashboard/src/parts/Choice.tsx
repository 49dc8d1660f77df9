import { useWords } from '../words/words';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly string[];
  readonly onChange: (value: string) => void;
}

/** One of several values of a filter; the empty text is every value. */
export function Choice({ label, value, choices, onChange }: Props) {
  const words = useWords();
  return (
    <label>
      {words(label)}{' '}
      <select value={value} onChange={event => onChange(event.target.value)}>
        <option value="">{words('filter-all')}</option>
        {choices.map(one => <option key={one} value={one}>{one}</option>)}
      </select>
    </label>
  );
}

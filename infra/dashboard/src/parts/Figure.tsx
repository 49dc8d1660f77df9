import { useWords } from '../words/words';

interface Props {
  readonly name: string;
  readonly value: string;
  readonly unit?: string;
  readonly note?: string;
  readonly tone?: 'gain' | 'loss' | '';
}

export function Figure({ name, value, unit, note, tone = '' }: Props) {
  const words = useWords();
  return (
    <div className="figure">
      <dt>{words(name)}</dt>
      <dd className={tone}>{value}{unit && <small> {unit}</small>}</dd>
      {note && <dd className="note">{note}</dd>}
    </div>
  );
}

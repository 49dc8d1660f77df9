// What became of a request: carried out, refused, or not known.
import type { Outcome, Result } from '../api/mutate';
import { useWords } from '../words/words';

const LINES: Readonly<Record<Outcome, { readonly tone: string; readonly word: string }>> = {
  done: { tone: 'gain', word: 'request-done' },
  refused: { tone: 'loss', word: 'request-refused' },
  unknown: { tone: 'warning', word: 'request-unknown' },
};

export function ResultLine({ of }: { readonly of: Result }) {
  const words = useWords();
  const { tone, word } = LINES[of.outcome];
  return <span role="alert" className={tone}>{words(word)} {of.text}</span>;
}

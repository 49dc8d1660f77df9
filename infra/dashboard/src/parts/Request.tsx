// A button for a request that a person confirms in a dialogue. It is shown where the role permits the request.
import { useMay, type Role } from '../api/viewer';
import { useWords } from '../words/words';
import { confirm, type Confirmation } from './Dialogue';

interface Props extends Confirmation {
  readonly least: Role;
}

export function Request({ least, ...of }: Props) {
  const words = useWords();
  if (!useMay(least)) return null;
  return (
    <button
      type="button"
      className={of.isGrave ? 'grave' : ''}
      onClick={event => {
        event.stopPropagation();
        confirm(of);
      }}
    >
      {words(of.label)}
    </button>
  );
}

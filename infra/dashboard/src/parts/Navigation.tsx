import { PAGE_NAMES } from '../App';
import { useWords } from '../words/words';
import { address } from './route';

export function Navigation({ page }: { readonly page: string }) {
  const words = useWords();
  return (
    <nav aria-label={words('pages')}>
      {PAGE_NAMES.map(one => (
        <a key={one} href={address(one)} aria-current={one === page ? 'page' : undefined}>{words(`page-${one}`)}</a>
      ))}
    </nav>
  );
}

import { useEffect, useRef } from 'react';
import { PAGE_NAMES } from '../App';
import { useWords } from '../words/words';
import { address } from './route';

export function Navigation({ page }: { readonly page: string }) {
  const words = useWords();
  const list = useRef<HTMLElement>(null);
  // On a narrow screen the pages are one line that scrolls.
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [page]);
  return (
    <nav ref={list} aria-label={words('pages')}>
      {PAGE_NAMES.map(one => (
        <a key={one} href={address(one)} aria-current={one === page ? 'page' : undefined}>{words(`page-${one}`)}</a>
      ))}
    </nav>
  );
}

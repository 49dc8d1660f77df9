// The words of the page in English and Russian, by Fluent. A word that a language lacks is shown by its name.
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import { Store, useStore } from '../api/store';
import english from './en.ftl';
import russian from './ru.ftl';

export const LANGUAGES = { en: 'English', ru: 'Русский' } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = 'whence.language';
const SOURCES: Record<Language, string> = { en: english, ru: russian };
const bundles = new Map<Language, FluentBundle>();

export const language = new Store<Language>(first());

export function choose(wanted: Language): void {
  localStorage.setItem(KEY, wanted);
  document.documentElement.lang = wanted;
  language.set(wanted);
}

export type Words = (name: string, args?: Record<string, FluentVariable>) => string;

export function useWords(): Words {
  const bundle = bundleOf(useStore(language));
  return (name, args) => {
    const message = bundle.getMessage(name)?.value;
    return message ? bundle.formatPattern(message, args ?? null) : name;
  };
}

function first(): Language {
  const kept = localStorage.getItem(KEY) ?? navigator.language.slice(0, 2);
  const found = kept in LANGUAGES ? (kept as Language) : 'en';
  document.documentElement.lang = found;
  return found;
}

function bundleOf(wanted: Language): FluentBundle {
  const found = bundles.get(wanted) ?? new FluentBundle(wanted, { useIsolating: false });
  if (!bundles.has(wanted)) {
    bundles.set(wanted, found);
    found.addResource(new FluentResource(SOURCES[wanted]));
  }
  return found;
}

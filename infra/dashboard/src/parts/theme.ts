import { Store } from '../api/store';

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const KEY = 'whence.theme';

export const theme = new Store<Theme>(themes.find(one => one === localStorage.getItem(KEY)) ?? 'auto');

export function chooseTheme(wanted: Theme): void {
  localStorage.setItem(KEY, wanted);
  theme.set(wanted);
  apply();
}

function apply(): void {
  if (theme.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
}

apply();

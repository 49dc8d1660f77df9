// The page, once React is there.
import { StrictMode } from 'react';
import type { Root } from 'react-dom/client';
import { App } from './App';
import { keepFocus } from './parts/focus';

export function start(root: Root): void {
  keepFocus();
  root.render(<StrictMode><App /></StrictMode>);
}

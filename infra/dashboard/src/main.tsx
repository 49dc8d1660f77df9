import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { keepFocus } from './parts/focus';
import './style.css';

const place = document.getElementById('page');
if (place === null) throw new Error('the page has no element with the id `page`');
keepFocus();
createRoot(place).render(<StrictMode><App /></StrictMode>);

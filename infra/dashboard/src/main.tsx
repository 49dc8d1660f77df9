// Loads the page in two parts. Each is evaluated in a task of its own, so neither keeps the browser from a reader's input
// for long.
import './style.css';
import 'uplot/dist/uPlot.min.css';

const place = document.getElementById('page');
if (place === null) throw new Error('the page has no element with the id `page`');
const { createRoot } = await import('./root');
const { start } = await import('./start');
start(createRoot(place));

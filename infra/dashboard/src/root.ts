// React, in a file of its own.
export { createRoot } from 'react-dom/client';

// The editor's workers, from the local folder. The build defines WORKERS: their file names, which hold a content hash.
globalThis.MonacoEnvironment = {
  getWorker: (_, label) =>
    new Worker(new URL(WORKERS[label] ?? WORKERS.editor, import.meta.url), { type: 'module', name: label }),
};

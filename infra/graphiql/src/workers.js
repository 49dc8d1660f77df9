// The editor's workers, from our own folder. The build puts their names, which hold their content's hash, in WORKERS.
globalThis.MonacoEnvironment = {
  getWorker: (_, label) =>
    new Worker(new URL(WORKERS[label] ?? WORKERS.editor, import.meta.url), { type: 'module', name: label }),
};

// Bundles the page into the folder given on the command line: local files only, each named by its content, and no
// inline script, so that the policy `script-src 'self'` suffices.
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
};
// GraphiQL's style sheet already holds the editor's styles.
const OWN_STYLES = {
  name: 'own-styles',
  setup: ({ onLoad }) => onLoad({ filter: /[/]monaco-editor[/].*[.]css$/ }, () => ({ contents: '', loader: 'css' })),
};
const COMMON = {
  bundle: true,
  minify: true,
  // GraphiQL derives the accessible names of its buttons from the names of its functions.
  keepNames: true,
  format: 'esm',
  target: 'es2022',
  metafile: true,
  legalComments: 'external',
  logLevel: 'warning',
  entryNames: '[name]-[hash]',
  chunkNames: 'part-[hash]',
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.USE_IMPORT': '"true"' },
};

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node src/build.mjs FOLDER');
const outdir = join(folder, 'assets');

const workers = entries(await build({ ...COMMON, outdir, entryPoints: WORKERS }));
const page = await build({
  ...COMMON,
  outdir,
  entryPoints: { page: 'src/page.jsx' },
  splitting: true,
  jsx: 'automatic',
  loader: { '.graphql': 'text' },
  plugins: [OWN_STYLES],
  define: { ...COMMON.define, WORKERS: JSON.stringify(workers) },
});
await writeFile(join(folder, 'index.html'), html(entries(page).page, styles(page)));

// { name of the entry: name of its file }
function entries({ metafile }) {
  const named = Object.keys(metafile.outputs).filter(file => metafile.outputs[file].entryPoint && file.endsWith('.js'));
  return Object.fromEntries(named.map(file => [basename(file).replace(/-[^-]+$/, ''), basename(file)]));
}

function styles({ metafile }) {
  const output = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint?.endsWith('page.jsx'));
  return basename(output.cssBundle);
}

// The addresses are relative to the endpoint, beside which the assets are served, so a proxy may add a prefix to both.
function html(script, style) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Whence</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="graphiql/${style}">
<script type="module" src="graphiql/${script}"></script>
</head>
<body>
<div id="page"><noscript>GraphiQL needs JavaScript.</noscript></div>
</body>
</html>
`;
}

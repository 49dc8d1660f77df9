// Bundles the dashboard into the folder given on the command line: local files only, each named by its content, and no
// inline script or style, so that the policy `script-src 'self'; style-src 'self'` suffices.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { licences } from './licences.mjs';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node build.mjs FOLDER');
/** The modules that the first page is begun with. */
const FIRST = ['src/root.ts', 'src/start.tsx'];
const outdir = join(folder, 'assets');
await mkdir(outdir, { recursive: true });

const bundled = await build({
  entryPoints: { page: 'src/main.tsx' },
  outdir,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  jsx: 'automatic',
  target: 'es2022',
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
  entryNames: '[name]-[hash]',
  chunkNames: 'part-[hash]',
  loader: { '.ftl': 'text' },
  define: { 'process.env.NODE_ENV': '"production"' },
});
const { outputs } = bundled.metafile;
const entry = Object.values(outputs).find(one => one.entryPoint === 'src/main.tsx');
const script = Object.keys(outputs).find(name => outputs[name] === entry);
await writeFile(join(folder, 'index.html'), html(basename(script), basename(entry.cssBundle), parts()));
await writeFile(join(outdir, 'licences.txt'), await licences(used(), await readFile('package-lock.json', 'utf8')));

// The files of which something is in the bundle.
function used() {
  const parts = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return parts.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([name]) => name);
}

// The parts of the first page. The browser fetches them at once, and not one after the other.
function parts() {
  const found = new Set();
  const take = ({ imports }) => imports.filter(one => outputs[one.path] && !found.has(one.path)).forEach(({ path, kind }) => {
    if (kind === 'dynamic-import' && !FIRST.includes(outputs[path].entryPoint)) return;
    found.add(path);
    take(outputs[path]);
  });
  take(entry);
  return [...found].map(one => basename(one));
}

// The addresses are relative, so a proxy may add a prefix.
function html(script, style, parts) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Whence</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/${style}">
${parts.map(one => `<link rel="modulepreload" href="assets/${one}">`).join('\n')}
<script type="module" src="assets/${script}"></script>
</head>
<body>
<div id="page"><noscript>The dashboard needs JavaScript.</noscript></div>
</body>
</html>
`;
}

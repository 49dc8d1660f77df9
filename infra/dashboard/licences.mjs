// The licences of the packages whose code is in the bundle, as one text.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)\//;

export async function licences(inputs, lock) {
  const names = [...new Set(inputs.map(name => PACKAGE.exec(name)?.[1]).filter(Boolean))].sort();
  const versions = JSON.parse(lock).packages;
  const parts = [];
  for (const name of names) {
    const folder = join('node_modules', name);
    const { license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    parts.push(`${name} ${versions[folder].version} (${license})\n\n${await texts(folder)}`);
  }
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function texts(folder) {
  const found = (await readdir(folder)).filter(name => /^(licen[cs]e|notice)/i.test(name)).sort();
  const read = found.map(async name => (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n').trim());
  return `${(await Promise.all(read)).join('\n\n') || 'The package has no file of its licence.'}\n`;
}

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
    parts.push(`${name} ${versions[folder].version} (${license})\n\n${await texts(folder, license)}`);
  }
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function texts(folder, license) {
  const found = (await readdir(folder)).filter(name => /^(licen[cs]e|notice)/i.test(name)).sort();
  const read = found.map(async name => (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n').trim());
  if (found.length === 0) return `${await standard(license)}\n`;
  return `${(await Promise.all(read)).join('\n\n')}\n`;
}

// The text of a licence whose package has no file of it.
async function standard(license) {
  if (license !== 'Apache-2.0') throw new Error(`a package under ${license} has no file of its licence`);
  return (await readFile('../../LICENSE', 'utf8')).trim();
}

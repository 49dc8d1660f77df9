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
    const { license, author } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    parts.push(`${name} ${versions[folder].version} (${license})\n\n${await texts(folder, license, author)}`);
  }
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function texts(folder, license, author) {
  const found = (await readdir(folder)).filter(name => /^(licen[cs]e|notice)/i.test(name)).sort();
  const read = found.map(async name => (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n').trim());
  if (found.length === 0) return `${await standard(license, author)}\n`;
  return `${(await Promise.all(read)).join('\n\n')}\n`;
}

// The text of a licence whose package has no file of it.
async function standard(license, author) {
  if (license === 'Apache-2.0') return (await readFile('../../LICENSE', 'utf8')).trim();
  if (license === 'MIT' && author) return mit(typeof author === 'string' ? author : author.name);
  throw new Error(`a package under ${license} has no file of its licence`);
}

// https://spdx.org/licenses/MIT
function mit(author) {
  return `MIT License

Copyright (c) ${author}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR
IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
}

// A list as CSV (RFC 4180), made in the browser of the rows as the API sends them: exact decimals, times in UTC.

export function csvOf(rows: readonly object[]): string {
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))].filter(name => name !== '__typename');
  const lines = rows.map(row => names.map(name => field((row as Record<string, unknown>)[name])).join(','));
  return [names.join(','), ...lines, ''].join('\r\n');
}

function field(value: unknown): string {
  const text = value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  // A sheet runs a text that begins like this as a formula; a number is none.
  const safe = /^[=@\t\r]|^[+-](?![\d.]+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// Exact decimals as text, for display. Arithmetic here is for what the eye compares; money is computed by the API.

/** Rounded to at most `places` digits after the point, without trailing zeros; groups of three before it. */
export function shown(decimal: string | null | undefined, places = 8): string {
  if (decimal === null || decimal === undefined) return '–';
  const [whole = '0', rest = ''] = rounded(decimal.replace('-', ''), places).split('.');
  const kept = rest.replace(/0+$/, '');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  const sign = decimal.startsWith('-') && /[1-9]/.test(whole + kept) ? '\u2212' : '';
  return `${sign}${grouped}${kept ? `.${kept}` : ''}`;
}

/** Half up, in whole numbers: a float would lose digits. */
function rounded(magnitude: string, places: number): string {
  const [whole = '0', rest = ''] = magnitude.split('.');
  if (rest.length <= places) return magnitude;
  const up = (rest[places] ?? '0') >= '5' ? 1n : 0n;
  const digits = String(BigInt(whole + rest.slice(0, places)) + up).padStart(places + 1, '0');
  return `${digits.slice(0, digits.length - places)}.${digits.slice(digits.length - places)}`;
}

/** Rounded to `places` digits after the point, which are all written. */
export function fixed(number: number | null | undefined, places = 2): string {
  if (number === null || number === undefined || Number.isNaN(number)) return '–';
  const [whole = '0', rest = ''] = Math.abs(number).toFixed(places).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  const sign = number < 0 && /[1-9]/.test(whole + rest) ? '\u2212' : '';
  return `${sign}${grouped}${rest ? `.${rest}` : ''}`;
}

export function percent(fraction: number | null | undefined, places = 2): string {
  return fraction === null || fraction === undefined ? '–' : `${fixed(fraction * 100, places)}\u202f%`;
}

/** With two significant digits and one place at least: a small share is not shown as 0. */
export function significantPercent(fraction: number): string {
  const magnitude = fraction === 0 ? 0 : Math.floor(Math.log10(Math.abs(fraction * 100)));
  return percent(fraction, Math.min(6, Math.max(1, 1 - magnitude)));
}

export function tone(decimal: string | number | null | undefined): 'gain' | 'loss' | '' {
  const number = Number(decimal ?? 0);
  return number > 0 ? 'gain' : number < 0 ? 'loss' : '';
}

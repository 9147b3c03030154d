/**
 * Cells of a CSV that people open in a spreadsheet. A cell that a spreadsheet would run as a formula gets a leading apostrophe, which the
 * spreadsheet shows as text. Source: OWASP, CSV Injection.
 */

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
// The semicolon too: where the comma is the decimal mark, spreadsheets split there.
const QUOTED = /[",;\t\r\n]|^\s|\s$/;

/** One row with its line end, quoted by RFC 4180. Null is an empty cell. */
export function csvRow(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * One cell. Numbers are ours and stay numbers.
 * @internal for its tests
 */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Reads yes and no as people's files write them. One table, whatever the case; a word that is not in it says neither. */

// biome-ignore format: a table: English, German, French, Italian, Spanish, Dutch, Portuguese, and what spreadsheets write in these languages
const YES = ['yes', 'true', 'y', 't', '1', 'x', 'on', 'ja', 'j', 'wahr', 'oui', 'vrai', 'sí', 'sì', 'si', 'vero', 'verdadero', 'verdadeiro', 'sim', 'waar'];
// biome-ignore format: a table
const NO = ['no', 'false', 'n', 'f', '0', 'off', 'nein', 'falsch', 'non', 'faux', 'falso', 'não', 'nao', 'nee', 'onwaar'];

const TABLE: ReadonlyMap<string, boolean> = new Map([
  ...YES.map((word) => [word, true] as const),
  ...NO.map((word) => [word, false] as const),
]);
const CHARS_MAX = 20;

/** What a text says, or null where it says neither yes nor no. */
export function readYesNo(text: string): boolean | null {
  return text.length > CHARS_MAX ? null : (TABLE.get(text.trim().toLowerCase().normalize('NFC')) ?? null);
}

/** The months in words, in lower case and without marks. A word means the same month in every language that has it. */

// biome-ignore format: a table: English, German, French, Italian, Spanish, Dutch, Portuguese
const WORDS: readonly string[] = [
  'january jan januar janner janvier janv gennaio gen enero ene januari janeiro',
  'february feb februar feber fevrier fevr fev febbraio febrero februari fevereiro',
  'march mar marz maerz mrz mars marzo maart mrt marco',
  'april apr avril avr aprile abril abr',
  'may mai maggio mag mayo mei maio',
  'june jun juni juin giugno giu junio junho',
  'july jul juli juillet juil luglio lug julio julho',
  'august aug aout agosto ago augustus',
  'september sept sep septembre settembre set sett septiembre setiembre setembro',
  'october oct oktober okt octobre ottobre ott octubre outubro out',
  'november nov novembre noviembre novembro',
  'december dec dezember dez decembre dicembre dic diciembre dezembro',
];

const MONTH_OF: ReadonlyMap<string, number> = new Map(
  WORDS.flatMap((words, index) => words.split(' ').map((word) => [word, index + 1] as const)),
);

/** From 1; 0 where the word is no month. */
export function monthOfWord(word: string): number {
  return MONTH_OF.get(word) ?? 0;
}

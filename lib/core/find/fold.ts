/**
 * Texts compared as people compare them: whatever the case of their letters, their accents and their width. PostgreSQL is asked by a regular expression, for a cluster
 * may have no collation that folds anything (the embedded one is `C`), and JavaScript finds by the same expression what is highlighted: one definition for both.
 */

/** `e`, `é`, `É`, `ｅ` and `e` with an accent of its own are one. What is no letter stays. */
export function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFD').replace(ACCENTS, '').normalize('NFC');
}

/** The expression that finds a text inside another, as `folded` compares them. */
export function foldedPattern(text: string): string {
  return expressionOf(text, (character) => escaped(character));
}

/** The same for the text of a JSON value, in which a quote has a backslash before it. */
export function foldedJsonPattern(text: string): string {
  return expressionOf(text, (character) => escaped(JSON.stringify(character).slice(1, -1)));
}

/** The expression that finds these very characters; inside of the text of a JSON value, where that is asked. */
export function exactPattern(text: string, { json = false } = {}): string {
  return escaped(json ? JSON.stringify(text).slice(1, -1) : text);
}

/** Those of letters, not the vowels of scripts that write them above and below: Latin, Greek and Cyrillic, and the marks that voice kana. */
const ACCENTS = /[\u0300-\u036f\u3099\u309a]/g;
/** Of a value that keeps its accents apart from its letters; halfwidth kana has marks of its own. */
const ACCENTS_KEPT = '[\\u0300-\\u036f\\u3099\\u309a\\uff9e\\uff9f]*';

/** Where there are letters with case, accents or a width: Latin, Greek, Cyrillic, Armenian, Georgian, kana, and what is full or half as wide. */
const FOLDED_RANGES: readonly (readonly [number, number])[] = [
  ...([
    [0x21, 0x24f],
    [0x370, 0x58f],
    [0x10a0, 0x10ff],
    [0x1c80, 0x1cbf],
    [0x1e00, 0x1fff],
  ] as const),
  ...([
    [0x2c00, 0x2d2f],
    [0x3041, 0x30ff],
    [0xff01, 0xffdc],
  ] as const),
];

let alike: ReadonlyMap<string, readonly string[]> | null = null;

/** The characters that are folded to one, by it; some three thousand, made when the first is asked for. */
function alikeTo(character: string): readonly string[] {
  alike ??= groupAlike();
  return alike.get(character) ?? [...new Set([character, character.toUpperCase(), character.toLowerCase()])];
}

function groupAlike(): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [first, last] of FOLDED_RANGES)
    for (let code = first; code <= last; code++) {
      const character = String.fromCharCode(code);
      const to = folded(character);
      if ([...to].length !== 1) continue;
      const group = groups.get(to);
      if (group) group.push(character);
      else groups.set(to, to === character ? [character] : [to, character]);
    }
  return new Map([...groups].map(([to, group]) => [to, [...new Set(group)]]));
}

function expressionOf(text: string, written: (character: string) => string): string {
  return [...folded(text)]
    .map((character) => {
      const group = alikeTo(character);
      const letters = group.every((one) => LETTER.test(one)) ? ACCENTS_KEPT : '';
      const all = group.map(written);
      if (all.length === 1) return `${all[0]}${letters}`;
      return all.every((one) => [...one].length === 1) ? `[${all.join('')}]${letters}` : `(?:${all.join('|')})${letters}`;
    })
    .join('');
}

const LETTER = /^\p{L}/u;

/** Of what means something to PostgreSQL or to JavaScript, and is let stand by both with a backslash before it. */
function escaped(text: string): string {
  return text.replace(/[\^$\\.*+?()[\]{}|/]/g, '\\$&');
}

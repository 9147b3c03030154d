/**
 * Addresses and domains inside a text that may not be what they look like. A label of a domain, or what stands before an @, is
 *
 * - `mixed` where its letters come from scripts that are not written together: UTS #39's highly restrictive profile, which allows one script, or Latin with Han and
 *   the kana, with Han and Bopomofo, or with Han and Hangul;
 * - `alike` where all of its letters are Cyrillic, Greek or Armenian ones that look like Latin, under a top level where such names are not at home (as browsers judge it);
 * - `encoded` where it is Punycode (xn--…): then what it stands for is told, which is judged in the same way first.
 */

import punycode from 'punycode.js';

export type Spoof = {
  kind: 'mixed' | 'alike' | 'encoded';
  /** as it stands in the text */
  address: string;
  /** two or three words beside the address */
  badge: string;
  /** a sentence */
  says: string;
};

/** So much of a text is looked through, and so many are told. */
const CHARS_MAX = 4_096;
const SPOOFS_MAX = 5;

const PART = '[\\p{L}\\p{M}\\p{N}\\p{Cf}_-]{1,63}';
const ADDRESS = new RegExp(
  `(?:(?<local>[\\p{L}\\p{M}\\p{N}\\p{Cf}.!#$%&'*+/=?^_\`{|}~-]{1,64})@|(?<said>:\\/\\/|www\\.))?(?<host>${PART}(?:[.\\u3002\\uff0e\\uff61]${PART}){1,8})`,
  'giu',
);

/** What is told of the addresses and domains in a text; nothing, as a rule. */
export function spoofsIn(text: string): Spoof[] {
  if (!/[^\0-\x7f]|xn--/i.test(text)) return [];
  const spoofs = new Map<string, Spoof>();
  for (const { groups } of text.slice(0, CHARS_MAX).matchAll(ADDRESS)) {
    const { local, said, host = '' } = groups ?? {};
    const address = local === undefined ? host : `${local}@${host}`;
    const labels = host.split(/[.\u3002\uff0e\uff61]/);
    const top = (labels.at(-1) ?? '').toLowerCase();
    // “end.Begin” is no domain: a bare one ends as domains do.
    if (local === undefined && said === undefined && !/^(?:[a-z]{2,24}|xn--[a-z0-9-]+)$/.test(top)) continue;
    const spoof = spoofOf(address, local, labels, top);
    if (spoof) spoofs.set(address, spoof);
    if (spoofs.size === SPOOFS_MAX) break;
  }
  return [...spoofs.values()];
}

function spoofOf(address: string, local: string | undefined, labels: readonly string[], top: string): Spoof | null {
  const decoded = labels.map(decodedLabel);
  const host = decoded.join('.');
  const encoded = host !== labels.join('.');
  const meant = encoded ? `${host} ` : '';
  for (const label of [...(local === undefined ? [] : [local]), ...decoded]) {
    const scripts = mixedScripts(label);
    if (scripts === null) continue;
    const badge = `${meant}mixed scripts`;
    return { kind: 'mixed', address, badge, says: `“${label}” mixes letters of ${scripts.join(' and ')}.` };
  }
  for (const label of decoded) {
    const alike = latinLookAlike(label, top);
    if (alike === null) continue;
    const badge = `${meant}looks like “${alike.latin}”`;
    return { kind: 'alike', address, badge, says: `“${label}” is ${alike.script}, and looks like the Latin “${alike.latin}”.` };
  }
  return encoded ? { kind: 'encoded', address, badge: host, says: `${labels.join('.')} stands for ${host}.` } : null;
}

function decodedLabel(label: string): string {
  if (!/^xn--./i.test(label)) return label;
  try {
    return punycode.decode(label.slice(4).toLowerCase());
  } catch {
    // No Punycode: it stands for itself.
    return label;
  }
}

/** The scripts that are in general modern use (UAX #31, table 5). */
const SCRIPTS = [
  ...[
    'Latin',
    'Arabic',
    'Armenian',
    'Bengali',
    'Bopomofo',
    'Cyrillic',
    'Devanagari',
    'Ethiopic',
    'Georgian',
    'Greek',
    'Gujarati',
    'Gurmukhi',
  ],
  ...[
    'Han',
    'Hangul',
    'Hebrew',
    'Hiragana',
    'Kannada',
    'Katakana',
    'Khmer',
    'Lao',
    'Malayalam',
    'Myanmar',
    'Oriya',
    'Sinhala',
    'Tamil',
  ],
  ...['Telugu', 'Thaana', 'Thai', 'Tibetan', 'Cherokee'],
];
const TOGETHER = [
  ...SCRIPTS.map((script) => [script]),
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
].map(
  (scripts) => new RegExp(`^[${scripts.map((script) => `\\p{scx=${script}}`).join('')}\\p{scx=Common}\\p{scx=Inherited}]*$`, 'u'),
);
const LETTERS_OF = SCRIPTS.map((script) => [script, new RegExp(`\\p{sc=${script}}`, 'u')] as const);

/** The scripts of a label whose letters are not written together; null where they are. */
function mixedScripts(label: string): string[] | null {
  if (TOGETHER.some((allowed) => allowed.test(label))) return null;
  const named = LETTERS_OF.flatMap(([script, letters]) => (letters.test(label) ? [script] : []));
  return named.length > 1 ? named : [...named, 'a rare script'];
}

/** Letters that look like Latin ones (UTS #39, confusables.txt), and the top levels where whole names of such letters are ordinary. */
const ALIKE = [
  {
    script: 'Cyrillic',
    latin: letters('аaсcԁdеeһhіiјjӏlоoрpԛqгrѕsԝwхxуyьbпnѵvѡwҽe'),
    home: ['bg', 'by', 'kz', 'ru', 'su', 'ua', 'uz'],
  },
  { script: 'Greek', latin: letters('αaιiκkνvρpυuωwηnοoτtχxγy'), home: ['gr', 'eu'] },
  { script: 'Armenian', latin: letters('գqզqլlհhյjսuօoցgոn'), home: ['am'] },
];

function latinLookAlike(label: string, top: string): { script: string; latin: string } | null {
  const lower = label.toLowerCase();
  if (!/[^\0-\x7f]/.test(lower) || !/^[a-z]+$/.test(top)) return null;
  for (const { script, latin, home } of ALIKE) {
    if (home.includes(top)) continue;
    const read = [...lower].map((char) => latin.get(char) ?? (/[0-9-]/.test(char) ? char : null));
    if (read.every((char) => char !== null)) return { script, latin: read.join('') };
  }
  return null;
}

/** “аaсc”: a letter, and what it looks like. */
function letters(pairs: string): ReadonlyMap<string, string> {
  const chars = [...pairs];
  return new Map(chars.flatMap((char, index) => (index % 2 === 0 ? [[char, chars[index + 1] ?? ''] as const] : [])));
}

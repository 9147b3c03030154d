/** In which forms a value may stand: as it is, inside JSON, inside JSON inside JSON, in an address. */

/** What the database is asked with. `text`: patterns of ILIKE; `bytes`: the same for bytes as PostgreSQL's `encode(…, 'escape')` writes them; `regex`: for replacing. */
export type Needles = { text: string[]; bytes: string[]; regex: string };

/** Upper and lower case are one, as the database folds them; accents written in two ways are both looked for. */
export function needlesOf(value: string): Needles {
  const forms = new Set<string>();
  for (const plain of [value, value.normalize('NFC'), value.normalize('NFD')]) {
    const inJson = escaped(plain);
    for (const form of [plain, inJson, escaped(inJson), encodeURIComponent(plain), encodeURI(plain)]) forms.add(form);
  }
  // The longest first: a form may be the beginning of another one.
  const all = [...forms].sort((a, b) => b.length - a.length);
  return {
    text: all.map((form) => `%${form.replace(/[\\%_]/g, '\\$&')}%`),
    bytes: [...new Set(all.flatMap(encodings))].map((bytes) => `%${bytes.replace(/[\\%_]/g, '\\$&')}%`),
    regex: all.map((form) => form.replace(/[\\^$.*+?()[\]{}|-]/g, '\\$&')).join('|'),
  };
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Original bytes may be in another character set than ours. */
function encodings(text: string): string[] {
  const latin = [...text].every((char) => (char.codePointAt(0) ?? 0) < 256) ? [Buffer.from(text, 'latin1')] : [];
  const little = Buffer.from(text, 'utf16le');
  return [Buffer.from(text, 'utf8'), ...latin, little, Buffer.from(little).swap16()].map(inEscape);
}

/** As encode(bytes, 'escape') writes them: a byte from 128 on, and NUL, as \ooo; a backslash twice. */
function inEscape(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      if (byte === 0 || byte >= 128) return `\\${byte.toString(8).padStart(3, '0')}`;
      return byte === 92 ? '\\\\' : String.fromCharCode(byte);
    })
    .join('');
}

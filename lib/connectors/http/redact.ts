/**
 * What a target says back of the credential that it was sent. Some repeat it (an error page, a debugging proxy, a Location), and what is kept of an answer stands in
 * receipts: there the secret gives way to words.
 */

/** Changes nothing where there is no secret. */
export type Redact = (bytes: Buffer) => Buffer;

/** A cut secret at the end of what was read is taken out from so many characters on. */
const PREFIX_CHARS_MIN = 4;

/** For each character of a text, how it may be written. */
type Form = readonly (readonly string[])[];

/** @param secrets as they are sent, and what they are made of */
export function redactor(secrets: readonly string[], words: string): Redact {
  const forms = [...new Set(secrets)].flatMap(formsOf).filter((form) => form.length >= PREFIX_CHARS_MIN);
  if (forms.length === 0) return (bytes) => bytes;
  const firsts = new Set(forms.flatMap(([first = []]) => first.map((written) => written.charAt(0))));
  return (bytes) => {
    // A byte is a character, whatever the text is in.
    const text = bytes.toString('latin1');
    let kept = '';
    let from = 0;
    for (let at = 0; at < text.length; ) {
      const end = firsts.has(text.charAt(at)) ? Math.max(...forms.map((form) => endOf(text, at, form))) : at;
      if (end > at) {
        kept += `${text.slice(from, at)}[${words}]`;
        from = end;
      }
      at = Math.max(end, at + 1);
    }
    return from === 0 ? bytes : Buffer.from(kept + text.slice(from), 'latin1');
  };
}

/** The same of a text; null stays null. */
export function redactText(redact: Redact, text: string | null): string | null {
  return text === null ? null : redact(Buffer.from(text)).toString('utf8');
}

/** Where the form ends that begins here: the text's end where that cuts it; -1 where it does not begin here. */
function endOf(text: string, at: number, form: Form): number {
  let ends = [at];
  for (const [index, ways] of form.entries()) {
    const next: number[] = [];
    for (const end of ends)
      for (const written of ways) {
        if (text.startsWith(written, end)) next.push(end + written.length);
        else if (index >= PREFIX_CHARS_MIN && end + written.length > text.length && written.startsWith(text.slice(end)))
          return text.length;
      }
    if (next.length === 0) return -1;
    ends = next.length === 1 ? next : [...new Set(next)];
  }
  return Math.max(...ends);
}

/** In what forms a target may write it: as texts are written, in base64 at each of its three places among other bytes, in hexadecimal. */
function formsOf(secret: string): Form[] {
  const bytes = Buffer.from(secret);
  const coded = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and the last character also hold bits of what stands beside it.
    return encoded.slice(before === 0 ? 0 : before + 1, (before + bytes.length) % 3 === 0 ? undefined : -1);
  });
  return [
    spelled(bytes.toString('latin1'), inText),
    ...coded.map((text) => spelled(text, inBase64)),
    spelled(bytes.toString('hex'), (digit) => [digit, digit.toUpperCase()]),
  ];
}

const spelled = (text: string, ways: (char: string) => readonly string[]): Form => Array.from(text, ways);

/** Each way is made once: a secret is looked for in every answer. */
function remembered(ways: (char: string) => string[]): (char: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (char) => {
    const found = known.get(char) ?? [...new Set(ways(char))];
    known.set(char, found);
    return found;
  };
}

const NAMES: Readonly<Record<string, string[]>> = {
  '&': ['&amp;', '&amp;amp;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
  '"': ['&quot;'],
  "'": ['&apos;'],
};

/** How a byte of a text is written: as it is, in a URL and in a URL's URL, in JSON and in JSON's JSON, in HTML. */
const inText = remembered((char) => {
  const code = char.charCodeAt(0);
  const hex = code.toString(16).padStart(2, '0');
  const cased = [hex, hex.toUpperCase()];
  const escaped = /["\\/]/.test(char) ? [`\\${char}`, ...(char === '/' ? ['\\\\/'] : [`\\\\\\${char}`])] : [];
  return [
    ...(char === '\\' ? [...escaped, char] : [char, ...escaped]),
    ...cased.flatMap((one) => [`%${one}`, `%25${one}`, `\\u00${one}`, `\\\\u00${one}`, `&#x${one};`]),
    ...[`&#${code};`, `&#0${code};`],
    ...(char === ' ' ? ['+'] : []),
    ...(NAMES[char] ?? []),
  ];
});

/** The same of base64, which may be broken into lines, and written with the letters for URLs. */
const inBase64 = remembered((char) => {
  const ways = [...inText(char), ...(char === '+' ? ['-'] : char === '/' ? ['_'] : [])];
  return ways.flatMap((way) => [way, ...BREAKS.map((line) => line + way)]);
});

const BREAKS = ['\n', '\r\n', '\\n', '\\r\\n'];

/**
 * The text of a mail, cut where people stop reading: what it quotes of others, the mail that it answers, its signature. The parts joined are the text, unit for
 * unit, and each says how many lines it has: nothing is taken away, and a fold never holds all of a text.
 *
 * The time is linear in the text's length.
 */

export type TextPart = {
  kind: 'text' | 'quoted' | 'answered' | 'signature';
  /** in UTF-16 units of the text: from (inclusive), to (exclusive) */
  from: number;
  to: number;
  lines: number;
};

/** The text in parts, in order; none for an empty text. */
export function partsOfText(text: string): TextPart[] {
  const lines = linesOf(text);
  const kinds = lines.map((): TextPart['kind'] => 'text');
  for (let at = 0; at < lines.length; at++) {
    const rest = endsReading(lines, at);
    if (rest !== null) {
      kinds.fill(rest, at);
      break;
    }
    if (!isQuoted(lines[at])) continue;
    const end = quoteEnd(lines, at);
    const begin = introducedAt(lines, at);
    // A line or two that somebody answers stand before the answer: they are read with it.
    if (end - at >= QUOTED_LINES_MIN) kinds.fill('quoted', begin, end);
    at = end - 1;
  }
  const shown = lines.some(({ bare }, at) => kinds[at] === 'text' && bare !== '');
  return joined(lines, shown ? kinds : kinds.map(() => 'text'));
}

const QUOTED_LINES_MIN = 3;
/** An introduction such as “On Mon, 3 Nov 2025 at 10:02, Ada <ada@example.org> wrote:” is broken into so many lines at most. */
const INTRODUCTION_LINES_MAX = 3;
const INTRODUCTION_CHARS_MAX = 400;

/** `bare`: without blanks around it, and cut, for a line can be as long as the text. */
type Line = { from: number; to: number; bare: string };

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end + 1;
    lines.push({ from, to, bare: text.slice(from, Math.min(to, from + INTRODUCTION_CHARS_MAX)).trim() });
    from = to;
  }
  return lines;
}

function isQuoted(line: Line | undefined): boolean {
  return line?.bare.startsWith('>') ?? false;
}

/** Behind the last line of a quote; an empty line between two quoted ones belongs to it. */
function quoteEnd(lines: readonly Line[], begin: number): number {
  let end = begin + 1;
  for (let at = end; at < lines.length && (isQuoted(lines[at]) || lines[at]?.bare === ''); at++)
    if (isQuoted(lines[at])) end = at + 1;
  return end;
}

/** Where the sentence begins that says whose words follow: in any language it ends in a colon, and names a time or an address. */
function introducedAt(lines: readonly Line[], quote: number): number {
  let last = quote - 1;
  while (last >= 0 && quote - last <= 2 && lines[last]?.bare === '') last -= 1;
  if (!lines[last]?.bare.endsWith(':')) return quote;
  for (let first = last; first >= 0 && last - first < INTRODUCTION_LINES_MAX; first--) {
    const said = lines
      .slice(first, last + 1)
      .map(({ bare }) => bare)
      .join(' ');
    if (lines[first]?.bare === '') break;
    if (/\d|@/.test(said) && (first === 0 || lines[first - 1]?.bare === '')) return first;
  }
  return quote;
}

/** What begins at this line and goes on to the text's end, if anything does. */
function endsReading(lines: readonly Line[], at: number): TextPart['kind'] | null {
  const bare = lines[at]?.bare ?? '';
  if (bare === '--') return 'signature';
  if (ORIGINAL.test(bare)) return 'answered';
  if (/^(?:From|Von|De|Da|Van|Från|Od)\s?:/.test(bare) && isHeaderBlock(lines, at)) return 'answered';
  if (!/^On\s/.test(bare)) return null;
  const said = lines
    .slice(at, at + INTRODUCTION_LINES_MAX)
    .map((line) => line.bare)
    .join(' ');
  // Where signs of a quote follow, it is a quote, and the mail may go on behind it.
  if (!/^On\s[^\n]{5,300}?\swrote:/.test(said)) return null;
  const next = lines.slice(at, at + INTRODUCTION_LINES_MAX + 2).some(isQuoted);
  return next ? null : 'answered';
}

const ORIGINAL =
  /^-{2,}\s?(?:Original Message|Original Appointment|Ursprüngliche Nachricht|Message d[’']origine|Mensaje original|Messaggio originale|Oorspronkelijk bericht)\s?-{2,}$/i;

/** What Outlook puts above the mail that is answered: four headers under each other. */
function isHeaderBlock(lines: readonly Line[], at: number): boolean {
  const block = lines.slice(at + 1, at + 6).map(({ bare }) => bare);
  const named = block.filter((bare) =>
    /^(?:Sent|Date|To|Cc|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado|Para|Asunto)\s?:/.test(bare),
  );
  const before = lines[at - 1]?.bare ?? '';
  return named.length >= 3 && (before === '' || /^[_-]{5,}$/.test(before));
}

function joined(lines: readonly Line[], kinds: readonly TextPart['kind'][]): TextPart[] {
  const parts: TextPart[] = [];
  lines.forEach(({ from, to }, at) => {
    const kind = kinds[at] ?? 'text';
    const last = parts.at(-1);
    if (last?.kind === kind) parts[parts.length - 1] = { ...last, to, lines: last.lines + 1 };
    else parts.push({ kind, from, to, lines: 1 });
  });
  return parts;
}

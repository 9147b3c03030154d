/**
 * The beginning of what a target answered, as the text that is kept beside the outcome that it led to (docs/requests.md): a line that names the status, lines
 * about the answer, an empty line, and the answer itself.
 */
import { ANSWER_BYTES_MAX } from '#lib/core/limits.ts';

/** The headers of an answer that are kept. Others may hold a session or a secret. */
const KEPT_HEADERS = ['content-type', 'location'] as const;

type Headers = Partial<Record<(typeof KEPT_HEADERS)[number], string | null>>;

/** Longer ones are cut. */
const HEADER_CHARS_MAX = 500;

/**
 * Of an HTTP answer.
 * @param bytes the beginning of the answer, or all of it
 * @param whole whether they are all of it
 */
export function heardText(status: number, headers: Headers, bytes: Uint8Array, whole: boolean): string {
  const lines = [`HTTP ${status}`];
  for (const name of KEPT_HEADERS) {
    const value = (headers[name] ?? '').replace(/\p{Cc}/gu, ' ').toWellFormed();
    if (value !== '')
      lines.push(`${name}: ${value.length > HEADER_CHARS_MAX ? `${value.slice(0, HEADER_CHARS_MAX).toWellFormed()}…` : value}`);
  }
  return heardLines(lines, bytes, whole);
}

/**
 * PostgreSQL's text holds no NUL, so one is written as its picture (U+2400); what is not UTF-8 becomes U+FFFD. The text says where either was done.
 * @param about the line that names the status, and those about the answer
 */
export function heardLines(about: readonly string[], bytes: Uint8Array, whole: boolean): string {
  const kept = bytes.subarray(0, ANSWER_BYTES_MAX);
  const cut = !whole || kept.length < bytes.length;
  const { text, replaced } = decoded(kept, cut);
  const lines = [...about];
  if (cut) lines.push(`cut: these are the first ${kept.length.toLocaleString('en-US')} bytes of the answer`);
  if (replaced) lines.push('replaced: U+FFFD stands for bytes that are not UTF-8');
  if (text.includes('\0')) lines.push('replaced: U+2400 stands for NUL');
  return `${lines.join('\n')}\n\n${text.replaceAll('\0', '\u2400')}`;
}

/** What such a text holds: its first line, the lines about the answer, and the answer. */
export function readHeard(text: string): { status: string; about: string[]; body: string } {
  const end = text.indexOf('\n\n');
  const [status = '', ...about] = (end < 0 ? text : text.slice(0, end)).split('\n');
  return { status, about, body: end < 0 ? '' : text.slice(end + 2) };
}

function decoded(bytes: Uint8Array, cut: boolean): { text: string; replaced: boolean } {
  // Where it was cut, the bytes of half a character at the end are left out.
  const options = { stream: cut };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, options), replaced: false };
  } catch {
    return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, options), replaced: true };
  }
}

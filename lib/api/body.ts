/** The JSON body of a request, read once, within its limit. */
import { parse as parseSafely } from 'secure-json-parse';
import { boundedBytes } from '#lib/core/bounded.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { API_BODY_BYTES_MAX, API_BODY_DEPTH_MAX } from '#lib/core/limits.ts';
import { incoming } from '#lib/incoming.ts';

/**
 * The bytes of a request's JSON body; empty when it has none.
 *
 * @throws CountersignError `too_large`; `too_slow`; `unsupported` for a body that is not JSON by its own word; `invalid` for one that can't be parsed,
 *   names `__proto__`, is nested too deeply, or holds text that can't be stored.
 */
export async function readJsonBody(request: Request): Promise<Buffer> {
  // What is refused by its headers is not waited for.
  if (Number(request.headers.get('content-length')) > 0) assertJson(request);
  const bytes = await readBounded(request);
  if (bytes.length === 0) return bytes;
  assertJson(request);
  try {
    const text = utf8.decode(bytes);
    assertShallow(text);
    assertStorable(parseSafely(text));
  } catch (error) {
    throw new CountersignError('invalid', `The body can't be read as JSON: ${(error as Error).message.slice(0, 300)}`);
  }
  return bytes;
}

function assertJson(request: Request): void {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return;
  throw new CountersignError('unsupported', `The body's content type is ${type || 'missing'}. Send application/json.`);
}

/** Before JSON is parsed: whatever walks through it afterwards may do so by calling itself. Throws in words. */
export function assertShallow(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '[' || char === '{') {
      if (++depth > API_BODY_DEPTH_MAX) throw new Error(`It is nested more than ${API_BODY_DEPTH_MAX} levels deep.`);
    } else if (char === ']' || char === '}') depth--;
  }
}

/** The database takes neither NUL nor half of a character, and a receipt would have to hold what it doesn't. */
function assertStorable(value: unknown): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new Error('A text contains the NUL character (\\u0000).');
    if (!value.isWellFormed()) throw new Error('A text is not valid Unicode: it contains half of a character.');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      assertStorable(key);
      assertStorable(one);
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

async function readBounded(request: Request): Promise<Buffer> {
  const tooLarge = () =>
    new CountersignError('too_large', `The body is larger than ${API_BODY_BYTES_MAX / 1024 ** 2} MiB. Send it in parts.`);
  // The header may lie either way: it only saves reading what is refused in any case.
  if (Number(request.headers.get('content-length')) > API_BODY_BYTES_MAX) throw tooLarge();
  const bytes = request.body ? await boundedBytes(incoming(request.body), API_BODY_BYTES_MAX) : Buffer.alloc(0);
  if (bytes === null) throw tooLarge();
  return bytes;
}

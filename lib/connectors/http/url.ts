/** The URL of a request. Its host is the plan's, and what an item holds never changes the shape of its path. */
import { itemRefusal } from '#lib/connectors/parameters.ts';
import type { ActionItem } from '#lib/connectors/port.ts';
import type { Problem } from '#lib/core/errors.ts';
import { URL_CHARS_MAX } from '#lib/core/limits.ts';
import { renderedLength, renderTemplate, templateFields } from '#lib/core/values/template.ts';

/** The scheme and host, written out: no template, no user name, nothing that URL parsing would skip over. */
const ORIGIN = /^https?:\/\/[^\s/?#\\@{}]+(?=[/?]|$)/i;
const TAG = /\{\{.*?\}\}\}?/gs;
/** Stands for a template: one that no plan can hold itself. */
const FILLED = '\0';
const HAS_USER = /^https?:\/\/[^/?#\\]*@/i;
const DOT_SEGMENT = /^(\.|%2e){1,2}$/i;

/** The scheme and host that the plan writes out; null where it writes none. */
export function writtenOrigin(url: string): URL | null {
  const origin = ORIGIN.exec(url)?.[0];
  return origin && URL.canParse(origin) ? new URL(origin) : null;
}

/** Why this scheme, host and port may not be asked; null where it may. */
export type HostRefused = (origin: URL) => string | null;

/** What is wrong with the URL of a plan. */
export function urlProblems(url: string, hostRefused: HostRefused, path: string): Problem[] {
  const origin = writtenOrigin(url);
  if (origin === null) {
    const message = HAS_USER.test(url)
      ? 'A URL can’t hold a user name or a password. Use a connection.'
      : 'A URL begins with http:// or https:// and a literal host, without a template, a user name or a space.';
    return [{ path, message }];
  }
  const refused = hostRefused(origin);
  if (refused) return [{ path, message: refused }];
  const fixed = url.replace(ORIGIN, '').replace(TAG, FILLED);
  if (fixed.includes('#')) return [{ path, message: 'The part after # is never sent. Leave it out.' }];
  if (segments(fixed).some((segment) => DOT_SEGMENT.test(segment)))
    return [{ path, message: 'The path of a URL can’t contain . or .. as a part.' }];
  return secretParameters(fixed, path);
}

/**
 * Values are percent-encoded, which leaves two ways to change the path: a value that is `.` or `..`, and an empty one
 * (`DELETE /mails/{{id}}` without an id would be `DELETE /mails/`). Both are refused.
 */
export function renderUrl(url: string, item: ActionItem): string {
  const { ordinal, fields } = item;
  const origin = ORIGIN.exec(url)?.[0];
  if (!origin) throw itemRefusal(ordinal, 'the URL has no literal host.');
  const rest = url.slice(origin.length);
  const names = templateFields(rest);
  // Before any value is encoded, which makes it longer.
  if (renderedLength(rest, fields) > URL_CHARS_MAX) throw itemRefusal(ordinal, TOO_LONG, { fields: names });
  const encoded = Object.fromEntries(
    names.map((name) => [name, encode(Object.hasOwn(fields, name) ? (fields[name] ?? '') : '', name, ordinal)]),
  );
  const rendered = renderTemplate(rest, encoded);
  const shape = segments(renderTemplate(rest, Object.fromEntries(names.map((name) => [name, 'x']))));
  const holding = (what: RegExp) => ({ fields: names.filter((name) => what.test(encoded[name] ?? '')) });
  segments(rendered).forEach((segment, index) => {
    if (segment === '' && shape[index] !== '')
      throw itemRefusal(ordinal, `a part of the URL's path is empty (${names.join(', ')}).`, holding(/^$/));
    if (DOT_SEGMENT.test(segment))
      throw itemRefusal(ordinal, `a part of the URL's path would be “${segment}”, which changes the path.`, holding(/^\.{1,2}$/));
  });
  const { href } = new URL(origin + rendered);
  if (href.length <= URL_CHARS_MAX) return href;
  throw itemRefusal(ordinal, `its URL has ${href.length} characters; at most ${URL_CHARS_MAX} are sent.`, {
    reason: TOO_LONG,
    fields: names,
  });
}

const TOO_LONG = `its URL would have more than ${URL_CHARS_MAX} characters, the limit.`;

function encode(value: string, name: string, ordinal: number): string {
  if (!value.isWellFormed()) throw itemRefusal(ordinal, `“${name}” holds text that is not valid Unicode.`, { fields: [name] });
  return encodeURIComponent(value);
}

/** URL parsing takes a backslash for a slash. */
const segments = (rest: string) => (rest.split('?', 1)[0] ?? '').split(/[/\\]/);

/** Parameters that are secrets by their names. What stands in them would be in the plan, in every receipt, and in everybody's logs. */
function secretParameters(fixed: string, path: string): Problem[] {
  const query = fixed.split('?').slice(1).join('?');
  return query.split('&').flatMap((pair) => {
    const [written = '', value = ''] = pair.split('=', 2);
    const name = decoded(written);
    // A key may be that of a record, which an item's field gives.
    if (!(isSecretName(name) || (/^key$/i.test(name) && value !== FILLED))) return [];
    return [{ path, message: `The parameter “${name}” would put a secret into the plan and every receipt. Use a connection.` }];
  });
}

/** Names of headers and parameters under which secrets are sent. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.replaceAll(/[-_.\s]/g, ''));
}

const SECRET_NAME =
  /^(x?(api|app|auth|access|subscription|functions|private|secret|account|master|shared|goog(le)?api|ocpapimsubscription)keys?|apikeyid|(x?[a-z]*)(token|secret|password|passwd|passphrase|passwort)|pwd|pass|auth|xauth|authkey|authorization|credentials?|jwt|bearer|sessionid|signature|sig)$/i;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

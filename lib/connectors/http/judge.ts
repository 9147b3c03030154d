/**
 * What an answer says, by the version of the connector under which its request was frozen. Version 1: its status, and nothing else. Version 2: a 2xx
 * counts as done by what the plan says of a success (`with.success`), and where it says nothing not if it is plainly something else than an answer.
 */
import { INCOMPLETE_ANSWER, type Meaning, meaningOf } from './answers.ts';
import type { HttpRequest } from './frozen.ts';
import { holds, type Success } from './success.ts';

export type Headers = Record<string, string | string[] | undefined>;
/** `body` is null when it was not read to its end. */
export type Answer = { status: number; headers: Headers; body: Buffer | null };
export type Judged = { meaning: Meaning; reason: string };

/** @param version of the connector, as the manifest names it */
export function judge(version: number, request: HttpRequest, answer: Answer): Judged {
  const { status, body } = answer;
  const judged: Judged = { meaning: meaningOf(status), reason: `http_${status}` };
  if (version < 2 || judged.meaning !== 'acted') return judged;
  const doubt = request.success ? notDone(request.success, answer) : noAnswer(request, answer);
  if (doubt) return doubt;
  return body === null ? { meaning: 'acted', reason: INCOMPLETE_ANSWER } : judged;
}

function notDone({ status: statuses, contains, json, otherwise }: Success, { status, body }: Answer): Judged | null {
  const other: Judged = { meaning: otherwise === 'failed' ? 'refused' : 'unclear', reason: 'unexpected_answer' };
  if (statuses !== null && !statuses.includes(status)) return other;
  if (contains === null && json === null) return null;
  // What would tell is what is missing: another look at the same answer may have it.
  if (body === null) return { meaning: 'uncertain', reason: INCOMPLETE_ANSWER };
  return holds({ contains, json }, body) === true ? null : other;
}

/** A page for people where a machine was asked (a sign-in, a maintenance page), and a status that is many. */
function noAnswer(request: HttpRequest, { status, headers, body }: Answer): Judged | null {
  if (status === 207) return { meaning: 'unclear', reason: 'http_207' };
  return asksForJson(request) && isHtml(headers, body) ? { meaning: 'unclear', reason: 'html_answer' } : null;
}

function asksForJson({ headers, body }: HttpRequest): boolean {
  return isJson(headers.accept ?? '') || (body !== null && isJson(headers['content-type'] ?? ''));
}

function isHtml(headers: Headers, body: Buffer | null): boolean {
  const type = single(headers['content-type']);
  if (type !== null) return /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(type);
  return body !== null && /^\s*<(!doctype\s+html|html)\b/i.test(body.subarray(0, HTML_SEEN_BYTES).toString('latin1'));
}

const HTML_SEEN_BYTES = 512;

/** Whether a content type is JSON, or one of its kind. */
export const isJson = (type: string): boolean => /[/+]json\b/i.test(type);

/** The first of a header that came more than once. */
export const single = (value: string | string[] | undefined): string | null =>
  Array.isArray(value) ? (value[0] ?? null) : (value ?? null);

/** What the headers of a model's answer say of how much more it takes, and when. */

/**
 * In how many ms it takes more: what Retry-After asks for (RFC 9110, 10.2.3), and where requests or tokens are used up the end of that; null where nothing is said. The
 * headers are those of OpenAI and of Anthropic, which servers that speak their protocols send too.
 * @param tokens what the next call comes to
 */
export function roomAgainMs(headers: Headers, tokens: number, now: number): number | null {
  const waits = [
    durationMs(headers.get('retry-after-ms'), 'ms', now),
    durationMs(headers.get('retry-after'), 's', now),
    usedUp(headers, ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'], 1, now),
    usedUp(headers, ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'], tokens, now),
    usedUp(headers, ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'], 1, now),
    usedUp(headers, ['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'], tokens, now),
  ].filter((ms) => ms !== null);
  return waits.length === 0 ? null : Math.max(...waits);
}

function usedUp(headers: Headers, [left, reset]: [string, string], wanted: number, now: number): number | null {
  const remaining = headers.get(left);
  if (remaining === null || !/^\d{1,15}$/.test(remaining) || Number(remaining) >= wanted) return null;
  return durationMs(headers.get(reset), 's', now);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** "2", "1.5s", "6m0s", "120ms", an RFC 3339 instant, or a date of HTTP; null for anything else. */
function durationMs(text: string | null, unit: 's' | 'ms', now: number): number | null {
  if (text === null) return null;
  if (/^\d{1,9}(\.\d{1,6})?$/.test(text)) return Number(text) * (UNITS[unit] ?? 0);
  if (/^(\d{1,9}(\.\d{1,6})?(ms|s|m|h))+$/.test(text))
    return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
      (sum, [, n, of]) => sum + Number(n) * (UNITS[of ?? ''] ?? 0),
      0,
    );
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

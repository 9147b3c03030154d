/**
 * Numbers and dates as people read them here. The locale and the time zone are explicit, so that the server and the browser
 * render the same text.
 */
const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const SHARE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** 21480 -> "21,480". */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** (1, "mails") -> "1 mail"; (1902, "mails") -> "1,902 mails". `plural` is a regular English plural. */
export function formatNoun(count: number, plural: string): string {
  return `${formatCount(count)} ${nounFor(count, plural)}`;
}

/** (1, "mails") -> "mail". */
function nounFor(count: number, plural: string): string {
  if (count !== 1) return plural;
  if (plural.endsWith('ies')) return `${plural.slice(0, -3)}y`;
  if (/(ch|sh|x|ss)es$/.test(plural)) return plural.slice(0, -2);
  return plural.endsWith('s') ? plural.slice(0, -1) : plural;
}

/** 0.071 -> "7.1 %". */
export function formatShare(share: number): string {
  return `${SHARE.format(share * 100)} %`;
}

/** So many a second: 3120 -> "3,120", 0.25 -> "0.3". */
export function formatRate(rate: number): string {
  return rate < 10 ? SHARE.format(rate) : COUNT.format(rate);
}

/** Bytes in the unit a person would choose: 1536 -> "1.5 KB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${SHARE.format(value)} ${units[unit]}`;
}

/** An ISO instant as "2026-11-23 20:30 UTC"; text that is no date comes back as it is. */
export function formatInstant(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return `${date.toISOString().slice(0, 10)} ${date.toISOString().slice(11, 16)} UTC`;
}

/** The clock time of an ISO instant, "14:02:07". */
export function formatClock(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toISOString().slice(11, 19);
}

/** Seconds as people estimate: 45 -> "45 s", 240 -> "4 min", 9000 -> "2.5 h". */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return `${SHARE.format(seconds / 3600)} h`;
  return `${SHARE.format(seconds / 86_400)} days`;
}

/** From one instant to another, the day said once where it is one. */
export function formatSpan(from: string, to: string): string {
  const [first, last] = [formatInstant(from), formatInstant(to)];
  if (first === last) return first;
  return first.slice(0, 10) === last.slice(0, 10) ? `${first.slice(0, 16)} to ${last.slice(11)}` : `${first} to ${last}`;
}

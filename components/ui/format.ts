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

/** (1, "mails") -> "mail": where the number stands apart from it. */
export function nounFor(count: number, plural: string): string {
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

/** An ISO instant as "2026-11-23 20:30 UTC", in a named zone as "2026-11-23 21:30"; text that is no date comes back as it is. */
export function formatInstant(iso: string, timeZone: string | null = null): string {
  const local = onClock(iso, timeZone);
  if (local === null) return iso;
  return `${local.slice(0, 16)}${timeZone === null ? ' UTC' : ''}`;
}

/** The clock time of an ISO instant: "14:02:07 UTC", in a named zone "15:02:07". */
export function formatClock(iso: string, timeZone: string | null = null): string {
  const local = onClock(iso, timeZone);
  if (local === null) return iso;
  return `${local.slice(11)}${timeZone === null ? ' UTC' : ''}`;
}

/** "2026-11-23 20:30:07" on the clocks of a time zone, null being UTC; null for text that is no date. */
function onClock(iso: string, timeZone: string | null): string | null {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return null;
  if (timeZone === null) return date.toISOString().slice(0, 19).replace('T', ' ');
  let format = FORMATS.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    });
    FORMATS.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
}

/** The day of an ISO instant as people speak of it, in a named zone: "today", "yesterday", "on Tuesday", "on 3 November 2026". */
export function formatDay(iso: string, now: string, timeZone: string | null = null): string {
  const [day, today] = [onClock(iso, timeZone), onClock(now, timeZone)].map((clock) => clock?.slice(0, 10));
  if (!day || !today) return iso;
  const days = Math.round((Date.parse(today) - Date.parse(day)) / DAY_MS);
  if (days === 0 || days === 1) return days === 0 ? 'today' : 'yesterday';
  const format = days > 1 && days < 7 ? WEEKDAY : DATE;
  return `on ${format.format(Date.parse(day))}`;
}

const DAY_MS = 86_400_000;
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'long' });
const DATE = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' });

/** Making one takes longer than a thousand uses of it. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Seconds as people estimate: 45 -> "45 s", 240 -> "4 min", 9000 -> "2.5 h". */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return `${SHARE.format(seconds / 3600)} h`;
  return `${SHARE.format(seconds / 86_400)} days`;
}

/** From one instant to another, the day said once where it is one: "2026-11-23 14:05 UTC to 14:09 UTC". */
export function formatSpan(from: string, to: string): string {
  const [first, last] = [formatInstant(from), formatInstant(to)];
  if (first === last) return first;
  return `${first} to ${first.slice(0, 10) === last.slice(0, 10) ? last.slice(11) : last}`;
}

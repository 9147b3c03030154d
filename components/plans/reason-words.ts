/** Days as they are shown in a plan, and in the reasons that its rules give. Pure. */
import { isDay } from './condition.ts';

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

/** 25 Oct 2026; what is no day stands as it is. */
export function dayWords(day: string): string {
  const at = isDay(day) ? Date.parse(day) : Number.NaN;
  return Number.isNaN(at) ? day : DAY.format(at);
}

/** What a condition on a day says before the day (`whereInWords`). A text that is compared may look like a day, and stands as it is. */
const ON_DAY =
  /( is (?:on|before|after|between|(?:older than|within the last) \d+ days? on) )(\d{4}-\d\d-\d\d)(?:( and )(\d{4}-\d\d-\d\d))?(?![\w-])/g;

/** The reason of a classification for people: “Opened is older than 90 days on 25 Oct 2026”. It is stored with its days as plans write them. */
export function reasonWords(why: string): string {
  return why.replace(
    ON_DAY,
    (_, begin: string, day: string, and = '', to = '') => `${begin}${dayWords(day)}${and}${dayWords(to)}`,
  );
}

/**
 * What a request hears where its schema has no words of its own: that something is missing, or is another kind of thing, and what to send. zod's own words are about its types. Whoever
 * reads requests imports this once.
 */
import { z } from 'zod';

/** By what a schema expects. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', tuple: 'a list' },
  ...{ object: 'an object', record: 'an object', null: 'null', date: 'a time', uuid: 'an id', email: 'a mail address' },
};

z.config({
  customError(issue) {
    const { code, input } = issue;
    const isMissing = input === undefined;
    if (code === 'invalid_type') {
      const { format } = (issue.inst?._zod.def ?? {}) as { format?: string };
      // A number that is bounded to whole ones is of the type number, with that format.
      const kind = KINDS[(format === 'safeint' ? 'int' : format) ?? issue.expected] ?? KINDS[issue.expected];
      if (kind === undefined) return isMissing ? MISSING : undefined;
      return isMissing ? `${MISSING} Send ${kind}${about(issue.inst)}` : `This is ${kindOf(input)}. Send ${kind}.`;
    }
    if (code === 'invalid_value') {
      const values = issue.values.map((one) => String(one)).join(', ');
      const send = issue.values.length === 1 ? `Send ${values}.` : `Send one of: ${values}.`;
      return isMissing ? `${MISSING} ${send}` : send;
    }
    if (code !== 'invalid_union') return undefined;
    return isMissing ? MISSING : 'It has none of the forms that are taken here: the description of the API has them.';
  },
});

const MISSING = 'It is missing.';

/** What its description says of it, where that is short. */
function about(schema: unknown): string {
  const { description = '' } = z.globalRegistry.get(schema as z.ZodType) ?? {};
  return description === '' || description.length > ABOUT_CHARS_MAX ? '.' : `. ${description}`;
}

const ABOUT_CHARS_MAX = 160;

function kindOf(input: unknown): string {
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'number') return Number.isInteger(input) ? 'a number' : 'a fraction';
  return KINDS[typeof input] ?? 'something else';
}

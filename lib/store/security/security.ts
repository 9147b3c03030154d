/** The security log as it is written: one row for each event, by whoever does what it tells, in the same transaction where there is one. */
import type { SecurityKind } from '#lib/core/people/security-kinds.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** Ids, names and numbers; never a secret or a value of an item. */
type SecurityFacts = Record<string, string | number | boolean | null | readonly string[]>;

/** `by`: an actor's id. `about`: whom or what it is about, as `batch:<uuid>`. `once`: the event is told once only under this text. */
export type SecurityEvent = { kind: SecurityKind; by: string; about?: string | null; facts?: SecurityFacts; once?: string };

/** A longer text is cut. */
export const FACT_CHARS_MAX = 100;
const FACTS_LISTED_MAX = 10;

/** Writes one event of the security log. Nothing that is written here can be changed or removed by the application. */
export async function recordSecurity(
  { prisma }: WithModels,
  { kind, by, about = null, facts = {}, once }: SecurityEvent,
): Promise<void> {
  const data = { kind, by, about: about === null ? null : short(about), facts: boundedFacts(facts), once: once ?? null };
  await prisma.securityEvent.createMany({ data, skipDuplicates: true });
}

// A row has a largest size, and what strangers send is among the facts.
function boundedFacts(facts: SecurityFacts): Record<string, string | number | boolean | null | string[]> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      Array.isArray(value)
        ? value.slice(0, FACTS_LISTED_MAX).map(short)
        : typeof value === 'string'
          ? short(value)
          : (value as number | boolean | null),
    ]),
  );
}

// PostgreSQL holds neither NUL nor half of a surrogate pair.
function short(text: string): string {
  return text.replaceAll('\0', '').slice(0, FACT_CHARS_MAX).toWellFormed();
}

import { Banner } from '#components/ui/banner.tsx';
import { DATABASE_FAULT_WORDS, type DatabaseFaultKind } from '#lib/core/fleet/database-fault.ts';

/** The workers can't write to the database. */
export function DatabaseTrouble({ fault }: { fault: DatabaseFaultKind }) {
  const { what, todo } = DATABASE_FAULT_WORDS[fault];
  return (
    <Banner kind="warning">
      <span className="font-medium">{what}</span> Nothing new begins meanwhile, and answers are kept until they can be stored.{' '}
      {todo} Work continues by itself.
    </Banner>
  );
}

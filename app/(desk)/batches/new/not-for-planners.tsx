import { EmptyState } from '#components/ui/empty-state.tsx';

/** What whoever may not plan reads in the place of a plan. */
export function NotForPlanners() {
  return (
    <EmptyState
      level={1}
      title="Only an operator or an admin plans batches"
      text="Ask one of them, or ask an admin if your role should change."
    />
  );
}

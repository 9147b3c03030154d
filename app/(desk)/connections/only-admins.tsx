import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';

/** What anybody else reads instead. */
export function OnlyAdmins() {
  return (
    <EmptyState
      level={1}
      title="Only an admin changes connections"
      text="Ask an admin, who may also let operators use one."
      action={<ButtonLink href="/connections">Connections</ButtonLink>}
    />
  );
}

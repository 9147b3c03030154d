import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';

/** What was looked for and is not there. The frame stays. */
export default function DeskNotFound() {
  return (
    <EmptyState
      title="There is nothing at this address"
      text="The page may have been removed, or the link may be incomplete."
      action={
        <>
          <ButtonLink href="/">Go to what needs you</ButtonLink>
          <ButtonLink href="/batches">All batches</ButtonLink>
        </>
      }
      level={1}
    />
  );
}

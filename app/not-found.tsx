import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';

export default function NotFound() {
  return (
    <main className="mx-auto max-w-xl px-4 py-12">
      <EmptyState
        title="There is nothing at this address"
        text="The page may have been removed, or the link may be incomplete."
        action={<ButtonLink href="/">Go to what needs you</ButtonLink>}
        level={1}
      />
    </main>
  );
}

import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';

export default function NotFound() {
  return (
    <main className="mx-auto max-w-xl px-4 py-12">
      <EmptyState
        title="There is nothing at this address"
        text="It may have been removed, or the link is not complete."
        action={<ButtonLink href="/">Go to what needs you</ButtonLink>}
        level={1}
      />
    </main>
  );
}

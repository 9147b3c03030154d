import { ButtonLink } from './button.tsx';

/** The way to the next page of a list that is paged by cursor; nothing on the last one. */
export function NextPage({ href, label = 'Older' }: { href: string | null; label?: string }) {
  if (href === null) return null;
  return (
    <nav aria-label="More of the list" className="mt-3 flex justify-center">
      <ButtonLink href={href} kind="ghost">
        {label}
      </ButtonLink>
    </nav>
  );
}

import { Banner } from '#components/ui/banner.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { Link } from '#components/ui/link.tsx';
import { Day } from '#components/ui/relative-time.tsx';
import type { SameFile } from '#lib/shapes/datasets.ts';

/** "You uploaded this file on Tuesday: use that one", where a dataset of the same bytes was there before. */
export function SameFileBanner({ same }: { same: SameFile | null }) {
  if (same === null) return null;
  return (
    <Banner actions={<ButtonLink href={`/datasets/${same.id}`}>Use that one</ButtonLink>}>
      {same.by ?? 'You'} uploaded this file <Day iso={same.createdAt} />, as “{same.name}”. This is a second dataset of the same
      rows.
    </Banner>
  );
}

type Kin = { supersedes: string | null; supersededBy: string[] };

/** Which dataset of the same file this one replaces, and which replaces it. */
export function KinLinks({ dataset: { supersedes, supersededBy } }: { dataset: Kin }) {
  const newest = supersededBy.at(-1);
  return (
    <>
      {newest ? (
        <Banner kind="warning" actions={<ButtonLink href={`/datasets/${newest}`}>Go to the newer one</ButtonLink>}>
          A newer dataset replaces this one: its file was read anew, or rows that could not be read were fixed. Batches of this
          one keep what they started with.
        </Banner>
      ) : null}
      {supersedes ? (
        <p className="text-muted">
          Replaces{' '}
          <Link href={`/datasets/${supersedes}`} className="underline underline-offset-2 hover:text-text">
            an earlier dataset
          </Link>{' '}
          that was read otherwise, or had fewer rows.
        </p>
      ) : null}
    </>
  );
}

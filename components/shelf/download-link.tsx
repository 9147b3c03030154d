import { buttonLook } from '#components/ui/button-look.ts';
import type { ShelfGroup } from '#lib/shapes/shelf.ts';

type Props = { group: Pick<ShelfGroup, 'batchId' | 'category' | 'shelf'>; size?: 'normal' | 'small' };

/** The items that lie there as a file, in the format that they came in. */
export function DownloadLink({ group: { batchId, category, shelf }, size = 'small' }: Props) {
  const query = new URLSearchParams({ format: 'original', category, shelf });
  return (
    <a
      href={`/api/v1/batches/${batchId}/dataset?${query}`}
      download
      aria-label={`Download ${category}`}
      className={buttonLook('secondary', size)}
    >
      Download
    </a>
  );
}

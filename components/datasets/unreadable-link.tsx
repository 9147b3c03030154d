import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import { unreadableAlone } from './unreadable-words.ts';

/** "3 rows could not be read ▸": leads to them, unless `datasetId` is null, for whoever may not open datasets; nothing where every row could be. */
export function UnreadableLink({ datasetId, count }: { datasetId: string | null; count: number }) {
  if (count === 0) return null;
  if (datasetId === null)
    return (
      <span className="inline-flex items-center gap-1 text-amber">
        <Glyph name="!" /> {unreadableAlone(count)}
      </span>
    );
  return (
    <Link
      href={`/datasets/${datasetId}?tab=unreadable`}
      className="inline-flex items-center gap-1 text-amber underline-offset-2 hover:underline"
    >
      <Glyph name="!" />
      <span>
        {unreadableAlone(count)} <span aria-hidden="true">▸</span>
      </span>
    </Link>
  );
}

import { formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import type { Bound, CheckpointEvidence } from '#lib/shapes/evidence.ts';
import { boundLines, boundSentence } from './evidence-words.ts';

/** What the marks prove of a category: of this chunk, and where it is more, pooled with what was decided before. */
export function EvidenceLines({ evidence, category }: { evidence: CheckpointEvidence; category: string }) {
  const share = evidence.demands.find((demand) => demand.category === category)?.demanded;
  const of = (all: CheckpointEvidence['chunk']): Bound | null => (Object.hasOwn(all, category) ? (all[category] ?? null) : null);
  const [own, pooled] = [of(evidence.chunk), of(evidence.batch)];
  const wider = pooled && (own === null || pooled.population > own.population) ? pooled : null;
  return (
    <>
      {own ? <Lines bound={own} share={share} /> : null}
      {wider && wider.looks > 0 ? <Lines bound={wider} share={share} of="with the decided chunks: " /> : null}
    </>
  );
}

function Lines({ bound, share, of = '' }: { bound: Bound; share: number | undefined; of?: string }) {
  const asked = share === undefined ? [] : [String(share)];
  const [first, ...others] = boundLines(bound, ...asked);
  if (first === undefined) return null;
  return (
    <span className="block" title={boundSentence(bound, ...asked)}>
      <span className={bound.wrong > bound.filed ? 'block font-medium text-rust' : 'block'}>
        {of}
        {first}
      </span>
      {others.map((line) => (
        <span key={line} className="block">
          {line}
        </span>
      ))}
    </span>
  );
}

/** Ranks of the draw that lie in chunks that were decided meanwhile: they count only once these were looked at too. */
export function Elsewhere({
  evidence: { elsewhere },
  batchId,
  noun,
}: {
  evidence: CheckpointEvidence;
  batchId: string;
  noun: string;
}) {
  if (elsewhere === 0) return null;
  return (
    <p className="px-3 py-2 text-12 text-muted">
      {formatNoun(elsewhere, noun)} that {elsewhere === 1 ? 'was' : 'were'} drawn at random in{' '}
      <Link href={`/batches/${batchId}`} className="underline underline-offset-2 hover:text-text">
        decided chunks
      </Link>{' '}
      {elsewhere === 1 ? 'is' : 'are'} not marked yet. Later looks count once {elsewhere === 1 ? 'it is' : 'they are'}.
    </p>
  );
}

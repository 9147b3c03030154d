import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { Instant } from '#components/ui/relative-time.tsx';
import type { Company } from '#lib/shapes/evidence.ts';
import { hereWords, movedWords } from './company-words.ts';

type Claim = { pending: boolean; error: string | null; run: (mine: boolean) => void };

/** Who else is at the checkpoint, and whose it is. `claim`: null where there is nothing to claim. */
export function CompanyLine({ company, claim }: { company: Company | null; claim: Claim | null }) {
  const here = company ? hereWords(company.here) : null;
  const reviewer = company?.reviewer ?? null;
  return (
    <>
      {here ? (
        <span role="status" className="font-medium text-blue">
          {here}
        </span>
      ) : null}
      {reviewer ? (
        <span role="status">
          {reviewer.you ? 'You review' : `${reviewer.name} reviews`} this since <Instant iso={reviewer.since} />
        </span>
      ) : null}
      {claim && company ? (
        <Button size="small" pending={claim.pending} onClick={() => claim.run(!reviewer?.you)}>
          {reviewer?.you ? 'Hand back' : 'I review this'}
        </Button>
      ) : null}
      {claim?.error ? (
        <span role="alert" className="text-red">
          {claim.error}
        </span>
      ) : null}
    </>
  );
}

/** What others moved since this screen was read: a line, for whoever reads on is not to be interrupted. */
export function MovedLine({ company, noun, onReload }: { company: Company | null; noun: string; onReload: () => void }) {
  const words = company && movedWords(company.moved, noun);
  if (!words) return null;
  return (
    <Banner
      actions={
        <Button size="small" onClick={onReload}>
          Show it here
        </Button>
      }
    >
      {words} Show it here before you decide.
    </Banner>
  );
}

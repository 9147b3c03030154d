import { Banner } from '#components/ui/banner.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import type { StepUp } from '#lib/shapes/people.ts';

/** Tells a person who decides, before they do, that they will be asked for what they don’t have. */
export function StepUpNotice({ asked, can }: Pick<StepUp, 'asked' | 'can'>) {
  if (!asked || can.length > 0) return null;
  return (
    <Banner kind="warning" className="mb-3" actions={<ButtonLink href="/you#second-factor">Set up a second factor</ButtonLink>}>
      Whoever approves, releases or answers here proves with a second factor who they are, and you have none yet.
    </Banner>
  );
}

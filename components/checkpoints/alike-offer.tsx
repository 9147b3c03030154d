import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { formatCount } from '#components/ui/format.ts';
import type { Alike } from './alike.ts';

type Props = { alike: Alike; to: string; onMove: () => void; onDismiss: () => void };

/** "Same sender: 38 more?" It lies over the list, so that the buttons stay where the pointer is going. */
export function AlikeOffer({ alike: { what, ordinals }, to, onMove, onDismiss }: Props) {
  return (
    <Banner
      className="absolute inset-x-4 bottom-full mb-2 shadow-float sm:inset-x-6 lg:left-auto lg:w-[28rem]"
      actions={
        <>
          <Button size="small" kind="primary" onClick={onMove}>
            Move {formatCount(ordinals.length)} to {to}
          </Button>
          <Button size="small" kind="ghost" onClick={onDismiss}>
            Only this one
          </Button>
        </>
      }
    >
      {what}: {formatCount(ordinals.length)} more?
    </Banner>
  );
}

import { Banner } from '#components/ui/banner.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { Instant } from '#components/ui/relative-time.tsx';

/** Something waits for a worker and none is there. */
export function Unattended({ heardAt, inFlight }: { heardAt: string | null; inFlight: number }) {
  return (
    <Banner kind="warning">
      <span className="font-medium">
        {heardAt ? (
          <>
            No worker has been heard of since <Instant iso={heardAt} />.
          </>
        ) : (
          'No worker is running.'
        )}
      </span>{' '}
      Nothing is being classified or sent.{' '}
      {inFlight > 0 ? `${formatNoun(inFlight, 'requests')} may be in flight. None is repeated. ` : ''}
      Work continues by itself as soon as one runs: <code className="font-mono text-12">npm run worker</code>.
    </Banner>
  );
}

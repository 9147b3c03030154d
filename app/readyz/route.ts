export const dynamic = 'force-dynamic';

export { answerReady as GET } from '#lib/api/probes.ts';

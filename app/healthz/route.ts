export const dynamic = 'force-dynamic';

export { answerHealth as GET } from '#lib/api/probes.ts';

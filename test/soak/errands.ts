/**
 * The soak's agents: they take errands over REST and keep a log of what they did, by which the judge goes. Some say nothing, die, answer twice, too late, or never hear that
 * their answer arrived. Their time runs out when the soak says so, for nobody waits for minutes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { answerApi } from '#lib/api/answer.ts';
import type { Actor } from '#lib/auth/actor.ts';
import type { ErrandGiven } from '#lib/shapes/errands.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import type { Mode } from '#test/target.ts';
import type { Happened } from './oracle.ts';
import type { Outside } from './outside.ts';
import type { Random } from './random.ts';
import { patiently, type SoakServer } from './server.ts';

/** How an agent deals with one errand. */
const WAYS = ['does', 'answers twice', 'answer lost', 'refuses', 'acts and dies', 'dies', 'acts, and answers late'] as const;
type Way = (typeof WAYS)[number];

const WAY_OF: Readonly<Record<Mode, Way>> = {
  ...{ ok: 'does', '500-after': 'answer lost', 'timeout-after': 'acts and dies', 'reset-after': 'answers twice' },
  ...{ 'at-it': 'acts, and answers late', refuse: 'refuses', deny: 'refuses', hang: 'dies' },
};

const [LOOK_MS, WORKS_MS, TIME_LEFT_MS, LATE_MS] = [100, 200, 300, 10_000];
const ORIGIN = 'http://127.0.0.1:3000';

type Given = NonNullable<ErrandGiven['given']> & { batchId: string };

export async function startErrands(server: SoakServer, random: Random): Promise<Outside> {
  const { id } = await somebody('operator');
  const owner: Actor = { id: `user:${id}`, role: 'operator', name: 'Ada', via: 'page' };
  const { key: secret } = await makeKey(owner, { name: 'Agents', role: 'agent', days: 7 });
  const log: (Happened & { batchId: string })[] = [];
  const wrong: string[] = [];
  const met = new Map<string, { way: Way; times: number }>();
  const working = new Set<Promise<void>>();
  const dealing = new Set<Promise<void>>();
  let agents = 1;
  let ended = false;

  /** As a client: what the server can't answer now is asked again. */
  const ask = async (path: string, body: object): Promise<{ status: number; said: unknown }> => {
    for (;;) {
      const answer = await answerApi(
        new Request(`${ORIGIN}/api/v1/batches/${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', host: '127.0.0.1:3000' },
          body: JSON.stringify(body),
        }),
      );
      const said: unknown = await answer.json();
      if (answer.status < 500 && answer.status !== 429) return { status: answer.status, said };
      await sleep(LOOK_MS);
    }
  };
  const take = async (batchId: string, worker: string): Promise<Given | null> => {
    const { status, said } = await ask(`${batchId}/work/errands/next`, { worker });
    if (status !== 200) throw new Error(`An agent was refused an errand: ${JSON.stringify(said)}`);
    const { given } = said as ErrandGiven;
    return given && { ...given, batchId };
  };
  const did = ({ errand: key, ordinal, batchId }: Given, effect: Happened['effect']): void => {
    log.push({ batchId, target: 'errands', key, ordinal, at: Date.now(), effect });
  };
  const say = async ({ batchId, errand }: Given, result: 'done' | 'failed', expected: readonly number[]): Promise<void> => {
    const { status, said } = await ask(`${batchId}/work/errands/${errand}/answer`, { result, words: 'So says an agent.' });
    if (!expected.includes(status)) wrong.push(`an agent that said ${result} was answered ${status}: ${JSON.stringify(said)}`);
  };
  /** Its time is over in a moment. */
  const expire = ({ errand }: Given): Promise<unknown> =>
    patiently(() =>
      server.pool.query(
        `WITH own AS (SELECT id FROM chunk WHERE id = (SELECT chunk_id FROM errand WHERE key = $1) FOR NO KEY UPDATE),
         late AS (UPDATE errand SET until = clock_timestamp() + $2 * interval '1 millisecond' WHERE key = $1 AND EXISTS (SELECT FROM own) RETURNING until)
         UPDATE chunk SET not_before = least(not_before, late.until) FROM own, late WHERE chunk.id = own.id AND waits_for = 'agent'`,
        [errand, TIME_LEFT_MS],
      ),
    );
  const isSilent = async ({ errand }: Given): Promise<boolean> => {
    for (const until = performance.now() + LATE_MS; performance.now() < until; await sleep(LOOK_MS)) {
      const { rows } = await patiently(() => server.pool.query('SELECT closed FROM errand WHERE key = $1', [errand]));
      if (rows[0]?.closed === 'silent') return true;
    }
    return false;
  };

  const live = async (given: Given, worker: string): Promise<void> => {
    const own = (given.fields.id ?? '').replace(/\.\d+$/, '');
    const way = wayOf(own);
    const works = (async () => {
      // Who asks again has the same.
      if (random.below(4) === 0 && (await take(given.batchId, worker))?.errand !== given.errand)
        wrong.push(`${worker} asked again, and was not given what it has`);
      await sleep(random.below(WORKS_MS));
      if (way !== 'refuses' && way !== 'dies') did(given, true);
    })();
    working.add(works);
    await works.finally(() => working.delete(works));
    if (way === 'does' || way === 'answer lost' || way === 'answers twice') {
      await say(given, 'done', [200]);
      if (way !== 'does') await say(given, 'done', [200]);
      if (way === 'answers twice') await say(given, 'failed', [409]);
    } else if (way === 'refuses') await say(given, 'failed', [200]);
    else {
      await expire(given);
      if (way === 'acts, and answers late' && (await isSilent(given))) await say(given, 'done', [409]);
    }
  };
  const wayOf = (own: string): Way => {
    const mode = met.get(own);
    if (mode && mode.times > 0) {
      mode.times -= 1;
      return mode.way;
    }
    return random.below(3) === 0 ? random.pick(WAYS) : 'does';
  };

  const looking = (async () => {
    for (; !ended; await sleep(LOOK_MS)) {
      const { rows } = await patiently(() =>
        server.pool.query<{ id: string }>('SELECT DISTINCT batch_id AS id FROM errand WHERE closed IS NULL AND given_to IS NULL'),
      );
      for (const { id: batchId } of rows) {
        const worker = `agent ${agents}`;
        const given = await take(batchId, worker);
        if (!given) continue;
        // Each errand has an agent of its own, of which nobody else hears.
        agents += 1;
        did(given, 'sent');
        const dealt = live(given, worker).catch((error: Error) => void wrong.push(`${worker}: ${error.message}`));
        dealing.add(dealt);
        void dealt.finally(() => dealing.delete(dealt));
      }
    }
  })().catch((error: Error) => void wrong.push(`no agent looks for errands any more: ${error.message}`));

  return {
    // An errand is nowhere before it is handed out.
    put: async () => {},
    async modeOf(own, mode, times) {
      met.set(own, { way: WAY_OF[mode], times });
    },
    jolt: async () => {},
    async decided() {
      await Promise.all(working);
    },
    happenedIn: async (_pool, { batchId }) => log.filter((one) => one.batchId === batchId),
    forget: () => {},
    async amiss() {
      await Promise.all(dealing);
      return wrong;
    },
    async stop() {
      ended = true;
      await looking;
      await Promise.all(dealing);
    },
  };
}

/** Who acted, for people: never an id. */
import { workerName } from '#lib/core/fleet/worker-name.ts';

/** Whoever is named by an id that nobody has a name for any more. */
const SOMEBODY = 'Somebody unknown';

/**
 * The name of an actor (`user:<uuid>`, `key:<name>`, `worker:<uuid>`, `agent:<key>`, `system`). What is no actor's id stays as it is: a classifier's kind.
 * @param names by the actor's id
 */
export function actorName(id: string, names: ReadonlyMap<string, string>): string {
  const known = names.get(id);
  if (known !== undefined) return known;
  if (id.startsWith('worker:')) return `Worker ${workerName({ id, host: null, pid: null })}`;
  if (id.startsWith('user:') || id === '') return SOMEBODY;
  if (id.startsWith('key:')) return UUID.test(id) ? 'An API key' : `API key ${id.slice('key:'.length)}`;
  if (id.startsWith('agent:')) return 'An agent';
  return id === 'system' ? 'Countersign' : id;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-/i;

/** The file as it is on its branch, and as it would be; of a push, what stands in the way of it. Reading only. */
import type { Look, RequestOf } from '#lib/connectors/port.ts';
import { GIT_FILE_BYTES_MAX } from '#lib/core/limits.ts';
import { heardLines } from '#lib/core/receipts/heard.ts';
import { type GitRequest, readRequest } from './frozen.ts';
import type { Repository } from './repository.ts';

export async function lookAt(repository: Repository, { request: bytes }: Pick<RequestOf, 'request'>): Promise<Look> {
  const request: GitRequest = readRequest(bytes);
  if (request.do === 'withdraw') return { words: 'The change lies here, and was not pushed.' };
  if (request.do === 'push') return { words: await pushWords(repository, request) };
  const head = await repository.fetch(request.branch);
  if (head === null) return { cannot: `The repository has no branch “${request.branch}”.` };
  const there = await repository.entries(
    head,
    request.files.map(({ path }) => path),
  );
  const [file] = request.files;
  if (!file) return { cannot: 'Nothing is said of a file.' };
  const now = there.get(file.path);
  const about = [now ? `${file.path} on ${request.branch}` : `no file ${file.path} on ${request.branch}`];
  for (const { path, was } of request.files) {
    const entry = there.get(path);
    if (was === 'absent' && entry) about.push(`${path} is there already: a push would leave this change out`);
    else if (was !== 'any' && was !== 'absent' && was !== entry?.id)
      about.push(`${path} is not any more as it was read: a push would leave this change out`);
  }
  if (now?.type !== 'blob') return { heard: heardLines(about, Buffer.alloc(0), true), whole: '', will: willBe(file.to, '') };
  const content = (await repository.read([now.id])).get(now.id) ?? Buffer.alloc(0);
  if (content.length > GIT_FILE_BYTES_MAX || content.includes(0))
    return { words: `${about.join('\n')}\n${content.length} bytes that are not shown as text.` };
  const text = content.toString('utf8');
  return { heard: heardLines(about, content, true), whole: text, will: request.do === 'move' ? null : willBe(file.to, null) };
}

function willBe(to: { text: string } | { of: string } | { entry: string } | null, otherwise: string | null): string | null {
  if (to === null) return '';
  return 'text' in to ? to.text : otherwise;
}

async function pushWords(
  repository: Repository,
  { to, was, tip }: { to: string; was: string | null; tip: string },
): Promise<string> {
  const head = await repository.fetch(to);
  if (head !== null && (head === tip || (await repository.isIn(tip, head)))) return `The branch ${to} has these commits already.`;
  if (head !== was)
    return `The branch ${to} ${head === null ? 'is gone' : `stands at ${head} by now`}: the push would be refused.`;
  return was === null
    ? `There is no branch ${to} yet: it would be made.`
    : `The branch ${to} stands at ${head}, as when the push was prepared.`;
}

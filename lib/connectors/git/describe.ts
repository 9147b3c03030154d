/** A frozen request as people are shown it: all that is frozen of it. */
import { secretWords } from '#lib/connectors/http/via.ts';
import type { Described, RequestOf } from '#lib/connectors/port.ts';
import { type FileChange, type GitChange, type GitPush, readRequest } from './frozen.ts';

export function describeRequest({ request: bytes }: RequestOf): Described {
  const request = readRequest(bytes);
  const { via } = request;
  if (request.do === 'push') return describePush(request);
  const headers = [
    { name: 'branch', value: request.branch, note: null },
    ...(request.do === 'withdraw' ? withdrawn(request.undoes) : changed(request)),
  ];
  const texts = request.do === 'withdraw' ? [] : request.files.flatMap(({ to }) => (to && 'text' in to ? [to.text] : []));
  return {
    ...{ form: 'message', method: METHODS[request.do], address: via.address, headers },
    body: texts[0] ?? null,
    done: null,
  };
}

const METHODS = {
  write: 'Commit here: write the file anew',
  delete: 'Commit here: remove the file',
  move: 'Commit here: move the file',
  put_back: 'Commit here: put the file back as it was',
  withdraw: 'Withdraw a change that was not pushed',
} as const;

const withdrawn = (key: string) => [{ name: 'change', value: key, note: 'the key of the action that made it' }];

function changed({ message, files, handedIn }: GitChange) {
  return [
    ...files.map((file) => ({
      name: 'file',
      value: file.path,
      note: [guard(file), becomes(file)].filter(Boolean).join('; ') || null,
    })),
    ...(handedIn ? [{ name: 'made of', value: handedIn, note: 'the commit that an agent handed in' }] : []),
    { name: 'message', value: message, note: 'four lines more say which batch, chunk, item and action it is' },
  ];
}

function guard({ was }: FileChange): string {
  if (was === 'any') return 'whatever is there';
  return was === 'absent' ? 'only if there is none' : `only while it is ${was}`;
}

function becomes({ to }: FileChange): string {
  if (to === null) return 'goes';
  if ('of' in to) return `gets what ${to.of} has`;
  return 'entry' in to ? `becomes ${to.entry}` : '';
}

function describePush({ batch, items, branch, base, to, was, tip, via }: GitPush): Described {
  return {
    ...{ form: 'message', method: 'git push --atomic --force-with-lease', address: via.address },
    headers: [
      { name: 'to the branch', value: to, note: was === null ? 'it is made' : `only while it stands at ${was}` },
      { name: 'commit', value: tip, note: 'the last of those that are sent' },
      { name: 'made on', value: base, note: `where ${branch} stood` },
      { name: 'changes of the batch', value: batch, note: null },
      { name: 'items', value: items, note: null },
      {
        name: 'sign in',
        value: via.auth.kind === 'none' ? 'not' : secretWords(via),
        note: via.secret === null ? null : `put in when it is sent, from ${via.secret}`,
      },
    ],
    ...{ body: null, done: null },
  };
}

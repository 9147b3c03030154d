/** The head of a bundle, which says what it stands on and what it holds; behind it are the objects. Source: gitformat-bundle(5). */
import { open } from 'node:fs/promises';
import { CountersignError } from '#lib/core/errors.ts';

/** `packAt`: where the objects begin. */
type BundleHead = { stands: string[]; tip: string; packAt: number };

/** No bundle of a few commits has more. */
const HEAD_BYTES_MAX = 256 * 1024;

/** Throws `invalid`. */
export async function readBundleHead(path: string): Promise<BundleHead> {
  const head = await firstBytes(path);
  const end = head.indexOf('\n\n');
  const [signature = '', ...lines] = head.toString('utf8', 0, Math.max(0, end)).split('\n');
  if (!/^# v[23] git bundle$/.test(signature) || end < 0)
    throw refused('This is no bundle. Make one with: git bundle create c.bundle BASE..HEAD');
  const stands: string[] = [];
  const tips = new Set<string>();
  for (const line of lines) {
    const [, minus, id] = /^(-?)([0-9a-f]{40})(?: |$)/.exec(line) ?? [];
    if (id !== undefined) minus === '-' ? stands.push(id) : tips.add(id);
    else if (line !== '@object-format=sha1')
      throw refused('The bundle asks for what is not read here: it has to hold whole objects with SHA-1 ids, and no filter.');
  }
  const [tip, ...others] = tips;
  if (tip === undefined) throw refused('The bundle has no commits.');
  if (others.length > 0)
    throw refused('The bundle has more than one branch. Make it of one line of commits: git bundle create c.bundle BASE..HEAD');
  return { stands, tip, packAt: end + 2 };
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES_MAX), 0, HEAD_BYTES_MAX, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What is wrong with what was handed in; nothing of it was kept. */
export function refused(message: string): CountersignError {
  return new CountersignError('invalid', `${message} Nothing of it was kept.`);
}

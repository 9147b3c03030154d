import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { originalsIn } from './folder.ts';

const root = mkdtempSync(join(tmpdir(), 'countersign-folder-'));
const disk = join(root, 'disk');
mkdirSync(disk);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'countersign-folder', disk]).status === 0;
afterAll(() => {
  if (mounted) spawnSync('umount', [disk]);
  rmSync(root, { recursive: true, force: true });
});

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
const files = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => statSync(join(folder, name)).isFile());

async function whole(pieces: AsyncIterable<Buffer> | undefined): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces ?? []) all.push(piece);
  return Buffer.concat(all).toString();
}

test('a file is found under its digest once it is kept, whole or its beginning, and nothing is beside it', async () => {
  const folder = join(root, randomUUID());
  const originals = originalsIn(folder);
  const digest = sha256(Buffer.from('one two'));
  const file = await originals.put(randomUUID());
  await file.write(Buffer.from('one'));
  await file.write(Buffer.from(' two'));
  expect(await originals.open(digest)).toBeNull();
  await file.finish();
  expect(await whole(file.read())).toBe('one two');
  await file.keep(digest);
  await file.drop();
  const kept = await originals.open(digest);
  expect(kept?.bytes).toBe(7);
  expect(await whole(kept?.read())).toBe('one two');
  expect(await whole(kept?.read(3))).toBe('one');
  expect(await whole(kept?.read(0))).toBe('');
  expect(files(folder)).toEqual([digest.toString('hex')]);
  expect(statSync(join(folder, digest.toString('hex'))).mode & 0o077).toBe(0);
  const gone = kept?.read();
  await originals.delete(digest);
  await originals.delete(digest);
  await expect(gone?.next()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('ENOENT') });
  expect(await originals.open(digest)).toBeNull();
});

test('two that bring the same bytes at once share one file, and a reader goes on with the one that it has', async () => {
  const folder = join(root, randomUUID());
  const originals = originalsIn(folder);
  const bytes = Buffer.alloc(1_000_000, 'same ');
  const digest = sha256(bytes);
  const put = async () => {
    const file = await originals.put(randomUUID());
    await file.write(bytes);
    await file.finish();
    return file;
  };
  const [one, other] = await Promise.all([put(), put()]);
  await one.keep(digest);
  const reader = (await originals.open(digest))?.read();
  const first = (await reader?.next())?.value as Buffer;
  await other.keep(digest);
  await Promise.all([one.drop(), other.drop()]);
  expect(first.toString() + (await whole(reader))).toBe(bytes.toString());
  expect(files(folder)).toEqual([digest.toString('hex')]);
  expect(readFileSync(join(folder, digest.toString('hex'))).equals(bytes)).toBe(true);
});

test('what is dropped leaves nothing, and what a killed process left is named by its dataset', async () => {
  const folder = join(root, randomUUID());
  const originals = originalsIn(folder);
  expect(await originals.leftovers()).toEqual([]);
  const [dropped, killed] = [randomUUID(), randomUUID()];
  const file = await originals.put(dropped);
  await file.write(Buffer.from('x'));
  const left = await originals.put(killed);
  await left.write(Buffer.from('y'));
  await file.drop();
  const leftovers = await originals.leftovers();
  expect(leftovers.map(({ datasetId }) => datasetId)).toEqual([killed]);
  await leftovers[0]?.remove();
  await left.drop();
  expect(files(folder)).toEqual([]);
});

// It needs Linux and the right to mount.
test.skipIf(!mounted)('a full disk is told as that, at whichever piece it is, and nothing is left there', async () => {
  const originals = originalsIn(disk);
  const file = await originals.put(randomUUID());
  const fill = async () => {
    for (let n = 0; n < 40; n++) await file.write(Buffer.alloc(64 * 1024, 'x'));
    await file.finish();
  };
  await expect(fill()).rejects.toMatchObject({
    code: 'unavailable',
    message: `The original can’t be kept in ${disk}. The disk that holds it is full. Free space there.`,
  });
  await file.drop();
  expect(files(disk)).toEqual([]);
});

test('a folder that can’t be made is told as that', async () => {
  const path = join(root, randomUUID());
  writeFileSync(path, '');
  await expect(originalsIn(path).put(randomUUID())).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`The original can’t be kept in ${path}.`),
  });
});

/** What agents appended to the tasks of chunks: notes, and the places of attestations. */
import type { Prisma } from '#lib/store/generated/client.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

export type OfChunk = { batchId: string; chunk: number };
type AppendRow = { ordinal: number | null; seq: number | null; text: string | null; by: string };

const ROW = { ordinal: true, seq: true, text: true, by: true } as const satisfies Prisma.AppendSelect;

/** What was appended under this key, with its text unless that was erased; null: nothing was. */
export async function readAppend({ prisma }: WithModels, { batchId, chunk }: OfChunk, key: Buffer): Promise<AppendRow | null> {
  const row = await prisma.append.findUnique({
    where: { batchId_chunk_key: { batchId, chunk, key: bytesOf(key) } },
    select: ROW,
  });
  if (!row || row.seq === null) return row;
  const place = { batchId, chunk, seq: row.seq, field: 'text' };
  const said = await prisma.receiptValue.findUnique({ where: { batchId_chunk_seq_field: place }, select: { value: true } });
  return { ...row, text: said?.value ?? null };
}

/** Keeps a note, or that an attestation was made. The caller has the chunk's row, and has looked for the key. */
export async function insertAppend(
  { prisma }: WithModels,
  of: OfChunk,
  { key, ...row }: AppendRow & { key: Buffer },
): Promise<void> {
  await prisma.append.create({ data: { ...of, ...row, key: bytesOf(key) }, select: { id: true } });
}

/** Of a batch, or of one of its chunks; and of one key, where that is asked. */
type Appends = { batchId: string; chunk?: number | undefined; by?: string | undefined };

/** How many notes and attestations there are. */
export async function countAppends({ prisma }: WithModels, asked: Appends): Promise<{ notes: number; attestations: number }> {
  const where = whereOf(asked);
  const [notes, attestations] = await Promise.all([
    prisma.append.count({ where: { ...where, seq: null } }),
    prisma.append.count({ where: { ...where, seq: { not: null } } }),
  ]);
  return { notes, attestations };
}

export type AppendedText = {
  chunk: number;
  ordinal: number | null;
  seq: number | null;
  by: string;
  at: Date;
  text: string | null;
};

/** The last of them, the oldest first; `text` null: it was erased. */
export async function readLastAppends(models: WithModels, asked: Appends, limit: number): Promise<AppendedText[]> {
  const { prisma } = models;
  const rows = await prisma.append.findMany({
    where: whereOf(asked),
    orderBy: { id: 'desc' },
    take: limit,
    select: { ...ROW, chunk: true, at: true },
  });
  const attested = rows.flatMap(({ chunk, seq }) => (seq === null ? [] : [{ chunk, seq }]));
  const values =
    attested.length === 0
      ? []
      : await prisma.receiptValue.findMany({
          where: { batchId: asked.batchId, field: 'text', OR: attested },
          select: { chunk: true, seq: true, value: true },
        });
  const said = new Map(values.map(({ chunk, seq, value }) => [`${chunk}.${seq}`, value]));
  return rows
    .map((row) => ({ ...row, text: row.seq === null ? row.text : (said.get(`${row.chunk}.${row.seq}`) ?? null) }))
    .reverse();
}

/** The notes of a chunk, in their order, page by page. */
export async function readNotes(
  { prisma }: WithModels,
  { batchId, chunk }: OfChunk,
  { after, limit }: { after: bigint; limit: number },
): Promise<{ id: bigint; ordinal: number | null; text: string | null; by: string; at: Date }[]> {
  return prisma.append.findMany({
    where: { batchId, chunk, seq: null, id: { gt: after } },
    orderBy: { id: 'asc' },
    take: limit,
    select: { id: true, ordinal: true, text: true, by: true, at: true },
  });
}

function whereOf({ batchId, chunk, by }: Appends): Prisma.AppendWhereInput {
  return { batchId, ...(chunk === undefined ? {} : { chunk }), ...(by === undefined ? {} : { by }) };
}

/** Whether this key had the chunk last, or gave an item of it a category that it still has. */
export async function isClassifiedBy({ prisma }: WithModels, chunkId: string, key: string): Promise<boolean> {
  const chunk = await prisma.chunk.findUnique({ where: { id: chunkId }, select: { agent: true } });
  if (chunk?.agent === key) return true;
  return (await prisma.classification.findFirst({ where: { chunkId, by: key }, select: { ordinal: true } })) !== null;
}

/** Of a batch, the numbers of the chunks that this key classified, or has; the first of them. */
export async function readChunksOf({ prisma }: WithModels, batchId: string, key: string, limit: number): Promise<number[]> {
  const rows = await prisma.chunk.findMany({
    where: { batchId, agent: key },
    orderBy: { number: 'asc' },
    take: limit,
    select: { number: true },
  });
  return rows.map(({ number }) => number);
}

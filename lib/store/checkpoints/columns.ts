/** Which columns people chose, for each shape of a dataset. */
import type { WithModels } from '#lib/store/postgres/db.ts';

type Whose = { by: string; shape: Uint8Array<ArrayBuffer> };

/** Null where nothing was chosen. */
export async function readColumnChoice({ prisma }: WithModels, by_shape: Whose): Promise<string[] | null> {
  const row = await prisma.columnChoice.findUnique({ where: { by_shape }, select: { fields: true } });
  return row?.fields ?? null;
}

/** Null forgets what was chosen. */
export async function keepColumnChoice({ prisma }: WithModels, by_shape: Whose, fields: string[] | null): Promise<void> {
  if (fields === null) await prisma.columnChoice.deleteMany({ where: by_shape });
  else
    await prisma.columnChoice.upsert({
      where: { by_shape },
      create: { ...by_shape, fields },
      update: { fields },
      select: { by: true },
    });
}

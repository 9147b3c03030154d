/** The program of the thread that makes downloads. bin/web.ts names it. */
import { serveDownloads } from '#lib/engine/download-side.ts';
import { makeReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { makeTrail } from '#lib/steps/receipts/export-trail.ts';
import { db } from '#lib/store/postgres/db.ts';

db({ reads: 'copies' });
serveDownloads({ receipts: makeReceipts, trail: makeTrail });

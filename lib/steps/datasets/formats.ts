/** What can be uploaded and given back, for pages and the API: they name no format themselves. */
import { FORMATS } from '#lib/ingest/kinds.ts';
import { ENDINGS, FILES_IN_WORDS } from '#lib/ingest/registry.ts';

/** The content types that uploads can have; any other is looked at all the same. */
export const UPLOAD_TYPES: readonly string[] = FORMATS.map(({ contentType }) => contentType);
/** What a download can be asked for: a format that was uploaded, or what every dataset gives. */
export const DOWNLOAD_FORMATS: readonly string[] = [...FORMATS.map(({ name }) => name), 'jsonl', 'original'].sort();
/** The content types that downloads can have. */
export const DOWNLOAD_TYPES: readonly string[] = [...UPLOAD_TYPES, 'application/jsonl'];

/** `endings`: of the names of files, with the dot. `files`: "a CSV file, or a mailbox (mbox)". */
export type UploadOffer = { endings: readonly string[]; files: string };

/** What a page says of the files that it takes. */
export function readUploadOffer(): UploadOffer {
  return { endings: ENDINGS, files: FILES_IN_WORDS };
}

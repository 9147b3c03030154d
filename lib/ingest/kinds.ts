/** The formats that can be uploaded. Adding one is a folder and a line here (docs/how-to/format.md). */
import { csv } from './csv/format.ts';
import { jsonLines } from './json/lines.ts';
import { jsonList } from './json/list.ts';
import { mbox } from './mbox/format.ts';
import type { Format } from './port.ts';
import { xlsx } from './xlsx/format.ts';

export const FORMATS: readonly Format[] = [csv, mbox, jsonLines, jsonList, xlsx];

'use server';

import { stepAction } from '#app/action-client.ts';
import { chooseNotices, readNotices } from '#lib/steps/notices/choose-notices.ts';

export const readNoticesAction = stepAction(readNotices, '/notices');
export const chooseNoticesAction = stepAction(chooseNotices, '/notices');

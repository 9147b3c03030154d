'use server';

import { z } from 'zod';
import { uploadSample } from '../../../lib/steps/upload-sample.ts';
import { action, outcome } from '../../action-client.ts';

export const uploadSampleAction = outcome(
  action.inputSchema(z.strictObject({ id: z.uuid() })).action(({ parsedInput, ctx }) => uploadSample(ctx.actor, parsedInput)),
);

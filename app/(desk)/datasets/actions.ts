'use server';

import { z } from 'zod';
import { action, outcome } from '#app/action-client.ts';
import { uploadSample } from '#lib/steps/datasets/upload-sample.ts';

export const uploadSampleAction = outcome(
  action.inputSchema(z.strictObject({ id: z.uuid() })).action(({ parsedInput, ctx }) => uploadSample(ctx.actor, parsedInput)),
);

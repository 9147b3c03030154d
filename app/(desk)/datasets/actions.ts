'use server';

import { stepAction } from '#app/action-client.ts';
import { uploadSample } from '#lib/steps/datasets/upload-sample.ts';

export const uploadSampleAction = stepAction(uploadSample);

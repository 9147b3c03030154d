'use server';

import { stepAction } from '#app/action-client.ts';
import { changeReading } from '#lib/steps/datasets/change-reading.ts';
import { deleteDataset } from '#lib/steps/datasets/delete-dataset.ts';
import { renameDataset } from '#lib/steps/datasets/rename-dataset.ts';
import { uploadSample } from '#lib/steps/datasets/upload-sample.ts';

export const uploadSampleAction = stepAction(uploadSample);
export const changeReadingAction = stepAction(changeReading);
export const renameDatasetAction = stepAction(renameDataset);
export const deleteDatasetAction = stepAction(deleteDataset);

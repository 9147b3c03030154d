/** Plans: previewed, counted, saved, proposed and tried. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { create, nothing, page, paging, write } from '#lib/api/transport.ts';
import { SAVED_PLAN_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { givenPlan } from '#lib/shapes/plans.ts';
import { ofDataset, savedPlan, savedPlanName, savedPlanRow } from '#lib/shapes/saved-plans.ts';
import { id, nameNumber } from '#lib/shapes/values.ts';
import { get, namedPlan, post } from './parts.ts';

export const planPaths = {
  plans: {
    list: get('/plans', 'List the saved plans, by name')
      .input(
        z.strictObject({ ...paging, search: z.string().max(SAVED_PLAN_NAME_CHARS_MAX).optional().describe('Part of a name.') }),
      )
      .output(page(savedPlanRow)),
    save: post(
      '/plans',
      'Save a plan by name',
      'A name that is taken is refused with `conflict`: `savedPlan` is the plan that has it.',
    )
      .route({ successStatus: 201 })
      .input(create(z.strictObject({ name: savedPlanName, plan: givenPlan, datasetId: ofDataset })))
      .output(savedPlan),
    read: get('/plans/{id}', 'Read a saved plan', 'With `datasetId`: what of it does not fit that dataset.')
      .input(z.strictObject({ ...namedPlan, datasetId: id.optional() }))
      .output(savedPlan),
    change: oc
      .route({
        ...{ method: 'PUT', path: '/plans/{id}', summary: 'Change a saved plan', inputStructure: 'detailed' },
        description:
          'What is left out stays as it is. It is refused as `stale` when the plan changed after its `revision` was read. Batches that were made of it do not change.',
      })
      .input(
        write(
          namedPlan,
          z.strictObject({
            revision: nameNumber,
            name: savedPlanName.optional(),
            plan: givenPlan.optional(),
            datasetId: ofDataset,
          }),
        ),
      )
      .output(savedPlan),
    delete: oc
      .route({
        ...{ method: 'DELETE', path: '/plans/{id}', summary: 'Delete a saved plan', inputStructure: 'detailed' },
        description: 'Batches that were made of it keep their plans.',
      })
      .input(write(namedPlan, nothing))
      .output(z.object({ id })),
  },
};

/** How a tool of /mcp is made: with a schema of what it takes and gives, words for the model, and a refusal as words that it can go by. */
import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { may, type Verb } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';

type ToolSpec<Input extends z.ZodObject, Output extends z.ZodType> = {
  /** whose tool it is: it is listed for these */
  verb: Verb;
  what: string;
  input: Input;
  output: Output;
  /** it changes nothing */
  reads?: true;
  /** of no batch that a key could be bound to: a key that is bound can't call it */
  ofNoBatch?: true;
};

/** Adds a tool, in the order in which they are listed; one of a scope that the key does not have is left out. */
export type AddTool = <Input extends z.ZodObject, Output extends z.ZodType>(
  name: string,
  spec: ToolSpec<Input, Output>,
  act: (asked: z.output<Input>) => Promise<z.output<Output>>,
) => void;

/** For a model that gives a batch's name. */
export const batchId = z.uuid(
  'Give the id of the batch, which is a UUID, and not its name. Whoever told you of the batch has its id.',
);

/** @param refused hears of what the actor may not do */
export function addingTo(server: McpServer, actor: Actor, refused: (tool: string) => Promise<void>): AddTool {
  return (name, { verb, what, input, output, reads = false, ofNoBatch = false }, act) => {
    if (!may(actor, verb)) return;
    server.registerTool(
      name,
      {
        description: what,
        inputSchema: input,
        outputSchema: described(output),
        // A call that is sent again counts once.
        annotations: { readOnlyHint: reads, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      },
      // biome-ignore lint/suspicious/noExplicitAny: the package's type of a callback does not follow a generic schema
      (async (asked: any) => {
        try {
          assertWithin(actor, (asked as { batch?: string }).batch, ofNoBatch);
          const given = await act(asked as z.output<typeof input>);
          return {
            content: [{ type: 'text' as const, text: JSON.stringify(given) }],
            structuredContent: given as Record<string, unknown>,
          };
        } catch (error) {
          if (!(error instanceof CountersignError)) throw error;
          if (error.code === 'forbidden') await refused(name);
          // What went wrong is the model's to read and to mend.
          return { isError: true, content: [{ type: 'text' as const, text: toldOf(error) }] };
        }
        // biome-ignore lint/suspicious/noExplicitAny: as above
      }) as any,
    );
  };
}

/** A key that is bound to batches gets at those: what is named by a task is looked at where the task is found. */
function assertWithin({ batches }: Actor, batch: string | undefined, ofNoBatch: boolean): void {
  if (!batches) return;
  if (ofNoBatch)
    throw new CountersignError('forbidden', 'This API key is bound to batches of its own: it makes no other, and no dataset.');
  if (batch === undefined || batches.includes(batch)) return;
  throw new CountersignError('forbidden', 'This API key is bound to batches of its own, and this is none of them.');
}

/** The message, and every other place that is wrong. */
function toldOf({ message, problems }: CountersignError): string {
  const more = (problems ?? []).slice(1).map((one) => `${one.path}: ${one.message}`);
  return [message, ...more.slice(0, 20)].join('\n');
}

/** A shape as JSON Schema, against which nothing is parsed: a field called `__proto__` stays. */
function described(output: z.ZodType) {
  return fromJsonSchema<Record<string, unknown>>(
    z.toJSONSchema(output, { unrepresentable: 'any', io: 'output' }) as Parameters<typeof fromJsonSchema>[0],
  );
}

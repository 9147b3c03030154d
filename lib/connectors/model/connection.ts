/** Connections to models: what is wrong with one. A model is asked to classify, and no action goes over it. */
import { hostRefused, isAllowed, type Reach } from '#lib/connectors/http/addresses.ts';
import { checkConnection as checkHttp } from '#lib/connectors/http/connection.ts';
import { refusal } from '#lib/connectors/parameters.ts';
import type { ConnectionToCheck } from '#lib/connectors/port.ts';
import type { Problem } from '#lib/core/errors.ts';
import { modelOfConnection } from '#lib/core/models/model.ts';

const SIGNS_IN = ['none', 'bearer', 'header'];

/** The address, the key and where they may go are checked as those of a web service. */
export function checkConnection(given: ConnectionToCheck, reach: Reach): ConnectionToCheck {
  const { auth, declared } = given;
  const problems: Problem[] = [];
  const model = modelOfConnection.safeParse(declared.model);
  if (declared.model == null)
    problems.push({ path: 'model', message: 'Say which model this is: `provider`, `name` and `prices`.' });
  else for (const { path, message } of model.error?.issues ?? []) problems.push({ path: ['model', ...path].join('.'), message });
  if (!SIGNS_IN.includes(auth.kind))
    problems.push({ path: 'auth.kind', message: 'A model takes a key (bearer), a header, or nothing.' });
  for (const name of ['inspect', 'success'] as const)
    if (declared[name] !== null) problems.push({ path: name, message: 'No action goes over a model. Leave this out.' });
  if (declared.keys.honoured)
    problems.push({ path: 'keys', message: 'A model repeats nothing: each call is asked and paid anew. Leave this out.' });
  if (problems.length > 0) throw refusal(problems);
  return checkHttp(
    given,
    (origin) => hostRefused(origin, reach),
    (place) => place.protocol === 'http:' && !isAllowed(reach, place),
  );
}

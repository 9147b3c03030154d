import { SYSTEM } from '#lib/core/people/system.ts';
import type { Env } from '#lib/env.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

/** Tells the security log which settings this start has, where they are others than at the last one: of a secret only whether it is set. */
export async function tellSettings(models: WithModels, env: Env): Promise<void> {
  const facts = {
    allowPrivateTargets: env.ALLOW_PRIVATE_TARGETS,
    host: env.HOST,
    oidcIssuer: env.OIDC_ISSUER ?? null,
    stepUp: env.STEP_UP,
    stepUpPassword: env.STEP_UP_PASSWORD,
    adminApiKey: env.ADMIN_API_KEY !== undefined,
    metricsToken: env.METRICS_TOKEN !== undefined,
  };
  const last = await models.prisma.securityEvent.findFirst({ where: { kind: 'settings' }, orderBy: { id: 'desc' } });
  const before = (last?.facts ?? {}) as Record<string, unknown>;
  if (Object.entries(facts).every(([name, value]) => before[name] === value)) return;
  await recordSecurity(models, { kind: 'settings', by: SYSTEM.id, facts });
}

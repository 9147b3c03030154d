import { SYSTEM } from '#lib/core/people/system.ts';
import type { Env } from '#lib/env.ts';
import { sha256Hex } from '#lib/ledger/canonical.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { FACT_CHARS_MAX, recordSecurity } from '#lib/store/security/security.ts';

/** Tells the security log which settings this start has, where they are others than at the last one: of a secret only whether it is set. */
export async function tellSettings(models: WithModels, env: Env): Promise<void> {
  const facts = {
    allowPrivateTargets: env.ALLOW_PRIVATE_TARGETS,
    targetsAllowed: placesOf(env.TARGETS_ALLOWED),
    host: env.HOST,
    publicUrl: env.PUBLIC_URL ?? null,
    mail: env.SMTP_URL !== undefined,
    noticeWebhook: env.NOTICE_WEBHOOK_URL === undefined ? null : new URL(env.NOTICE_WEBHOOK_URL).origin,
    oidcIssuer: env.OIDC_ISSUER ?? null,
    stepUp: env.STEP_UP,
    stepUpPassword: env.STEP_UP_PASSWORD,
    secondFactorFor: env.SECOND_FACTOR_FOR.join(', ') || null,
    sessionIdleMinutes: env.SESSION_IDLE_MINUTES ?? null,
    adminApiKey: env.ADMIN_API_KEY !== undefined,
    metricsToken: env.METRICS_TOKEN !== undefined,
  };
  const last = await models.prisma.securityEvent.findFirst({ where: { kind: 'settings' }, orderBy: { id: 'desc' } });
  const before = (last?.facts ?? {}) as Record<string, unknown>;
  if (Object.entries(facts).every(([name, value]) => before[name] === value)) return;
  await recordSecurity(models, { kind: 'settings', by: SYSTEM.id, facts });
}

/** In full, or so that another list is another text: a fact has no room for more. */
function placesOf(places: readonly string[]): string {
  const text = places.join(', ');
  return text.length <= FACT_CHARS_MAX ? text : `${places.length} places, SHA-256 ${sha256Hex(Buffer.from(text)).slice(0, 32)}`;
}

import type { Env } from '#lib/env.ts';
import { createFirstAdmin } from '#lib/steps/people/create-first-admin.ts';
import { makeSetupLink } from '#lib/steps/people/make-setup-link.ts';
import { tellSettings } from '#lib/steps/security/tell-settings.ts';
import { closeDb, openDb } from '#lib/store/postgres/db.ts';

/**
 * While there is nobody yet: makes the admin of ADMIN_EMAIL and ADMIN_PASSWORD, or a one-time link for the first visit. Gives the line to
 * print; null when there are people already. The security log is told of this start's settings first.
 */
export async function welcomeFirstPerson(settings: Env, appUrl: string, address: string): Promise<string | null> {
  const { ADMIN_EMAIL, ADMIN_PASSWORD } = settings;
  const asApplication = openDb(appUrl, { max: 1 });
  try {
    await tellSettings(asApplication, settings);
    if (ADMIN_EMAIL && ADMIN_PASSWORD) {
      const { created } = await createFirstAdmin({ email: ADMIN_EMAIL, password: ADMIN_PASSWORD }, asApplication);
      return created ? `the first admin is ${ADMIN_EMAIL}` : null;
    }
    const link = await makeSetupLink(asApplication);
    return link && `open ${address}${link.path} to become the admin; it works once`;
  } finally {
    await closeDb(asApplication);
  }
}

import pg from 'pg';

/**
 * Makes the embedded database's two roles and its database, or sees that they are there. The owner runs migrations; the application
 * role owns nothing and is granted what it needs by lib/store/postgres/grants.ts.
 */
export async function prepareRoles(superUrl: string, passwords: { ownerPassword: string; appPassword: string }): Promise<void> {
  const client = new pg.Client({ connectionString: superUrl });
  await client.connect();
  try {
    await ensureRole(client, 'countersign_owner', passwords.ownerPassword);
    await ensureRole(client, 'countersign_app', passwords.appPassword);
    const found = await client.query(`SELECT 1 FROM pg_database WHERE datname = 'countersign'`);
    if (found.rowCount === 0) await client.query('CREATE DATABASE countersign OWNER countersign_owner');
  } finally {
    await client.end();
  }
}

async function ensureRole(client: pg.Client, name: string, password: string): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  if (found.rowCount) return;
  await client.query(`CREATE ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${client.escapeLiteral(password)}`);
}

-- Whoever follows something, sends or takes a file is looked up again at once when somebody's standing changes (docs/live.md). Triggers, so that no writer can
-- forget it, better-auth's included. Channel and payload are those of lib/store/live/notifications.sql.ts.
CREATE FUNCTION "tell_standing"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('countersign', 'standing');
  RETURN NULL;
END
$$;

CREATE TRIGGER "user_standing" AFTER UPDATE OF "disabled_at", "role" ON "user" FOR EACH STATEMENT EXECUTE FUNCTION "tell_standing"();
CREATE TRIGGER "session_standing" AFTER DELETE ON "session" FOR EACH STATEMENT EXECUTE FUNCTION "tell_standing"();
CREATE TRIGGER "api_key_standing" AFTER UPDATE OF "revoked_at", "expires_at" ON "api_key" FOR EACH STATEMENT EXECUTE FUNCTION "tell_standing"();

"""A verdict is never overwritten, and who visited which PC when stays: only the account may be filled in, once."""

from django.db import migrations

KEEP_VISIT = """
CREATE FUNCTION troubleshooting_keep_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.account <> '' THEN
        RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;
    END IF;
    IF (to_jsonb(NEW) - 'account') IS DISTINCT FROM (to_jsonb(OLD) - 'account') THEN
        RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
"""

GUARDS = [
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON troubleshooting_caseverdict FOR EACH ROW "
    "EXECUTE FUNCTION troubleshooting_refuse_change();",
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON troubleshooting_devicesnapshot FOR EACH ROW "
    "EXECUTE FUNCTION troubleshooting_keep_visit();",
]

UNDO = [
    "DROP TRIGGER append_only ON troubleshooting_devicesnapshot;",
    "DROP TRIGGER append_only ON troubleshooting_caseverdict;",
    "DROP FUNCTION troubleshooting_keep_visit();",
]


class Migration(migrations.Migration):
    """Set the triggers."""

    dependencies = [("troubleshooting", "0007_case_device_owner")]

    operations = [migrations.RunSQL([KEEP_VISIT, *GUARDS], UNDO)]

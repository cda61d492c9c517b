"""Answers of PCs and activity entries are never changed and never deleted, not even by direct SQL."""

from django.db import migrations

TABLES = ("troubleshooting_deviceanswer", "troubleshooting_activityentry")

REFUSE = """
CREATE FUNCTION troubleshooting_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;
END
$$;
"""

GUARD = "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {0} FOR EACH ROW EXECUTE FUNCTION troubleshooting_refuse_change();"


class Migration(migrations.Migration):
    """Set the triggers."""

    dependencies = [("troubleshooting", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [REFUSE, *(GUARD.format(table) for table in TABLES)],
            [
                *(f"DROP TRIGGER append_only ON {table};" for table in TABLES),
                "DROP FUNCTION troubleshooting_refuse_change();",
            ],
        ),
    ]

"""Exclusions move only as their table says, and only who may ends them: for direct SQL, too."""

from django.db import migrations

# The table of troubleshooting/domain/exclusion.py as it stood here; a test holds the two against each other.
MOVES = {
    "requested": "asked_back approved rejected withdrawn",
    "asked_back": "requested rejected withdrawn",
    "approved": "applying requested withdrawn not_applied",
    "applying": "applied refused expired revoked",
    "applied": "verified applying refused expired revoked",
    "verified": "applying expired revoked",
    "expired": "removed",
    "revoked": "removed",
    "refused": "removed",
}
PAIRS = ", ".join(f"'{before}>{after}'" for before, others in MOVES.items() for after in others.split())

RULES = f"""
CREATE FUNCTION troubleshooting_check_exclusion_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ender_role text;
BEGIN
    IF NEW.renews_id IS DISTINCT FROM OLD.renews_id THEN
        RAISE EXCEPTION 'exclusion_keeps_renewed: what it renews stays';
    END IF;
    IF NEW.value_key <> OLD.value_key AND NEW.value = OLD.value THEN
        RAISE EXCEPTION 'exclusion_key_follows_value: it is looked for under the name of its value';
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF OLD.status || '>' || NEW.status NOT IN ({PAIRS}) THEN
        RAISE EXCEPTION 'exclusion_moves_known: % cannot become %', OLD.status, NEW.status;
    END IF;
    IF NEW.status = 'withdrawn' AND NEW.ended_by_id IS DISTINCT FROM OLD.requested_by_id THEN
        RAISE EXCEPTION 'exclusion_withdrawn_by_requester: only who asked for it takes it back';
    END IF;
    IF NEW.status = 'revoked' AND NEW.ended_by_id IS NOT NULL THEN
        SELECT role INTO ender_role FROM troubleshooting_user WHERE id = NEW.ended_by_id;
        IF ender_role NOT IN ('reviewer', 'administrator') THEN
            RAISE EXCEPTION 'exclusion_revoked_by_it: only reviewers and administrators end it early';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
"""  # noqa: S608  the names are the constants above

TRIGGER = (
    "CREATE TRIGGER exclusion_status_moves BEFORE UPDATE ON troubleshooting_exclusion FOR EACH ROW "
    "EXECUTE FUNCTION troubleshooting_check_exclusion_move();"
)

UNDO = [
    "DROP TRIGGER exclusion_status_moves ON troubleshooting_exclusion;",
    "DROP FUNCTION troubleshooting_check_exclusion_move();",
]


class Migration(migrations.Migration):
    """Set the rule."""

    dependencies = [("troubleshooting", "0011_drift_and_retests")]

    operations = [migrations.RunSQL([RULES, TRIGGER], UNDO)]

"""Every kind of decision has its time: a no and a question, too, are said only while there is something to decide."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION troubleshooting_check_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked troubleshooting_exclusion%ROWTYPE;
    decider_role text;
BEGIN
    SELECT * INTO asked FROM troubleshooting_exclusion WHERE id = NEW.exclusion_id FOR SHARE;
    SELECT role INTO decider_role FROM troubleshooting_user WHERE id = NEW.by_id;
    IF NEW.by_id = asked.requested_by_id THEN
        RAISE EXCEPTION 'decision_not_ones_own: the requester never decides';
    END IF;
    IF decider_role NOT IN ('reviewer', 'administrator') THEN
        RAISE EXCEPTION 'decision_by_it: only reviewers and administrators decide';
    END IF;
    IF {too_late} OR NEW.round <> asked.round THEN
        RAISE EXCEPTION 'decision_in_time: nothing is to be decided in this round';
    END IF;
    RETURN NEW;
END
$$;
"""
NOW = "asked.status <> 'requested' AND NOT (asked.status = 'asked_back' AND NEW.decision = 'reject')"
BEFORE = "asked.status <> 'requested' AND NEW.decision = 'approve'"


class Migration(migrations.Migration):
    """Replace the rule's function."""

    dependencies = [("troubleshooting", "0012_exclusion_moves")]

    operations = [migrations.RunSQL(FUNCTION.replace("{too_late}", NOW), FUNCTION.replace("{too_late}", BEFORE))]

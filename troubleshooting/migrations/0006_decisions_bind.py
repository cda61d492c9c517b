"""Nobody decides about their own request, and nothing counts as approved without enough people: for direct SQL, too."""

from django.db import migrations

DECISION = """
CREATE FUNCTION troubleshooting_check_decision() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF asked.status <> 'requested' AND NEW.decision = 'approve' OR NEW.round <> asked.round THEN
        RAISE EXCEPTION 'decision_in_time: nothing is to be decided in this round';
    END IF;
    RETURN NEW;
END
$$;
"""

EXCLUSION = """
CREATE FUNCTION troubleshooting_check_exclusion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    undecided CONSTANT text[] := ARRAY['requested', 'asked_back', 'rejected', 'withdrawn', 'not_applied'];
    people integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'requested' THEN
            RAISE EXCEPTION 'exclusion_begins_as_requested: it begins as a request';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.requested_by_id <> OLD.requested_by_id THEN
        RAISE EXCEPTION 'exclusion_keeps_requester: who asked for it stays';
    END IF;
    IF OLD.status = ANY (undecided) AND NEW.status <> ALL (undecided) THEN
        SELECT count(DISTINCT by_id) INTO people FROM troubleshooting_exclusiondecision
            WHERE exclusion_id = NEW.id AND round = NEW.round AND decision = 'approve' AND digest = NEW.digest;
        IF NEW.status <> 'approved' OR people < NEW.approvals_needed THEN
            RAISE EXCEPTION 'exclusion_approved_by_enough: % of % approvals', people, NEW.approvals_needed;
        END IF;
    END IF;
    IF (NEW.kind, NEW.value, NEW.scope_kind, NEW.scope_device_id, NEW.scope_group_id, NEW.expires_at,
        NEW.approvals_needed, NEW.evidence, NEW.reason)
       IS DISTINCT FROM
       (OLD.kind, OLD.value, OLD.scope_kind, OLD.scope_device_id, OLD.scope_group_id, OLD.expires_at,
        OLD.approvals_needed, OLD.evidence, OLD.reason)
       AND NOT (NEW.round > OLD.round AND NEW.status = 'requested') THEN
        RAISE EXCEPTION 'exclusion_change_resets_approvals: a change begins a new round';
    END IF;
    RETURN NEW;
END
$$;
"""

TRIGGERS = [
    "CREATE TRIGGER decision_rules BEFORE INSERT ON troubleshooting_exclusiondecision FOR EACH ROW "
    "EXECUTE FUNCTION troubleshooting_check_decision();",
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON troubleshooting_exclusiondecision FOR EACH ROW "
    "EXECUTE FUNCTION troubleshooting_refuse_change();",
    "CREATE TRIGGER exclusion_rules BEFORE INSERT OR UPDATE ON troubleshooting_exclusion FOR EACH ROW "
    "EXECUTE FUNCTION troubleshooting_check_exclusion();",
]

UNDO = [
    "DROP TRIGGER exclusion_rules ON troubleshooting_exclusion;",
    "DROP TRIGGER append_only ON troubleshooting_exclusiondecision;",
    "DROP TRIGGER decision_rules ON troubleshooting_exclusiondecision;",
    "DROP FUNCTION troubleshooting_check_exclusion();",
    "DROP FUNCTION troubleshooting_check_decision();",
]


class Migration(migrations.Migration):
    """Set the rules."""

    dependencies = [("troubleshooting", "0005_exclusions")]

    operations = [migrations.RunSQL([DECISION, EXCLUSION, *TRIGGERS], UNDO)]

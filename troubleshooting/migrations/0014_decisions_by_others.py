"""Nobody decides about their own case, no round comes back, and a request lapses at its end: for direct SQL, too."""

from django.db import migrations

# The table of troubleshooting/domain/exclusion.py as it stood here; a test holds the two against each other.
MOVES = {
    "requested": "asked_back approved rejected withdrawn not_applied",
    "asked_back": "requested rejected withdrawn not_applied",
    "approved": "applying requested withdrawn not_applied",
    "applying": "applied refused expired revoked",
    "applied": "verified applying refused expired revoked",
    "verified": "applying expired revoked",
    "expired": "removed",
    "revoked": "removed",
    "refused": "removed",
}
ADDED = ("requested>not_applied", "asked_back>not_applied")
PAIRS = [f"{before}>{after}" for before, others in MOVES.items() for after in others.split()]

DECISION = """
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
    END IF;{own_case}
    IF asked.status <> 'requested' AND NOT (asked.status = 'asked_back' AND NEW.decision = 'reject')
       OR NEW.round <> asked.round THEN
        RAISE EXCEPTION 'decision_in_time: nothing is to be decided in this round';
    END IF;
    RETURN NEW;
END
$$;
"""
OWN_CASE = """
    IF EXISTS (SELECT FROM troubleshooting_case
               WHERE id = asked.case_id AND NEW.by_id IN (reporter_id, device_owner_id)) THEN
        RAISE EXCEPTION 'decision_not_in_ones_own_case: the people of the case never decide';
    END IF;"""

EXCLUSION = """
CREATE OR REPLACE FUNCTION troubleshooting_check_exclusion() RETURNS trigger LANGUAGE plpgsql AS $$
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
    END IF;{no_way_back}
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
NO_WAY_BACK = """
    IF NEW.round < OLD.round THEN
        RAISE EXCEPTION 'exclusion_round_never_goes_back: the approvals of a round before stay reset';
    END IF;"""

MOVE = """
CREATE OR REPLACE FUNCTION troubleshooting_check_exclusion_move() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF OLD.status || '>' || NEW.status NOT IN ({pairs}) THEN
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
"""


def _rules(own_case: str, no_way_back: str, pairs: list[str]) -> list[str]:
    listed = ", ".join(f"'{pair}'" for pair in pairs)
    return [
        DECISION.replace("{own_case}", own_case),
        EXCLUSION.replace("{no_way_back}", no_way_back),
        MOVE.replace("{pairs}", listed),
    ]


class Migration(migrations.Migration):
    """Replace the functions of the rules."""

    dependencies = [("troubleshooting", "0013_decisions_in_time")]

    operations = [
        migrations.RunSQL(
            _rules(OWN_CASE, NO_WAY_BACK, PAIRS), _rules("", "", [pair for pair in PAIRS if pair not in ADDED])
        )
    ]

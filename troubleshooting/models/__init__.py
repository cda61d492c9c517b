"""Tables and querysets."""

from troubleshooting.models.audit import AuditEntry
from troubleshooting.models.case import Case, CaseCounter
from troubleshooting.models.check_run import CaseVerdict, CheckFinding, CheckRun, DeviceAnswer, DeviceSnapshot
from troubleshooting.models.device import Device, DeviceGroup
from troubleshooting.models.exclusion import Exclusion, ExclusionDecision, Placement
from troubleshooting.models.lease import AuditTest, SettingLease
from troubleshooting.models.submission import Submission
from troubleshooting.models.user import User

__all__ = [
    "AuditEntry",
    "AuditTest",
    "Case",
    "CaseCounter",
    "CaseVerdict",
    "CheckFinding",
    "CheckRun",
    "Device",
    "DeviceAnswer",
    "DeviceGroup",
    "DeviceSnapshot",
    "Exclusion",
    "ExclusionDecision",
    "Placement",
    "SettingLease",
    "Submission",
    "User",
]

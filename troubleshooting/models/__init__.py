"""Tables and querysets."""

from troubleshooting.models.activity import ActivityEntry
from troubleshooting.models.address_change import AddressChange
from troubleshooting.models.case import Case, CaseCounter
from troubleshooting.models.check_run import CaseVerdict, CheckFinding, CheckRun, DeviceAnswer, DeviceSnapshot
from troubleshooting.models.collection import Collection, CollectorToken
from troubleshooting.models.decision import ExclusionDecision
from troubleshooting.models.device import Device, DeviceGroup
from troubleshooting.models.drift import DriftFinding, DriftScan
from troubleshooting.models.emergency_stop import EmergencyStop, Undo
from troubleshooting.models.exclusion import Exclusion
from troubleshooting.models.heartbeat import Heartbeat
from troubleshooting.models.lease import AuditModeTest, SettingLease
from troubleshooting.models.placement import Placement
from troubleshooting.models.removal import RemovedAnswers
from troubleshooting.models.retest import ExclusionWarning, Retest
from troubleshooting.models.sign_in import SignInCounter
from troubleshooting.models.submission import Submission
from troubleshooting.models.tenant import SeenIndicator, TenantReading
from troubleshooting.models.user import User

__all__ = [
    "ActivityEntry",
    "AddressChange",
    "AuditModeTest",
    "Case",
    "CaseCounter",
    "CaseVerdict",
    "CheckFinding",
    "CheckRun",
    "Collection",
    "CollectorToken",
    "Device",
    "DeviceAnswer",
    "DeviceGroup",
    "DeviceSnapshot",
    "DriftFinding",
    "DriftScan",
    "EmergencyStop",
    "Exclusion",
    "ExclusionDecision",
    "ExclusionWarning",
    "Heartbeat",
    "Placement",
    "RemovedAnswers",
    "Retest",
    "SeenIndicator",
    "SettingLease",
    "SignInCounter",
    "Submission",
    "TenantReading",
    "Undo",
    "User",
]

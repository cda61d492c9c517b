"""Factories of plain valid things; states are traits. Emma reports, Ivo is IT, Sara is a stranger."""

from tests.factories.cases import CaseFactory, CheckRunFactory
from tests.factories.devices import DeviceFactory, DeviceGroupFactory
from tests.factories.drift import DriftFindingFactory
from tests.factories.exclusions import ExclusionFactory
from tests.factories.leases import AuditModeTestFactory, SettingLeaseFactory
from tests.factories.people import PASSWORD, UserFactory

__all__ = [
    "PASSWORD",
    "AuditModeTestFactory",
    "CaseFactory",
    "CheckRunFactory",
    "DeviceFactory",
    "DeviceGroupFactory",
    "DriftFindingFactory",
    "ExclusionFactory",
    "SettingLeaseFactory",
    "UserFactory",
]

"""What is known of the tenant's list of indicators: how full it is, as of when, and why it could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.tenant.errors import TenantErrorCode, TenantErrorText, tenant_error_text
from troubleshooting.models import DriftScan, TenantReading
from troubleshooting.tenant.base import IndicatorCount


@dataclass(frozen=True, slots=True)
class TenantState:
    """The tenant as last read; ``count`` None = it was never read as a whole."""

    is_set_up: bool
    count: IndicatorCount | None = None
    read_at: datetime | None = None
    error: TenantErrorText | None = None  # of the last reading
    error_at: datetime | None = None
    error_detail: str = ""
    correlation_id: str = ""
    fault: str = ""  # what went wrong in the portal itself at the last reading
    is_waiting: bool = False  # a reading was asked for and has not been made


def read_tenant_state(*, is_set_up: bool) -> TenantState:
    """Return what is known of the tenant; three queries, none where it is not set up."""
    if not is_set_up:
        return TenantState(is_set_up=False)
    last = TenantReading.objects.first()
    look = DriftScan.objects.filter(device=None).first()
    whole = TenantReading.objects.complete().first()
    count = IndicatorCount(whole.active) if whole is not None and whole.active is not None else None
    is_broken = last is not None and last.error_code != ""
    return TenantState(
        is_set_up=True,
        count=count,
        read_at=whole.at if whole else None,
        error=tenant_error_text(TenantErrorCode(last.error_code)) if last and is_broken else None,
        error_at=last.at if last and is_broken else None,
        error_detail=last.error_detail if last and is_broken else "",
        correlation_id=last.correlation_id if last and is_broken else "",
        fault=look.error_detail if look and look.error_code == DeviceErrorCode.PORTAL_FAULT else "",
        is_waiting=look is not None and look.ended_at is None,
    )

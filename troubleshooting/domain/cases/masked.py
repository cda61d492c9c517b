"""A report without the secrets of its addresses: the form in which it is stored."""

from __future__ import annotations

from dataclasses import replace

from troubleshooting.domain.base.masking import mask_path, mask_text, masked_names, without_masked
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.cases.indicator import Indicator

LONGEST_URL = 2_000  # what the catalogue lets a PC request; longer ones are tried by their host


def mask_indicator(indicator: Indicator) -> Indicator:
    """Return the address with the secrets of its path and query masked."""
    return _with_path(indicator, mask_path(indicator.path)) if indicator.path else indicator


def plain_indicator(indicator: Indicator) -> Indicator:
    """Return the address without what is masked in it: no query, or a path that ends before the secret."""
    return _with_path(indicator, without_masked(indicator.path)) if indicator.path else indicator


def requested_url(indicator: Indicator) -> str:
    """Return the address that a PC requests for a report: the reported URL, else the host over HTTPS.

    What is masked in the URL is not known to the portal, and left out.
    """
    plain = plain_indicator(indicator)
    if plain.scheme in ("http", "https") and len(plain.value) <= LONGEST_URL:
        return plain.value
    host = f"[{plain.host}]" if ":" in plain.host else plain.host
    return f"https://{host}/" if plain.port is None else f"https://{host}:{plain.port}/"


def names_masked_in(indicator: Indicator) -> tuple[str, ...]:
    """Return the names of the values that are masked in an address; "" stands for a part of its path."""
    return masked_names(indicator.path or "")


def mask_report(report: Report) -> Report:
    """Return the report with every secret masked, in the address and in what the person wrote."""
    return replace(
        report,
        indicator=mask_indicator(report.indicator),
        program_name=mask_text(report.program_name),
        saw=mask_text(report.saw),
        reason=mask_text(report.reason),
    )


def _with_path(indicator: Indicator, path: str) -> Indicator:
    before = indicator.value.removesuffix(indicator.path or "")
    return replace(indicator, path=path, value=before + path)

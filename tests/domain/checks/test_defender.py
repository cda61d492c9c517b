"""What a PC may say about Defender's versions, parts and modes, check by check, and what each comes to."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.builders import (
    SERVER_2016,
    report,
    snapshot,
    status,
    with_status,
)
from tests.domain.checks.cases import (
    FAIL,
    INFO,
    PASS,
    UNKNOWN,
    WARN,
    Cases,
    Needed,
    each_case,
    each_needed,
    without,
)
from troubleshooting.domain.checks.defender import (
    NETWORK_INSPECTION,
    PLATFORM_VERSION,
    SIGNATURES,
    TAMPER_PROTECTION,
    TROUBLESHOOTING_MODE,
)

CASES: Cases = {
    PLATFORM_VERSION: [
        ("current", snapshot(), None, PASS),
        ("just enough", with_status(product_version="4.18.1906.0"), None, PASS),
        ("too old", with_status(product_version="4.18.1905.999"), None, FAIL),
        ("numbers, not letters", with_status(product_version="4.9.9999.1"), None, FAIL),
        (
            "Server 2016 needs more",
            replace(with_status(product_version="4.18.1906.1"), operating_system=SERVER_2016),
            None,
            FAIL,
        ),
        (
            "Server 2016 with the unified solution",
            replace(with_status(product_version="4.18.2001.1"), operating_system=SERVER_2016),
            None,
            PASS,
        ),
        ("no version", with_status(product_version="n/a"), None, UNKNOWN),
        ("an empty version", with_status(product_version=" "), None, UNKNOWN),
        ("not reported", with_status(product_version=None), None, UNKNOWN),
    ],
    SIGNATURES: [
        ("fresh", snapshot(), None, PASS),
        ("seven days", with_status(signature_age_days=7), None, PASS),
        ("eight days", with_status(signature_age_days=8), None, FAIL),
        ("out of date", with_status(signatures_out_of_date=True), None, FAIL),
        ("out of date, age not said", with_status(signatures_out_of_date=True, signature_age_days=None), None, FAIL),
        ("never updated", with_status(signature_age_days=4294967295), None, FAIL),
        ("age not said", with_status(signature_age_days=None), None, UNKNOWN),
        ("an older platform does not tell", with_status(signatures_out_of_date=None), None, UNKNOWN),
        ("without a version", with_status(signature_version=None), None, PASS),
    ],
    NETWORK_INSPECTION: [
        ("running", snapshot(), None, PASS),
        ("stopped", with_status(network_inspection=False), None, FAIL),
        ("not reported", with_status(network_inspection=None), None, UNKNOWN),
    ],
    TAMPER_PROTECTION: [
        ("on", snapshot(), None, INFO),
        ("on, source not said", with_status(tamper_protection_source=None), None, INFO),
        ("off", with_status(tamper_protected=False), None, INFO),
        ("not reported", with_status(tamper_protected=None), None, UNKNOWN),
    ],
    TROUBLESHOOTING_MODE: [
        ("off", snapshot(), None, PASS),
        ("on", with_status(troubleshooting_mode="Enabled"), None, WARN),
        ("unheard-of", with_status(troubleshooting_mode="Sometimes"), None, UNKNOWN),
        ("there and empty", with_status(troubleshooting_mode=""), None, PASS),
        ("not reported by a platform that has it", with_status(troubleshooting_mode=None), None, PASS),
        (
            "not reported by a platform that may not have it",
            with_status(troubleshooting_mode=None, product_version="4.18.2202.1"),
            None,
            UNKNOWN,
        ),
    ],
}

# What each check cannot do without.
NEEDED: Needed = {
    PLATFORM_VERSION: [("computer_status", "product_version")],
    SIGNATURES: [("computer_status", "signature_age_days"), ("computer_status", "signatures_out_of_date")],
    NETWORK_INSPECTION: [("computer_status", "network_inspection")],
    TAMPER_PROTECTION: [("computer_status", "tamper_protected")],
}


@each_case(CASES)
def test_each_check_judges_as_its_table_says(check, device, about, expected):
    assert status(check, device, about) is expected


@each_needed(NEEDED)
def test_silence_about_what_a_check_needs_is_unknown(check, part, name):
    assert status(check, without(part, name), report()) is UNKNOWN

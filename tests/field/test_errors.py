"""Errors as Windows, WinRM, Kerberos and Defender word and number them, and the name that the portal gives each."""

from __future__ import annotations

import re

import pytest
import spnego
from hypothesis import given
from hypothesis import strategies as st
from pypsrp.exceptions import WinRMTransportError, WSManFaultError
from spnego.exceptions import (
    BadMechanismError,
    ContextExpiredError,
    FeatureMissingError,
    NegotiateOptions,
    NoCredentialError,
    SpnegoError,
)

from tests.field.rows import Row, each
from troubleshooting.domain.evidence.device_error_texts import DEVICE_ERRORS
from troubleshooting.domain.evidence.device_errors import PASSING
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.machines.base import is_limited
from troubleshooting.machines.errors import WIRE_ERRORS, name_error
from troubleshooting.machines.faults import fault_code
from troubleshooting.machines.plain import DeviceError
from troubleshooting.machines.records import reading_from_errors
from troubleshooting.machines.windows_codes import HRESULTS, NTSTATUS, WIN32, meaning

WINERROR = "winerror.h of the Windows SDK"
WMI = "MicrosoftDocs/win32, WMI error constants"
KRB5 = "krb5.h of MIT Kerberos"
GSS = "Major (851968): Unspecified GSS failure.  Minor code may provide more information, Minor "
WMI_DETAIL = "The WMI service or the WMI provider returned an unknown error: HRESULT "

# fed: the fault's number or subcode, and its reason; right: the code, and whether the visit is tried again
FAULTS = (
    Row((2150858811, "The resource URI was not found in the catalog."), "endpoint_missing", "C47, pypsrp issue 41"),
    Row((109, "The pipe has been ended."), "session_lost again", "C49, ansible issue 75227"),
    Row((0x8007006D, "Die Pipe wurde beendet."), "session_lost again", "C49 as HRESULT"),
    Row((-2147024787, None), "session_lost again", "C49 as signed HRESULT"),
    Row((None, "Die Pipe wurde beendet."), "session_lost again", "C49 without a number"),
    Row((1018, "The WSMan service could not launch a host process."), "session_lost again", "C52, NetExec issue 72"),
    Row((0x800703FA, "Illegal operation on a registry key marked for deletion."), "session_lost again", "C52"),
    Row((0xC000017C, None), "session_lost again", "C52 as NTSTATUS"),
    Row(
        (1115, "A system shutdown is in progress."), "session_lost again", "C54, packer-plugin-windows-update issue 37"
    ),
    Row((0x8007045B, None), "session_lost again", "C54 as HRESULT"),
    Row((None, WMI_DETAIL + "0x80041033"), "session_lost again", "C54, azure-quickstart-templates issue 902"),
    Row((0x80041033, None), "session_lost again", "C54 as the fault's number"),
    Row(("w:InternalError", "WMI-Fehler 2147749939"), "session_lost again", "C54 in decimals"),
    Row((0xD00002FE, None), "session_lost again", "C54 as HRESULT of an NTSTATUS"),
    Row((1255, None), "session_lost again", WINERROR),
    Row((232, "The pipe is being closed."), "session_lost again", WINERROR),
    Row((233, "No process is on the other end of the pipe."), "session_lost again", WINERROR),
    Row((995, "The I/O operation has been aborted."), "session_lost again", "docs/reference/remoting.md section 4"),
    Row((0x800703E3, None), "session_lost again", "docs/reference/remoting.md section 4"),
    Row((1053, None), "session_lost again", WINERROR),
    Row((1062, "Der Dienst wurde nicht gestartet."), "session_lost again", WINERROR),
    Row((1722, "The RPC server is unavailable."), "session_lost again", WINERROR),
    Row((0x800706BA, "Der RPC-Server ist nicht verfügbar."), "session_lost again", WINERROR),
    Row((0x800706BE, "The remote procedure call failed."), "session_lost again", WINERROR),
    Row((0x800706BF, None), "session_lost again", WINERROR),
    Row((1753, None), "session_lost again", WINERROR),
    Row((0x80010108, "The object invoked has disconnected."), "session_lost again", WINERROR),
    Row((0x80080005, "Server execution failed."), "session_lost again", WINERROR),
    Row((0x80041015, None), "session_lost again", WMI),
    Row((0x80041032, None), "session_lost again", WMI),
    Row((121, "The semaphore timeout period has expired."), "no_answer again", WINERROR),
    Row((0x800705B4, "This operation returned because the timeout expired."), "no_answer again", WINERROR),
    Row((0x80041069, None), "no_answer again", WMI),
    Row((64, "The specified network name is no longer available."), "connection_cut again", WINERROR),
    Row((1236, None), "connection_cut again", WINERROR),
    Row((10054, None), "connection_cut again", WINERROR),
    Row((1225, None), "unreachable again", WINERROR),
    Row((0x80072EFD, None), "unreachable again", "WinHTTP, 12029"),
    Row((8, "Not enough memory resources are available."), "pc_overloaded again", WINERROR),
    Row((1450, "Insufficient system resources exist."), "pc_overloaded again", WINERROR),
    Row((0x800705AF, "The paging file is too small."), "pc_overloaded again", WINERROR),
    Row((1723, "The RPC server is too busy."), "pc_overloaded again", WINERROR),
    Row((0x80041006, None), "pc_overloaded again", WMI),
    Row((0x80041045, None), "pc_overloaded again", WMI),
    Row((None, WMI_DETAIL + "0x8004106C"), "quota_reached again", WMI),
    Row(
        (None, "The maximum number of concurrent commands per shell has been exceeded."),
        "quota_reached again",
        "C51, pypsrp issue 148",
    ),
    Row(
        ("w:InternalError", "The system load quota of 1000 requests per 2 seconds has been exceeded."),
        "quota_reached again",
        "wsmsvc's messages",
    ),
    Row(
        (None, "This user is allowed a maximum number of 5 concurrent shells, which has been exceeded."),
        "quota_reached again",
        "wsmsvc's messages",
    ),
    Row(
        (None, "Die maximale Anzahl gleichzeitiger Shells für diesen Benutzer wurde überschritten."),
        "quota_reached again",
        "the same in German",
    ),
    Row((None, "Le nombre maximal de commandes simultanées a été dépassé."), "quota_reached again", "in French"),
    Row((None, "Se ha superado la cuota de carga del usuario."), "quota_reached again", "in Spanish"),
    Row((None, "0x803381A6"), "quota_reached again", "docs/reference/remoting.md section 2, MSFT_WmiError"),
    Row(("w:QuotaLimit", None), "quota_reached again", "docs/reference/remoting.md section 2"),
    Row((None, "The request exceeded the configured MaxEnvelopeSize quota."), "message_too_large", "wsmsvc's messages"),
    Row((0x80338026, None), "message_too_large", "wsmerror.h"),
    Row((1326, "The user name or password is incorrect."), "wrong_credentials", WINERROR),
    Row((0x8007052E, "Der Benutzername oder das Kennwort ist falsch."), "wrong_credentials", WINERROR),
    Row((1330, None), "password_expired", WINERROR),
    Row((0x80070773, None), "password_expired", "must be changed at the next sign-in, 1907"),
    Row((1909, "The referenced account is currently locked out."), "account_locked", WINERROR),
    Row((0x80070533, None), "account_locked", "disabled, 1331"),
    Row((1311, None), "kdc_unreachable again", WINERROR),
    Row((1396, "The target account name is incorrect."), "spn_unknown", WINERROR),
    Row((0x80090322, "The target principal name is incorrect."), "spn_unknown", WINERROR),
    Row((1398, "There is a time and/or date difference."), "clock_skew", WINERROR),
    Row((0x80070005, "Zugriff verweigert"), "access_denied", WINERROR),
    Row((1385, None), "access_denied", WINERROR),
    Row((12345, "Something else."), "service_fault", "a number of no table is final, and kept"),
    Row((2, "The system cannot find the file specified."), "service_fault", "time does not heal it"),
    Row((1058, "The service cannot be started, it is disabled."), "service_fault", "time does not heal it"),
)


def named(error):
    code = name_error(error).code
    return f"{code} again" if code in PASSING else str(code)


def fault(code, reason):
    return WSManFaultError(code, "PC", reason, None, None, None)


@each(FAULTS)
def test_a_fault_is_named_and_what_passes_is_tried_again(row: Row):
    assert named(fault(*row.fed)) == row.right


@pytest.mark.parametrize("number", sorted(WIN32))
def test_every_spelling_of_a_number_of_windows_means_the_same(number):
    hresult = 0x80070000 | number

    assert {fault_code(code, None) for code in (number, hresult, hresult - 2**32)} == {WIN32[number]}
    assert {fault_code(None, text) for text in (f"({hresult:#x})", f"{hresult}", f"{hresult - 2**32}.")} == {
        WIN32[number]
    }


@pytest.mark.parametrize("number", sorted({**HRESULTS, **NTSTATUS}))
def test_numbers_of_com_wmi_and_the_kernel_mean_the_same_signed_and_quoted(number):
    wanted = {**HRESULTS, **NTSTATUS}[number]

    assert {fault_code(number - 2**32, None), fault_code("w:InternalError", f"HRESULT 0x{number:X}")} == {wanted}


@given(st.integers())
def test_any_number_has_a_meaning_or_none(number):
    assert meaning(number) in {None, *Code}


# fed: the HTTP status that came without a fault
STATUSES = (
    Row(400, "request_too_long", "C56, sccmclictr issue 68", "a Kerberos ticket of many groups"),
    Row(413, "message_too_large", "C56, ansible.windows issue 620"),
    Row(414, "request_too_long", "RFC 9110, URI too long"),
    Row(431, "request_too_long", "RFC 6585, header fields too large"),
    Row(502, "gateway_fault again", "C56, pywinrm issue 386"),
    Row(504, "gateway_fault again", "C56"),
    Row(407, "gateway_fault again", "a proxy asks for its own sign-in"),
    Row(408, "no_answer again", "RFC 9110"),
    Row(503, "unreachable again", "HTTP.sys listens, WinRM does not yet"),
    Row(429, "quota_reached again", "RFC 6585"),
    Row(401, "wrong_credentials", "docs/reference/remoting.md section 2"),
    Row(403, "access_denied", "docs/reference/remoting.md section 2"),
    Row(404, "endpoint_missing", "docs/reference/remoting.md section 2"),
    Row(500, "service_fault", "no fault in it: nothing is known"),
)


@each(STATUSES)
def test_an_http_status_is_named(row: Row):
    assert named(WinRMTransportError("http", row.fed, "")) == row.right


def gss(text, minor=None):
    """Return a Kerberos failure as pyspnego hands it on: general failure, with the library's minor status."""

    class GSSError(Exception):
        maj_code = 851968
        min_code = minor

    return SpnegoError(base_error=GSSError(text), context_msg="Processing security token")


def sspi(number, text="x"):
    class WindowsError(Exception):
        winerror = number

    return SpnegoError(base_error=WindowsError(text), context_msg="Processing security token")


# fed: what the library raises
SIGN_INS = (
    Row(gss("Cannot contact any KDC"), "kdc_unreachable again", "C59"),
    Row(gss("Clock skew too great"), "clock_skew", "C59"),
    Row(
        gss(GSS + "(2529639068): Cannot contact any KDC for realm 'EXAMPLE.COM'"),
        "kdc_unreachable again",
        "pywinrm issues",
    ),
    Row(gss("x", -1765328228), "kdc_unreachable again", KRB5, "KRB5_KDC_UNREACH"),
    Row(gss("x", 2529639066), "kdc_unreachable again", KRB5, "KRB5_REALM_UNKNOWN, unsigned"),
    Row(gss("Cannot find KDC for realm 'EXAMPLE.COM'", 100001), "kdc_unreachable again", "MIT, number replaced"),
    Row(gss("Cannot resolve network address for KDC in requested realm"), "kdc_unreachable again", "MIT"),
    Row(gss("unable to reach any KDC in realm EXAMPLE.COM, tried 2 KDCs"), "kdc_unreachable again", "Heimdal"),
    Row(gss("x", -1765328347), "clock_skew", KRB5, "KRB5KRB_AP_ERR_SKEW"),
    Row(gss("x", -1765328236), "clock_skew", KRB5, "KRB5_KDCREP_SKEW"),
    Row(gss("Ticket not yet valid"), "clock_skew", "MIT"),
    Row(gss("time skew (412) larger than max (300)"), "clock_skew", "Heimdal"),
    Row(gss("Server not found in Kerberos database"), "spn_unknown", "MIT"),
    Row(gss("x", -1765328377), "spn_unknown", KRB5, "KDC_ERR_S_PRINCIPAL_UNKNOWN"),
    Row(gss("Server (HTTP/pc1.example.com@EXAMPLE.COM) unknown"), "spn_unknown", "Heimdal"),
    Row(gss("Wrong principal in request"), "spn_unknown", "MIT"),
    Row(gss("Message stream modified"), "spn_unknown", "MIT, a doubled service name"),
    Row(gss("x", -1765328343), "spn_unknown", KRB5, "KRB5KRB_AP_ERR_MODIFIED"),
    Row(gss("Password has expired"), "password_expired", "MIT"),
    Row(gss("x", -1765328361), "password_expired", KRB5, "KDC_ERR_KEY_EXP"),
    Row(gss("Client's credentials have been revoked"), "account_locked", "MIT"),
    Row(gss("Clients credentials have been revoked"), "account_locked", "Heimdal"),
    Row(gss("x", -1765328366), "account_locked", KRB5, "KDC_ERR_CLIENT_REVOKED"),
    Row(gss("Client's entry in database has expired"), "account_locked", "MIT"),
    Row(gss("KDC policy rejects request"), "account_locked", "MIT"),
    Row(gss("Preauthentication failed"), "wrong_credentials", "MIT"),
    Row(gss("x", -1765328360), "wrong_credentials", KRB5, "KDC_ERR_PREAUTH_FAILED"),
    Row(gss("Password incorrect while getting initial credentials"), "wrong_credentials", "MIT's kinit"),
    Row(gss("Client 'svc@EXAMPLE.COM' not found in Kerberos database"), "wrong_credentials", "MIT"),
    Row(gss("Client (svc@EXAMPLE.COM) unknown"), "wrong_credentials", "Heimdal"),
    Row(gss(GSS + "(2529639053): No Kerberos credentials available"), "ticket_missing", "pyspnego issues"),
    Row(gss("No credentials cache found"), "ticket_missing", "MIT"),
    Row(gss("x", -1765328189), "ticket_missing", KRB5, "KRB5_FCC_NOFILE"),
    Row(gss("Ticket expired"), "ticket_missing", "MIT"),
    Row(gss("Matching credential not found"), "ticket_missing", "MIT"),
    Row(gss("KDC has no support for encryption type"), "kerberos_failed", "MIT"),
    Row(gss("Configuration file does not specify default realm"), "kerberos_failed", "MIT"),
    Row(gss("Unbekannter Fehler"), "kerberos_failed", "no known reason is not a wrong password"),
    Row(gss("No such file or directory", 2), "kerberos_failed", "a small minor status is errno, not Win32"),
    Row(sspi(-2146893044), "wrong_credentials", WINERROR, "SEC_E_LOGON_DENIED"),
    Row(sspi(-2146893053), "spn_unknown", WINERROR, "SEC_E_TARGET_UNKNOWN"),
    Row(sspi(-2146893022), "spn_unknown", WINERROR, "SEC_E_WRONG_PRINCIPAL"),
    Row(sspi(-2146893020), "clock_skew", WINERROR, "SEC_E_TIME_SKEW"),
    Row(sspi(-2146893039), "kdc_unreachable again", WINERROR, "SEC_E_NO_AUTHENTICATING_AUTHORITY"),
    Row(sspi(-1073741711), "password_expired", WINERROR, "STATUS_PASSWORD_EXPIRED"),
    Row(sspi(-1073741260), "account_locked", WINERROR, "STATUS_ACCOUNT_LOCKED_OUT"),
    Row(sspi(-2146893048), "protocol_broken", WINERROR, "SEC_E_INVALID_TOKEN is no password"),
    Row(ImportError("GSSAPIProxy requires the Python gssapi library: No module"), "library_missing", "C60"),
    Row(FeatureMissingError(NegotiateOptions.wrapping_winrm), "library_missing", "pyspnego, headers are missing"),
    Row(BadMechanismError(), "library_missing", "pyspnego"),
    Row(NoCredentialError(), "wrong_credentials", "pyspnego, no user name or password suits"),
    Row(ContextExpiredError(), "session_lost again", "pyspnego"),
)


@each(SIGN_INS)
def test_a_failed_sign_in_is_named_by_its_minor_status(row: Row):
    assert isinstance(row.fed, WIRE_ERRORS)
    assert named(row.fed) == row.right


def test_kerberos_in_a_portal_without_its_library_is_the_portals_fault(monkeypatch):
    monkeypatch.setattr("spnego._gss.HAS_GSSAPI", False)
    monkeypatch.setattr("spnego._gss.GSSAPI_IMP_ERR", "No module named 'gssapi'", raising=False)

    with pytest.raises(WIRE_ERRORS) as raised:
        spnego.client("svc@EXAMPLE.COM", "x", hostname="pc.example.com", service="host", protocol="kerberos").step()

    assert named(raised.value) == "library_missing"


USUAL, JEA = "Microsoft.PowerShell", "NetworkProtectionPortal.Reading"
UNFOUND = {"category": "ObjectNotFound", "reason": "CommandNotFoundException"}


def record(fq_error, message="", **parts):
    return DeviceError(message, fq_error, **parts)


# fed: the endpoint and the error record; right: the state and code of the reading
RECORDS = (
    Row(
        (USUAL, record("CommandNotFoundException", target="Get-MpPreference", **UNFOUND)),
        "failed command_missing",
        "C63",
    ),
    Row(
        (JEA, record("CommandNotFoundException", target="Get-MpPreference", **UNFOUND)), "failed command_refused", "C63"
    ),
    Row(
        ("microsoft.powershell32", record("CommandNotFoundException", target="Get-MpPreference", **UNFOUND)),
        "failed command_missing",
        "Windows' own 32-bit endpoint",
    ),
    Row(
        ("PowerShell.7.4.6", record("CommandNotFoundException", target="Get-MpComputerStatus", **UNFOUND)),
        "failed command_missing",
        "PowerShell 7's endpoint",
    ),
    Row(
        ("Company.Support", record("CommandNotFoundException", target="Get-MpComputerStatus", **UNFOUND)),
        "failed command_refused",
        "of somebody's own endpoint nothing is known: it may be a JEA one",
    ),
    Row(
        (
            USUAL,
            record(
                "CommandNotFoundException",
                "Die Benennung „C:\\…\\MpCmdRun.exe“ wurde nicht als Name eines Cmdlet erkannt.",
                target=r"C:\Program Files\Windows Defender\MpCmdRun.exe",
                **UNFOUND,
            ),
        ),
        "failed command_missing",
        "openshift/windows-machine-config-operator issue 1240, in German",
    ),
    Row(
        (
            USUAL,
            record(
                "NamedParameterNotFound,Add-MpPreference", activity="Add-MpPreference", parameter="ExclusionIpAddress"
            ),
        ),
        "failed command_missing",
        "an older Defender has no such parameter",
    ),
    Row(
        (
            JEA,
            record(
                "NamedParameterNotFound,Add-MpPreference", activity="Add-MpPreference", parameter="ExclusionIpAddress"
            ),
        ),
        "failed command_refused",
        "docs/reference/remoting.md section 6",
    ),
    Row((USUAL, record("HRESULT 0x800106ba,Get-MpComputerStatus")), "failed defender_stopped", "C62"),
    Row(
        (JEA, record("HRESULT 0x800106ba,Add-MpPreference", "Se produjo el siguiente error")),
        "failed defender_stopped",
        "C62, rdpwrap issue 2218",
    ),
    Row(
        (USUAL, record("HRESULT 0x80070422,Get-MpPreference")),
        "failed defender_stopped",
        "the service is disabled, 1058",
    ),
    Row((USUAL, record("HRESULT 0x80070426,Get-MpPreference")), "failed defender_stopped", "not started, 1062"),
    Row(
        (USUAL, record("HRESULT 0x80041013,Get-MpComputerStatus", "Provider load failure")),
        "failed defender_broken",
        "C66, unsloth issue 8358",
    ),
    Row(
        (JEA, record("HRESULT 0x80041013,Get-MpComputerStatus_65caeacb1890434da6467e4384075d77", "Fehler beim Laden")),
        "failed defender_broken",
        "C66 in German, on a JEA endpoint",
    ),
    Row((USUAL, record("HRESULT 0x80041011,Get-MpPreference")), "failed defender_broken", WMI),
    Row((USUAL, record("HRESULT 0x80041012,Get-MpPreference")), "failed defender_broken", WMI),
    Row((USUAL, record("HRESULT 0x8004100e,Get-MpPreference", "Invalid namespace")), "failed defender_broken", WMI),
    Row((USUAL, record("HRESULT 0x80041010,Get-MpComputerStatus", "Ungültige Klasse")), "failed defender_broken", WMI),
    Row(
        (USUAL, record("HRESULT 0x80070424,Get-MpPreference")),
        "failed defender_broken",
        "there is no such service, 1060",
    ),
    Row(
        (USUAL, record("HRESULT 0x8004100e,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand")),
        "absent None",
        "docs/reference/checks.md section 4: a server has no SecurityCenter2",
    ),
    Row(
        (USUAL, record("HRESULT 0x80041013,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand")),
        "failed command_failed",
        "another provider than Defender's",
    ),
    Row((USUAL, record("HRESULT 0x80041003,Get-MpPreference")), "refused access_denied", WMI),
    Row(
        (USUAL, record("NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand")), "absent None", "C65"
    ),
    Row(
        (USUAL, record("NoMatchingLogsFound,Microsoft.PowerShell.Commands.GetWinEventCommand")),
        "failed command_failed",
        "C65",
    ),
)


@each(RECORDS)
def test_an_error_record_is_named_by_its_id_and_the_endpoint(row: Row):
    endpoint, error = row.fed
    reading = reading_from_errors([error], is_limited=is_limited(endpoint))

    assert f"{reading.state} {reading.error_code}" == row.right


def test_what_a_pc_lacks_is_said_by_name():
    error = record("CommandNotFoundException", "not recognized", target="Get-MpPreference", **UNFOUND)

    assert "does not have the command Get-MpPreference" in reading_from_errors([error], is_limited=False).detail
    assert "endpoint does not show the command" in reading_from_errors([error], is_limited=True).detail


@pytest.mark.parametrize("code", Code)
def test_no_remedy_points_to_a_document_that_people_do_not_have(code):
    words = DEVICE_ERRORS[code]
    text = " ".join(map(str, (words.title, words.cause, words.employee, words.it)))

    assert not re.search(r"\.md\b|docs/|\bsection \d", text)


PASSWORDS = re.compile(r"password|account in the credential profile", re.IGNORECASE)


@pytest.mark.parametrize("code", [Code.KDC_UNREACHABLE, Code.SPN_UNKNOWN, Code.CLOCK_SKEW, Code.LIBRARY_MISSING])
def test_a_remedy_for_another_cause_never_asks_to_change_a_right_password(code):
    sentences = re.split(r"(?<=\.) ", f"{DEVICE_ERRORS[code].cause} {DEVICE_ERRORS[code].it}")

    assert all("not the cause" in sentence for sentence in sentences if PASSWORDS.search(sentence))

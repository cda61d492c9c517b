"""The properties that are read, by their Windows names (docs/reference/defender-cmdlets.md sections 2 to 4 and 6)."""

from __future__ import annotations

from collections.abc import Mapping

ENDPOINT = ("Version", "Roles", "Account", "Caller")  # of the portal's own endpoint
SHOWN_COMMAND = ("Name", "CommandType", "Source")
OPERATING_SYSTEM = (
    "Caption",
    "Version",
    "BuildNumber",
    "OperatingSystemSKU",
    "ProductType",
    "CSName",
    "LastBootUpTime",
    "LocalDateTime",
)
WINDOWS_VERSION = ("EditionID", "DisplayVersion", "ReleaseId", "CurrentBuild", "UBR")
COMPUTER = ("Name", "Domain", "PartOfDomain", "DomainRole", "UserName")
ANTIVIRUS_PRODUCT = ("displayName", "productState", "pathToSignedProductExe", "timestamp")
ONBOARDING = ("OnboardingState", "OrgId")
BROWSER_POLICY = ("QuicAllowed", "EncryptedClientHelloEnabled", "SmartScreenEnabled", "DisableEncryptedClientHello")

# Section 2
COMPUTER_STATUS = (
    "AMRunningMode",
    "AMServiceEnabled",
    "AntivirusEnabled",
    "RealTimeProtectionEnabled",
    "BehaviorMonitorEnabled",
    "OnAccessProtectionEnabled",
    "IoavProtectionEnabled",
    "NISEnabled",
    "IsTamperProtected",
    "TamperProtectionSource",
    "AMProductVersion",
    "AMEngineVersion",
    "AMServiceVersion",
    "NISEngineVersion",
    "AntivirusSignatureVersion",
    "NISSignatureVersion",
    "AntivirusSignatureLastUpdated",
    "AntivirusSignatureAge",
    "DefenderSignaturesOutOfDate",
    "TroubleShootingMode",
    "TroubleShootingModeSource",
    "SmartAppControlState",
    "ComputerState",
    "ProductStatus",
    "RebootRequired",
    "IsVirtualMachine",
)

# Sections 3 and 4
PREFERENCES = (
    "EnableNetworkProtection",
    "MAPSReporting",
    "SubmitSamplesConsent",
    "CloudBlockLevel",
    "CloudExtendedTimeout",
    "DisableRealtimeMonitoring",
    "DisableBehaviorMonitoring",
    "AllowNetworkProtectionOnWinServer",
    "AllowNetworkProtectionDownLevel",
    "AllowDatagramProcessingOnWinServer",
    "DisableDatagramProcessing",
    "DisableNetworkProtectionPerfTelemetry",
    "DisableFtpParsing",
    "DisableSshParsing",
    "DisableRdpParsing",
    "DisableHttpParsing",
    "DisableSmtpParsing",
    "DisableDnsOverTcpParsing",
    "DisableDnsParsing",
    "DisableInboundConnectionFiltering",
    "DisableTlsParsing",
    "AllowSwitchToAsyncInspection",
    "EnableConvertWarnToBlock",
    "ForceUseProxyOnly",
    "ProxyServer",
    "ProxyPacUrl",
    "ProxyBypass",
    "ExclusionIpAddress",
    "ExclusionProcess",
    "ExclusionPath",
)

_POL = r"HKLM:\SOFTWARE\Policies\Microsoft\Windows Defender"
_LOC = r"HKLM:\SOFTWARE\Microsoft\Windows Defender"
_NETWORK_PROTECTION = r"Windows Defender Exploit Guard\Network Protection"

# Section 6: part of the name "policy_values:<part>" -> registry key and the values wanted from it
POLICY_KEYS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "network_protection": (
        rf"{_POL}\{_NETWORK_PROTECTION}",
        ("EnableNetworkProtection", "AllowNetworkProtectionOnWinServer"),
    ),
    "policy_manager": (
        rf"{_POL}\Policy Manager",
        (
            "EnableNetworkProtection",
            "AllowNetworkProtectionOnWinServer",
            "AllowRealtimeMonitoring",
            "AllowBehaviorMonitoring",
            "AllowCloudProtection",
            "DisableLocalAdminMerge",
            "HideExclusionsFromLocalAdmins",
            "ExcludedIpAddresses",
            "ExcludedProcesses",
        ),
    ),
    "local_network_protection": (
        rf"{_LOC}\{_NETWORK_PROTECTION}",
        ("EnableNetworkProtection", "AllowNetworkProtectionOnWinServer", "AllowNetworkProtectionDownLevel"),
    ),
    "defender": (
        _POL,
        (
            "DisableAntiSpyware",
            "DisableLocalAdminMerge",
            "HideExclusionsFromLocalAdmins",
            "ProxyServer",
            "ProxyPacUrl",
            "ProxyBypass",
            "SupportLogLocation",
        ),
    ),
    "spynet": (
        rf"{_POL}\Spynet",
        ("SpynetReporting", "SubmitSamplesConsent", "LocalSettingOverrideSpynetReporting", "SSLOptions"),
    ),
    "real_time_protection": (
        rf"{_POL}\Real-Time Protection",
        ("DisableRealtimeMonitoring", "DisableBehaviorMonitoring"),
    ),
    "exclusions": (
        rf"{_POL}\Exclusions",
        (
            "Exclusions_IpAddresses",
            "Exclusions_Processes",
            "Exclusions_Paths",
            "Exclusions_Extensions",
            "HideExclusionsFromLocalAdmins",
        ),
    ),
    "features": (rf"{_LOC}\Features", ("TPExclusions",)),
    "advanced_threat_protection": (
        r"HKLM:\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection",
        ("ForceDefenderPassiveMode", "PreferStaticProxyForHttpRequest"),
    ),
    "sense_cm": (r"HKLM:\SOFTWARE\Microsoft\SenseCM", ("EnrollmentStatus",)),
}

# docs/reference/checks.md section 5, C6 to C8: part of the name "browser_policies:<part>" -> registry key
BROWSER_KEYS: Mapping[str, str] = {
    "chrome": r"HKLM:\SOFTWARE\Policies\Google\Chrome",
    "edge": r"HKLM:\SOFTWARE\Policies\Microsoft\Edge",
    "firefox": r"HKLM:\SOFTWARE\Policies\Mozilla\Firefox",
}

# Get-WinEvent: the oldest record of a log.
LOG_START = ("TimeCreated", "RecordId")

"""Which property of Windows fills which field of the snapshot (docs/reference/defender-cmdlets.md sections 2 to 4)."""

from __future__ import annotations

from troubleshooting.machines.readers import FieldTable, entries, flag, number, said, text

OPERATING_SYSTEM: FieldTable = {
    "caption": ("Caption", text),
    "version": ("Version", text),
    "build": ("BuildNumber", number),
    "sku": ("OperatingSystemSKU", number),
    "product_type": ("ProductType", number),
    "name": ("CSName", text),
}
WINDOWS_VERSION: FieldTable = {
    "edition_id": ("EditionID", text),
    "ubr": ("UBR", number),
}
COMPUTER: FieldTable = {
    "name": ("Name", text),
    "domain": ("Domain", text),
    "domain_role": ("DomainRole", number),
    "user_name": ("UserName", text),
}
ENDPOINT: FieldTable = {
    "version": ("Version", text),
    "roles": ("Roles", text),
    "account": ("Account", text),
    "caller": ("Caller", text),
}
ONBOARDING: FieldTable = {"state": ("OnboardingState", number)}
COMPUTER_STATUS: FieldTable = {
    "running_mode": ("AMRunningMode", text),
    "real_time_protection": ("RealTimeProtectionEnabled", flag),
    "behavior_monitor": ("BehaviorMonitorEnabled", flag),
    "on_access_protection": ("OnAccessProtectionEnabled", flag),
    "network_inspection": ("NISEnabled", flag),
    "tamper_protected": ("IsTamperProtected", flag),
    "tamper_protection_source": ("TamperProtectionSource", text),
    "product_version": ("AMProductVersion", text),
    "engine_version": ("AMEngineVersion", text),
    "signature_version": ("AntivirusSignatureVersion", text),
    "signature_age_days": ("AntivirusSignatureAge", number),
    "signatures_out_of_date": ("DefenderSignaturesOutOfDate", flag),
    "troubleshooting_mode": ("TroubleShootingMode", said),
}
PREFERENCES: FieldTable = {
    "network_protection": ("EnableNetworkProtection", number),
    "maps_reporting": ("MAPSReporting", number),
    "allow_network_protection_on_win_server": ("AllowNetworkProtectionOnWinServer", flag),
    "allow_network_protection_down_level": ("AllowNetworkProtectionDownLevel", flag),
    "allow_datagram_processing_on_win_server": ("AllowDatagramProcessingOnWinServer", flag),
    "disable_datagram_processing": ("DisableDatagramProcessing", flag),
    "disable_network_protection_perf_telemetry": ("DisableNetworkProtectionPerfTelemetry", flag),
    "disable_ftp_parsing": ("DisableFtpParsing", flag),
    "disable_ssh_parsing": ("DisableSshParsing", flag),
    "disable_rdp_parsing": ("DisableRdpParsing", flag),
    "disable_http_parsing": ("DisableHttpParsing", flag),
    "disable_smtp_parsing": ("DisableSmtpParsing", flag),
    "disable_dns_over_tcp_parsing": ("DisableDnsOverTcpParsing", flag),
    "disable_dns_parsing": ("DisableDnsParsing", flag),
    "disable_inbound_connection_filtering": ("DisableInboundConnectionFiltering", flag),
    "disable_tls_parsing": ("DisableTlsParsing", flag),
    "allow_switch_to_async_inspection": ("AllowSwitchToAsyncInspection", flag),
    "enable_convert_warn_to_block": ("EnableConvertWarnToBlock", flag),
    "force_use_proxy_only": ("ForceUseProxyOnly", flag),
    "proxy_server": ("ProxyServer", text),
    "proxy_pac_url": ("ProxyPacUrl", text),
    "proxy_bypass": ("ProxyBypass", entries),
    "exclusion_ip_address": ("ExclusionIpAddress", entries),
    "exclusion_process": ("ExclusionProcess", entries),
}

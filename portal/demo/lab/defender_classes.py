"""Classes of Microsoft Defender (docs/reference/defender-cmdlets.md, sections 2 to 4)."""

from __future__ import annotations

from portal.demo.lab.classes import cim_class

DEFENDER = "root/Microsoft/Windows/Defender"

COMPUTER_STATUS = cim_class(
    "MSFT_MpComputerStatus",
    DEFENDER,
    """
    AMEngineVersion string 1.1.26090.3001
    AMProductVersion string 4.18.26090.3009
    AMRunningMode string Normal
    AMServiceEnabled boolean True
    AMServiceVersion string 4.18.26090.3009
    AntispywareEnabled boolean True
    AntispywareSignatureAge uint32 0
    AntispywareSignatureLastUpdated datetime -
    AntispywareSignatureVersion string 1.441.312.0
    AntivirusEnabled boolean True
    AntivirusSignatureAge uint32 0
    AntivirusSignatureLastUpdated datetime -
    AntivirusSignatureVersion string 1.441.312.0
    BehaviorMonitorEnabled boolean True
    ComputerID string 5D2A3F90-6A55-4C4B-9C52-0C2C6D1C7E11
    ComputerState uint32 0
    DefenderSignaturesOutOfDate boolean False
    DeviceControlDefaultEnforcement string -
    DeviceControlPoliciesLastUpdated datetime -
    DeviceControlState string Disabled
    FullScanAge uint32 4294967295
    FullScanEndTime datetime -
    FullScanOverdue boolean False
    FullScanRequired boolean False
    FullScanSignatureVersion string -
    FullScanStartTime datetime -
    InitializationProgress string ServiceStartedSuccessfully
    IoavProtectionEnabled boolean True
    IsTamperProtected boolean False
    IsVirtualMachine boolean False
    LastFullScanSource uint32 0
    LastQuickScanSource uint32 2
    NISEnabled boolean True
    NISEngineVersion string 1.1.26090.3001
    NISSignatureAge uint32 0
    NISSignatureLastUpdated datetime -
    NISSignatureVersion string 1.441.312.0
    OnAccessProtectionEnabled boolean True
    ProductStatus uint32 524288
    QuickScanAge uint32 1
    QuickScanEndTime datetime -
    QuickScanOverdue boolean False
    QuickScanSignatureVersion string 1.441.290.0
    QuickScanStartTime datetime -
    RealTimeProtectionEnabled boolean True
    RealTimeScanDirection uint32 0
    RebootRequired boolean False
    SmartAppControlExpiration string -
    SmartAppControlState string Off
    TamperProtectionSource string N/A
    TDTCapable string N/A
    TDTMode string N/A
    TDTSiloType string N/A
    TDTStatus string N/A
    TDTTelemetry string N/A
    TroubleShootingDailyMaxQuota string -
    TroubleShootingDailyQuotaLeft string -
    TroubleShootingEndTime string -
    TroubleShootingExpirationLeft string -
    TroubleShootingMode string Disabled
    TroubleShootingModeSource string -
    TroubleShootingQuotaResetTime string -
    TroubleShootingStartTime string -
    """,
)

PREFERENCE = cim_class(
    "MSFT_MpPreference",
    DEFENDER,
    """
    AllowDatagramProcessingOnWinServer boolean False
    AllowNetworkProtectionDownLevel boolean False
    AllowNetworkProtectionOnWinServer boolean False
    AllowSwitchToAsyncInspection boolean True
    ApplyDisableNetworkScanningToIOAV boolean False
    AttackSurfaceReductionOnlyExclusions string[] -
    AttackSurfaceReductionRules_Actions uint8[] -
    AttackSurfaceReductionRules_Ids string[] -
    AttackSurfaceReductionRules_RuleSpecificExclusions string[] -
    AttackSurfaceReductionRules_RuleSpecificExclusions_Id string[] -
    BruteForceProtectionAggressiveness uint8 0
    BruteForceProtectionConfiguredState uint8 0
    BruteForceProtectionExclusions string[] -
    BruteForceProtectionLocalNetworkBlocking boolean False
    BruteForceProtectionMaxBlockTime uint32 0
    BruteForceProtectionSkipLearningPeriod boolean False
    CheckForSignaturesBeforeRunningScan boolean False
    CloudBlockLevel uint8 2
    CloudExtendedTimeout uint32 50
    ComputerID string 5D2A3F90-6A55-4C4B-9C52-0C2C6D1C7E11
    ControlledFolderAccessAllowedApplications string[] -
    ControlledFolderAccessDefaultProtectedFolders string[] -
    ControlledFolderAccessProtectedFolders string[] -
    DefinitionUpdatesChannel uint8 0
    DisableArchiveScanning boolean False
    DisableAutoExclusions boolean False
    DisableBehaviorMonitoring boolean False
    DisableBlockAtFirstSeen boolean False
    DisableCacheMaintenance boolean False
    DisableCatchupFullScan boolean True
    DisableCatchupQuickScan boolean True
    DisableCoreServiceECSIntegration boolean False
    DisableCoreServiceTelemetry boolean False
    DisableCpuThrottleOnIdleScans boolean True
    DisableDatagramProcessing boolean False
    DisableDnsOverTcpParsing boolean False
    DisableDnsParsing boolean False
    DisableEmailScanning boolean True
    DisableFtpParsing boolean False
    DisableGradualRelease boolean False
    DisableHttpParsing boolean False
    DisableInboundConnectionFiltering boolean False
    DisableIOAVProtection boolean False
    DisableNetworkProtectionPerfTelemetry boolean False
    DisablePrivacyMode boolean False
    DisableQuicParsing boolean True
    DisableRdpParsing boolean False
    DisableRealtimeMonitoring boolean False
    DisableRemovableDriveScanning boolean True
    DisableRestorePoint boolean True
    DisableScanningMappedNetworkDrivesForFullScan boolean True
    DisableScanningNetworkFiles boolean False
    DisableScriptScanning boolean False
    DisableSmtpParsing boolean False
    DisableSshParsing boolean False
    DisableTamperProtection boolean True
    DisableTlsParsing boolean False
    EnableControlledFolderAccess uint8 0
    EnableConvertWarnToBlock boolean False
    EnableDnsSinkhole boolean True
    EnableFileHashComputation boolean False
    EnableFullScanOnBatteryPower boolean False
    EnableLowCpuPriority boolean False
    EnableNetworkProtection uint8 1
    EnableUdpReceiveOffload boolean True
    EnableUdpSegmentationOffload boolean True
    EngineUpdatesChannel uint8 0
    ExclusionExtension string[] -
    ExclusionIpAddress string[] -
    ExclusionPath string[] -
    ExclusionProcess string[] -
    ForceUseProxyOnly boolean False
    HideExclusionsFromLocalUsers boolean True
    HighThreatDefaultAction uint8 0
    IntelTDTEnabled boolean -
    LowThreatDefaultAction uint8 0
    MAPSReporting uint8 2
    MeteredConnectionUpdates boolean False
    ModerateThreatDefaultAction uint8 0
    NetworkProtectionReputationMode uint32 0
    OobeEnableRtpAndSigUpdate boolean False
    PerformanceModeStatus uint8 1
    PlatformUpdatesChannel uint8 0
    ProxyBypass string[] -
    ProxyPacUrl string -
    ProxyServer string -
    PUAProtection uint8 1
    QuarantinePurgeItemsAfterDelay uint32 90
    QuickScanIncludeExclusions uint8 0
    RandomizeScheduleTaskTimes boolean True
    RealTimeScanDirection uint8 0
    RemediationScheduleDay uint8 0
    RemoteEncryptionProtectionAggressiveness uint8 0
    RemoteEncryptionProtectionConfiguredState uint8 0
    RemoteEncryptionProtectionExclusions string[] -
    RemoteEncryptionProtectionMaxBlockTime uint32 0
    RemoveScanningThreadPoolCap boolean False
    ReportDynamicSignatureDroppedEvent boolean False
    ReportingAdditionalActionTimeOut uint32 10080
    ReportingCriticalFailureTimeOut uint32 10080
    ReportingNonCriticalTimeOut uint32 1440
    ScanAvgCPULoadFactor uint8 50
    ScanOnlyIfIdleEnabled boolean True
    ScanParameters uint8 1
    ScanPurgeItemsAfterDelay uint32 15
    ScanScheduleDay uint8 0
    ScanScheduleOffset uint32 120
    SchedulerRandomizationTime uint32 4
    ServiceHealthReportInterval uint32 60
    SevereThreatDefaultAction uint8 0
    SharedSignaturesPath string -
    SharedSignaturesPathUpdateAtScheduledTimeOnly boolean False
    SignatureAuGracePeriod uint32 0
    SignatureBlobFileSharesSources string -
    SignatureBlobUpdateInterval uint32 60
    SignatureDefinitionUpdateFileSharesSources string -
    SignatureDisableUpdateOnStartupWithoutEngine boolean False
    SignatureFallbackOrder string MicrosoftUpdateServer|MMPC
    SignatureFirstAuGracePeriod uint32 120
    SignatureScheduleDay uint8 8
    SignatureUpdateCatchupInterval uint32 1
    SignatureUpdateInterval uint32 0
    SubmitSamplesConsent uint8 1
    ThreatIDDefaultAction_Actions uint8[] -
    ThreatIDDefaultAction_Ids sint64[] -
    ThrottleForScheduledScanOnly boolean True
    TrustLabelProtectionStatus uint32 0
    UILockdown boolean False
    UnknownThreatDefaultAction uint8 0
    """,
)

# What platforms before 4.18.2111 did not have (docs/reference/defender-cmdlets.md section 5).
NEWER_PREFERENCES = frozenset(
    {
        "AllowDatagramProcessingOnWinServer",
        "AllowSwitchToAsyncInspection",
        "DisableNetworkProtectionPerfTelemetry",
        "DisableFtpParsing",
        "DisableSmtpParsing",
        "DisableQuicParsing",
        "DisableTamperProtection",
        "EnableConvertWarnToBlock",
        "EnableUdpReceiveOffload",
        "EnableUdpSegmentationOffload",
        "ExclusionIpAddress",
        "NetworkProtectionReputationMode",
    }
)
NEWER_STATUS = frozenset(
    {
        "DefenderSignaturesOutOfDate",
        "SmartAppControlExpiration",
        "SmartAppControlState",
        "TamperProtectionSource",
        *(name for name in COMPUTER_STATUS.types if name.startswith(("TroubleShooting", "TDT", "DeviceControl"))),
    }
)

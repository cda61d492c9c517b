"""Classes of Windows itself and of its security centre."""

from __future__ import annotations

from portal.demo.lab.classes import cim_class

CIMV2 = "root/cimv2"
SECURITY_CENTER = "root/SecurityCenter2"

OPERATING_SYSTEM = cim_class(
    "Win32_OperatingSystem",
    CIMV2,
    """
    Caption string Microsoft_Windows_11_Enterprise
    Description string -
    InstallDate datetime -
    Name string Microsoft_Windows_11_Enterprise|C:\\Windows|\\Device\\Harddisk0\\Partition3
    Status string OK
    CreationClassName string Win32_OperatingSystem
    CSCreationClassName string Win32_ComputerSystem
    CSName string -
    CurrentTimeZone sint16 60
    Distributed boolean False
    FreePhysicalMemory uint64 8123456
    FreeSpaceInPagingFiles uint64 2490368
    FreeVirtualMemory uint64 9876543
    LastBootUpTime datetime -
    LocalDateTime datetime -
    MaxNumberOfProcesses uint32 4294967295
    MaxProcessMemorySize uint64 137438953344
    NumberOfLicensedUsers uint32 0
    NumberOfProcesses uint32 231
    NumberOfUsers uint32 2
    OSType uint16 18
    OtherTypeDescription string -
    SizeStoredInPagingFiles uint64 2490368
    TotalSwapSpaceSize uint64 -
    TotalVirtualMemorySize uint64 19164160
    TotalVisibleMemorySize uint64 16673792
    Version string 10.0.26100
    BootDevice string \\Device\\HarddiskVolume1
    BuildNumber string 26100
    BuildType string Multiprocessor_Free
    CodeSet string 1252
    CountryCode string 1
    CSDVersion string -
    DataExecutionPrevention_32BitApplications boolean True
    DataExecutionPrevention_Available boolean True
    DataExecutionPrevention_Drivers boolean True
    DataExecutionPrevention_SupportPolicy uint8 2
    Debug boolean False
    EncryptionLevel uint32 256
    ForegroundApplicationBoost uint8 2
    LargeSystemCache uint32 -
    Locale string 0409
    Manufacturer string Microsoft_Corporation
    MUILanguages string[] -
    OperatingSystemSKU uint32 4
    Organization string -
    OSArchitecture string 64-bit
    OSLanguage uint32 1033
    OSProductSuite uint32 256
    PAEEnabled boolean -
    PlusProductID string -
    PlusVersionNumber string -
    PortableOperatingSystem boolean False
    Primary boolean True
    ProductType uint32 1
    RegisteredUser string IT
    SerialNumber string 00329-10280-00000-AA123
    ServicePackMajorVersion uint16 0
    ServicePackMinorVersion uint16 0
    SuiteMask uint32 272
    SystemDevice string \\Device\\HarddiskVolume3
    SystemDirectory string C:\\Windows\\system32
    SystemDrive string C:
    WindowsDirectory string C:\\Windows
    """,
)

COMPUTER_SYSTEM = cim_class(
    "Win32_ComputerSystem",
    CIMV2,
    """
    Caption string -
    Description string AT/AT_COMPATIBLE
    InstallDate datetime -
    Name string -
    Status string OK
    CreationClassName string Win32_ComputerSystem
    NameFormat string -
    PrimaryOwnerContact string -
    PrimaryOwnerName string IT
    Roles string[] -
    AdminPasswordStatus uint16 3
    AutomaticManagedPagefile boolean True
    AutomaticResetBootOption boolean True
    AutomaticResetCapability boolean True
    BootROMSupported boolean True
    BootupState string Normal_boot
    ChassisBootupState uint16 3
    ChassisSKUNumber string Notebook
    CurrentTimeZone sint16 60
    DaylightInEffect boolean False
    DNSHostName string -
    Domain string -
    DomainRole uint16 1
    EnableDaylightSavingsTime boolean True
    FrontPanelResetStatus uint16 3
    HypervisorPresent boolean True
    InfraredSupported boolean False
    KeyboardPasswordStatus uint16 3
    Manufacturer string Contoso
    Model string Notebook_14
    NetworkServerModeEnabled boolean True
    NumberOfLogicalProcessors uint32 8
    NumberOfProcessors uint32 1
    PartOfDomain boolean True
    PauseAfterReset sint64 -1
    PCSystemType uint16 2
    PCSystemTypeEx uint16 2
    PowerOnPasswordStatus uint16 3
    PowerState uint16 0
    PowerSupplyState uint16 3
    ResetCapability uint16 1
    ResetCount sint16 -1
    ResetLimit sint16 -1
    SystemFamily string Notebook
    SystemSKUNumber string NB14
    SystemType string x64-based_PC
    ThermalState uint16 3
    TotalPhysicalMemory uint64 17073963008
    UserName string -
    WakeUpType uint16 6
    Workgroup string -
    """,
)

ANTIVIRUS_PRODUCT = cim_class(
    "AntiVirusProduct",
    SECURITY_CENTER,
    """
    displayName string Windows_Defender
    instanceGuid string {D68DDC3A-831F-4fae-9E44-DA132C1ACF46}
    pathToSignedProductExe string windowsdefender://
    pathToSignedReportingExe string %ProgramFiles%\\Windows_Defender\\MsMpeng.exe
    productState uint32 397568
    timestamp string -
    """,
)

<#
.SYNOPSIS
Installs the endpoints of the network protection portal on this PC, or updates them.
.DESCRIPTION
Copies the module to Program Files, creates a folder for transcripts that only administrators can open, registers the two
session configurations, and restarts Windows Remote Management, which ends remote sessions that are open. If the same
files are installed already, nothing is done. -WhatIf shows each step and changes nothing. Uninstall.ps1 undoes all of it.
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess)]
param()

$ErrorActionPreference = 'Stop'
$name = 'NetworkProtectionPortal'
$configurations = 'NetworkProtectionPortal.Reading', 'NetworkProtectionPortal.Changing'
$source = Join-Path $PSScriptRoot $name
$target = Join-Path $env:ProgramFiles "WindowsPowerShell\Modules\$name"
$transcripts = Join-Path $env:ProgramData "$name\Transcripts"

function Get-Fingerprint([string] $Folder) {
    if (-not (Test-Path -LiteralPath $Folder)) { return '' }
    $files = Get-ChildItem -LiteralPath $Folder -Recurse -File | Sort-Object -Property FullName
    ($files | ForEach-Object { $_.Name + ' ' + (Get-FileHash -LiteralPath $_.FullName).Hash }) -join "`n"
}

function Test-Registered([string] $Configuration) {
    [bool] (Get-PSSessionConfiguration -Name $Configuration -ErrorAction SilentlyContinue)
}

# What could go wrong is looked at before anything is changed.
if ($PSVersionTable.PSEdition -eq 'Core') {
    throw 'Run this in Windows PowerShell (powershell.exe): Defender and the session configurations belong to it.'
}
if ([Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess) {
    throw 'Run this in 64-bit PowerShell; from a 32-bit program: C:\Windows\sysnative\WindowsPowerShell\v1.0\powershell.exe.'
}
$identity = [Security.Principal.WindowsPrincipal] [Security.Principal.WindowsIdentity]::GetCurrent()
if (-not $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    throw 'Run this as an administrator.'
}
if ((Get-CimInstance -ClassName Win32_OperatingSystem).ProductType -eq 2) {
    throw 'This is a domain controller. A virtual account has the whole domain there, so the endpoint is not installed.'
}
$service = Get-Service -Name WinRM
if ($service.Status -ne 'Running' -and $service.StartType -ne 'Automatic') {
    throw 'Windows Remote Management is not running. Turn it on first (Enable-PSRemoting, or by Group Policy).'
}
foreach ($configuration in $configurations) {
    $file = Join-Path $source "$configuration.pssc"
    if (-not (Test-PSSessionConfigurationFile -Path $file)) { throw "$file is not a session configuration." }
}

# At start-up this may run before the service does.
if ($service.Status -ne 'Running' -and $PSCmdlet.ShouldProcess('WinRM', 'Start the service')) {
    Start-Service -Name WinRM
}

$isSame = (Get-Fingerprint $source) -eq (Get-Fingerprint $target)
if ($isSame -and -not ($configurations | Where-Object { -not (Test-Registered $_) })) {
    Write-Output 'These endpoints are installed already.'
    return
}

if ($PSCmdlet.ShouldProcess($target, 'Copy the module')) {
    if (Test-Path -LiteralPath $target) { Remove-Item -LiteralPath $target -Recurse -Force }
    Copy-Item -LiteralPath $source -Destination $target -Recurse
}
if ($PSCmdlet.ShouldProcess($transcripts, 'Create the folder for transcripts, for administrators only')) {
    $null = New-Item -ItemType Directory -Path $transcripts -Force
    $rights = Get-Acl -LiteralPath $transcripts
    $rights.SetSecurityDescriptorSddlForm('D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)', 'Access')
    Set-Acl -LiteralPath $transcripts -AclObject $rights
}
foreach ($configuration in $configurations) {
    if ($PSCmdlet.ShouldProcess($configuration, 'Register the session configuration')) {
        if (Test-Registered $configuration) {
            Unregister-PSSessionConfiguration -Name $configuration -Force -NoServiceRestart
        }
        $file = Join-Path $target "$configuration.pssc"
        $null = Register-PSSessionConfiguration -Name $configuration -Path $file -Force -NoServiceRestart
    }
}
if ($PSCmdlet.ShouldProcess('WinRM', 'Restart the service, which ends open remote sessions')) {
    Restart-Service -Name WinRM -Force
}

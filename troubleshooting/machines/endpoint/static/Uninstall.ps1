<#
.SYNOPSIS
Removes the endpoints of the network protection portal from this PC.
.DESCRIPTION
Unregisters the two session configurations, removes the module, and restarts Windows Remote Management, which ends remote
sessions that are open. Transcripts stay, unless -RemoveTranscripts is given. -WhatIf shows each step and changes nothing.
Settings that the portal changed on this PC are not touched: end its tests and exclusions in the portal first.
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess)]
param([switch] $RemoveTranscripts)

$ErrorActionPreference = 'Stop'
$name = 'NetworkProtectionPortal'
$target = Join-Path $env:ProgramFiles "WindowsPowerShell\Modules\$name"
$data = Join-Path $env:ProgramData $name

if ($PSVersionTable.PSEdition -eq 'Core') { throw 'Run this in Windows PowerShell (powershell.exe).' }

# At start-up this may run before the service does.
if ((Get-Service -Name WinRM).StartType -eq 'Automatic' -and $PSCmdlet.ShouldProcess('WinRM', 'Start the service')) {
    Start-Service -Name WinRM
}
foreach ($configuration in 'NetworkProtectionPortal.Reading', 'NetworkProtectionPortal.Changing') {
    $isThere = Get-PSSessionConfiguration -Name $configuration -ErrorAction SilentlyContinue
    if ($isThere -and $PSCmdlet.ShouldProcess($configuration, 'Unregister the session configuration')) {
        Unregister-PSSessionConfiguration -Name $configuration -Force -NoServiceRestart
    }
}
if ((Test-Path -LiteralPath $target) -and $PSCmdlet.ShouldProcess($target, 'Remove the module')) {
    Remove-Item -LiteralPath $target -Recurse -Force
}
if ($RemoveTranscripts -and (Test-Path -LiteralPath $data) -and $PSCmdlet.ShouldProcess($data, 'Remove the transcripts')) {
    Remove-Item -LiteralPath $data -Recurse -Force
}
if ($PSCmdlet.ShouldProcess('WinRM', 'Restart the service, which ends open remote sessions')) {
    Restart-Service -Name WinRM -Force
}

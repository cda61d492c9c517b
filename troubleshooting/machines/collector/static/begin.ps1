<#
.SYNOPSIS
Reads what the network protection portal checks on a PC, for a PC that the portal cannot reach.
.DESCRIPTION
Runs the reading commands that are listed below and nothing else. It changes nothing on this PC and needs no module. It
shows what was read, asks, and then sends it to the portal or writes it to a file. Administrator rights are not needed;
what cannot be read without them is shown as an error and stays unknown.
.PARAMETER Address
The portal's address for what was read. A script that was downloaded from a case has it already.
.PARAMETER Token
The one-time token that goes with the address.
.PARAMETER Folder
Where a file is written. Without it: the folder of this script.
.PARAMETER Unattended
Asks nothing, sends nothing, and writes no file: prints what was read as one line that begins with ##NP##.
#>
[CmdletBinding()]
param(
    [string] $Address = '',
    [string] $Token = '',
    [string] $Folder = '',
    [switch] $Unattended
)

$ErrorActionPreference = 'Continue'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'

# A 32-bit program is shown another registry than Windows uses.
if ([Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess) {
    throw 'Run this in 64-bit PowerShell; from a 32-bit program: C:\Windows\sysnative\WindowsPowerShell\v1.0\powershell.exe.'
}

# JSON is written here and not by ConvertTo-Json: with that, Windows PowerShell 5.1 and PowerShell 7 write dates, lists and
# texts that carry properties in different ways. Everything outside ASCII is escaped, so no encoding can damage it.
function Format-JsonText([string] $Text) {
    $escaped = ($Text -replace '\\', '\\') -replace '"', '\"'
    $escaped = [regex]::Replace($escaped, '[^ -~]', { '\u{0:x4}' -f [int] [char] $args[0].Value })
    return '"' + $escaped + '"'
}

function Format-JsonNumber($Number) {
    $text = [string] $Number
    if ($text -match '^-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?$') { return $text }
    return Format-JsonText $text
}

function Format-JsonList($Elements) {
    return '[' + (@($Elements) -join ',') + ']'
}

function Format-JsonObject([string[]] $Pairs) {
    return '{' + ($Pairs -join ',') + '}'
}

function Format-JsonPair([string] $Name, [string] $Json) {
    return (Format-JsonText $Name) + ':' + $Json
}

# The values inside an object become a number, a truth value, a text, or a list of those.
function Format-JsonValue($Value) {
    if ($null -eq $Value) { return 'null' }
    if ($Value -is [string]) { return Format-JsonText $Value }
    if ($Value -is [bool]) { if ($Value) { return 'true' } else { return 'false' } }
    if ($Value -is [datetime]) { return Format-JsonText $Value.ToString('o') }
    if ($Value -is [System.Enum]) { return [string] [long] $Value }
    if ($Value -is [byte[]]) { return Format-JsonText ([Convert]::ToBase64String($Value)) }
    if ($Value -is [char]) { return Format-JsonText $Value }
    if ($Value.GetType().IsPrimitive) { return Format-JsonNumber $Value }
    if ($Value -is [System.Collections.IList]) {
        $elements = @(foreach ($element in $Value) { Format-JsonValue $element })
        return Format-JsonList $elements
    }
    return Format-JsonText ([string] $Value)
}

function Test-IsObject($Output) {
    if ($null -eq $Output) { return $false }
    return -not ($Output -is [string] -or $Output -is [datetime] -or $Output.GetType().IsPrimitive)
}

function Format-JsonOutput($Output) {
    if (-not (Test-IsObject $Output)) { return Format-JsonValue $Output }
    $pairs = @(foreach ($property in $Output.PSObject.Properties) {
        Format-JsonPair $property.Name (Format-JsonValue $property.Value)
    })
    return Format-JsonObject $pairs
}

function Format-JsonError($Record) {
    return Format-JsonObject @(
        (Format-JsonPair 'message' (Format-JsonText $Record))
        (Format-JsonPair 'fq_error' (Format-JsonText $Record.FullyQualifiedErrorId))
        (Format-JsonPair 'category' (Format-JsonText $Record.CategoryInfo.Category))
        (Format-JsonPair 'target' (Format-JsonText $Record.CategoryInfo.TargetName))
        (Format-JsonPair 'reason' (Format-JsonText $Record.CategoryInfo.Reason))
        (Format-JsonPair 'activity' (Format-JsonText $Record.CategoryInfo.Activity))
        (Format-JsonPair 'parameter' (Format-JsonText $Record.Exception.ParameterName))
    )
}

function Get-Moment {
    return (Get-Date).ToUniversalTime().ToString('o')
}

function Show-Entry([string] $Name, $Outputs, $Records) {
    Write-Host ''
    Write-Host $Name
    foreach ($output in $Outputs) {
        if (-not (Test-IsObject $output)) { Write-Host "    $output"; continue }
        foreach ($property in $output.PSObject.Properties) {
            Write-Host ('    {0}: {1}' -f $property.Name, ($property.Value -join ', '))
        }
    }
    foreach ($record in $Records) { Write-Host "    Not read: $record [$($record.FullyQualifiedErrorId)]" }
}

# Runs one command and returns its answer as JSON: what it put out, and its errors, each with its id.
function Read-Entry([string] $Name, [scriptblock] $Command) {
    $outputs = @()
    $records = @()
    $failed = 'false'
    $begun = Get-Moment
    try {
        & $Command 2>&1 | ForEach-Object {
            if ($_ -is [System.Management.Automation.ErrorRecord]) { $records += $_ } else { $outputs += , $_ }
        }
    } catch {
        $records += $_
        $failed = 'true'
    }
    if (-not $Unattended) { Show-Entry $Name $outputs $records }
    return Format-JsonObject @(
        (Format-JsonPair 'name' (Format-JsonText $Name))
        (Format-JsonPair 'begun_at' (Format-JsonText $begun))
        (Format-JsonPair 'ended_at' (Format-JsonText (Get-Moment)))
        (Format-JsonPair 'outputs' (Format-JsonList @(foreach ($output in $outputs) { Format-JsonOutput $output })))
        (Format-JsonPair 'errors' (Format-JsonList @(foreach ($record in $records) { Format-JsonError $record })))
        (Format-JsonPair 'failed' $failed)
    )
}

# The token goes nowhere but to this one address, encrypted; without encryption only to this PC itself.
function Send-Collection([string] $Json) {
    if ($Address -notmatch '^(https://|http://(localhost|127\.0\.0\.1)[:/])') {
        Write-Host 'Not sent: the address does not begin with https://.'
        return $false
    }
    try {
        if ($PSVersionTable.PSEdition -ne 'Core') {
            $allowed = [Net.ServicePointManager]::SecurityProtocol
            [Net.ServicePointManager]::SecurityProtocol = $allowed -bor [Net.SecurityProtocolType]::Tls12
        }
        $headers = @{ 'Authorization' = "Bearer $Token" }
        $said = Invoke-RestMethod -Method Post -Uri $Address -Headers $headers -ContentType 'application/json' -Body $Json -MaximumRedirection 0 -UseBasicParsing
        Write-Host $said
        return $true
    } catch {
        Write-Host 'Not sent:'
        if ($_.ErrorDetails.Message) { Write-Host $_.ErrorDetails.Message } else { Write-Host $_ }
        return $false
    }
}

function Save-Collection([string] $Json) {
    if (-not $Folder) { $Folder = $PSScriptRoot }
    $file = Join-Path $Folder ('network-protection-{0}-{1:yyyyMMdd-HHmmss}.json' -f $env:COMPUTERNAME, (Get-Date))
    try {
        Set-Content -LiteralPath $file -Value $Json -Encoding ASCII -ErrorAction Stop
        Write-Host "Written to $file"
        Write-Host 'Upload this file on the page of the case.'
    } catch {
        Write-Host "Not written: $_"
        Write-Host 'Run this again with -Folder and a folder that you may write to.'
    }
}

function Confirm-Step([string] $Question) {
    return (Read-Host "$Question (y/n)") -match '^\s*[yY]'
}

# What follows is written from the portal's catalogue: the commands that are run, in the order of the portal's own visit.

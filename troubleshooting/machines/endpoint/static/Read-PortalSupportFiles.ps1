# Puts out a part of the CAB with the support files, in pieces. It opens this one file and no other.
function Read-PortalSupportFiles {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateRange(0, 1073741824)] [long] $Offset,
        [Parameter(Mandatory)] [ValidateRange(1, 4194304)] [int] $Count
    )
    $ErrorActionPreference = 'Stop'
    $path = 'C:\ProgramData\Microsoft\Windows Defender\Support\MpSupportFiles.cab'
    $file = New-Object -TypeName System.IO.FileStream -ArgumentList $path, 'Open', 'Read', 'Read'
    try {
        $null = $file.Seek($Offset, 'Begin')
        while ($Count -gt 0) {
            $piece = New-Object -TypeName byte[] -ArgumentList ([Math]::Min($Count, 262144))
            $read = $file.Read($piece, 0, $piece.Length)
            if ($read -eq 0) { break }
            if ($read -lt $piece.Length) { [Array]::Resize([ref] $piece, $read) }
            $Count -= $read
            , $piece
        }
    }
    finally { $file.Dispose() }
}

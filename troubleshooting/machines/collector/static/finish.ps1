# The time is taken when the text is made: where it is sent at once, it tells how far this PC's clock is off.
function Format-Collection {
    return Format-JsonObject @(
        (Format-JsonPair 'format' (Format-JsonText 'network-protection-collector'))
        (Format-JsonPair 'catalogue' (Format-JsonText $catalogue))
        (Format-JsonPair 'address' (Format-JsonText $Address))
        (Format-JsonPair 'computer' (Format-JsonText $env:COMPUTERNAME))
        (Format-JsonPair 'user' (Format-JsonText "$env:USERDOMAIN\$env:USERNAME"))
        (Format-JsonPair 'powershell' (Format-JsonText $PSVersionTable.PSVersion))
        (Format-JsonPair 'begun_at' (Format-JsonText $begunAt))
        (Format-JsonPair 'made_at' (Format-JsonText (Get-Moment)))
        (Format-JsonPair 'entries' (Format-JsonList $entries))
    )
}

if ($Unattended) {
    Write-Output ('##NP## ' + (Format-Collection))
    return
}

Write-Host ''
Write-Host 'This is everything that was read. Nothing has left this PC, and nothing was changed on it.'
if ($Address -and (Confirm-Step "Send it to $Address now?") -and (Send-Collection (Format-Collection))) { return }
if (Confirm-Step 'Write it to a file that you can upload yourself?') { Save-Collection (Format-Collection) }

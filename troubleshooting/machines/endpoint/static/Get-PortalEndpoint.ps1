# Says which version of this module answers, in which roles, under which account, and who asked.
function Get-PortalEndpoint {
    [CmdletBinding()]
    param()
    [pscustomobject]@{
        Version = $MyInvocation.MyCommand.Module.Version.ToString()
        Roles = (@($global:PortalReading, $global:PortalChanging) -ne $null) -join ', '
        Account = [Environment]::UserDomainName + '\' + [Environment]::UserName
        Caller = $PSSenderInfo.ConnectedUser
    }
}

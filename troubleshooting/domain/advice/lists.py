"""Programs that are never excluded, each group with its reason, and names that exist only inside a network.

docs/reference/exclusions.md section 4 names the kinds of programs; the names follow Microsoft's "Common mistakes to
avoid when defining exclusions" (processes), with their usual siblings added. A name counts in every folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.hosts import with_parents


@dataclass(frozen=True, slots=True)
class Group:
    """Names that share a reason; the reason ends the sentence "… is never excluded: "."""

    reason: str
    names: frozenset[str]


def _group(reason: str, names: str) -> Group:
    """Read the names, parted by spaces; a program without an ending is an .exe."""
    return Group(reason, frozenset(name if "." in name else name + ".exe" for name in names.split()))


DENIED_PROGRAMS: Mapping[str, Group] = {
    "browser": _group(
        _("it is a browser, so every dangerous site could be opened in it."),
        "chrome msedge firefox iexplore opera brave vivaldi chromium msedgewebview2 librewolf tor waterfox",
    ),
    "script_host": _group(
        _("it runs scripts or other people's code, which is exactly what attackers use it for."),
        "powershell pwsh powershell_ise cmd wscript cscript mshta bash wsl wmic java javaw python pythonw node perl "
        "ruby php dotnet dnx csi fsi fsianycpu rcsi msbuild installutil regasm regsvcs addinprocess addinprocess32 "
        "addinutil wslhost deno",
    ),
    "office": _group(
        _("it opens documents from outside, which is how many attacks begin."),
        "winword excel powerpnt outlook olk onenote msaccess mspub visio winproj teams ms-teams lync soffice acrord32 "
        "acrobat thunderbird",
    ),
    "system": _group(
        _("it is a part of Windows that runs or loads other code."),
        "svchost rundll32 regsvr32 dllhost explorer services lsass winlogon csrss smss wininit spoolsv taskhostw "
        "taskhost taskeng conhost msiexec wuauclt schtasks at msdt hh runtimebroker backgroundtaskhost "
        "searchindexer w3wp wsmprovhost wmiprvse mmc control cmstp odbcconf pcalua forfiles",
    ),
    "transfer": _group(
        _("it downloads or sends files, which is exactly what attackers use it for."),
        "bitsadmin certutil certreq curl wget ftp tftp ssh scp sftp finger desktopimgdownldr esentutl expand makecab "
        "extrac32 msedgeupdate",
    ),
    "admin_tool": _group(
        _("it is a tool for administrators and developers that attackers use as well."),
        "psexec psexec64 psexesvc bginfo cdb kd ntkd ntsd windbg dbghost dbgsvc procdump procdump64 lxss lxrun "
        "wfc wbemtest visualuiaverifynative texttransform",
    ),
    "defender": _group(
        _("it is part of Defender itself."),
        "msmpeng mpcmdrun nissrv mpdefendercoreservice mssense sensendr senseir",
    ),
}

# With the whole path such a name is not wrong, but it tells nobody what the program is (section 4: "generic names").
GENERIC_NAMES: frozenset[str] = _group(
    "",
    "setup install installer uninstall update updater autoupdate launcher start run app application main program "
    "service server client agent helper host worker tool test temp",
).names

# Folders of Windows and of Defender: whatever lies there is a part of the system.
SYSTEM_FOLDERS: tuple[str, ...] = (
    "c:\\windows\\",
    "c:\\program files\\windows defender\\",
    "c:\\program files\\windows defender advanced threat protection\\",
    "c:\\programdata\\microsoft\\windows defender\\",
)

# The only folders that people without administrator's rights cannot write to, as Windows sets it up. Everywhere else
# (users' folders, C:\ProgramData, C:\Temp, folders made in C:\, other drives) the file may be exchanged.
PROTECTED_FOLDERS: tuple[str, ...] = ("c:\\program files\\", "c:\\program files (x86)\\", "c:\\windows\\")
WRITABLE_IN_PROTECTED: tuple[str, ...] = (  # general knowledge: these are open to everybody all the same
    "c:\\windows\\temp\\",
    "c:\\windows\\tasks\\",
    "c:\\windows\\tracing\\",
    "c:\\windows\\system32\\tasks\\",
    "c:\\windows\\system32\\spool\\",
)

# Names that exist only inside a network or a machine (RFC 6761, 6762, 8375; ".internal" by ICANN; the rest by habit).
INTERNAL_SUFFIXES: tuple[str, ...] = (
    "local",
    "localhost",
    "internal",
    "home.arpa",
    "lan",
    "corp",
    "home",
    "intranet",
    "private",
    "in-addr.arpa",
    "ip6.arpa",
)


def denied_program(file_name: str) -> Group | None:
    """Return the group that a program's file name (lower-case) belongs to, or None; ``python3.11.exe`` is a python."""
    stem = file_name.removesuffix(".exe")
    names = {file_name, stem.rstrip("0123456789.-_") + ".exe"}
    return next((group for group in DENIED_PROGRAMS.values() if names & group.names), None)


def is_internal_name(host: str) -> bool:
    """Tell whether a host name exists only inside a network."""
    return "." not in host or any(name in INTERNAL_SUFFIXES for name in with_parents(host))

"""Programs as people call them, beside the files that Defender's log and its exclusions name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import event, missed, report, snapshot, with_preferences
from tests.field.rows import Row, each
from troubleshooting.domain.advice.proposal import propose, ruled_out
from troubleshooting.domain.cases.case import Program
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.exclusions import EXCLUSIONS_IN_FORCE
from troubleshooting.domain.evidence.events import match_event
from troubleshooting.domain.evidence.products import PRODUCTS
from troubleshooting.domain.evidence.programs import named_program
from troubleshooting.domain.evidence.snapshot import ListValue
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.verdict.verdict import Verdict, conclude

SITE = "https://shop.example.com/"
HIGH = "blocked_by_network_protection high"
MEDIUM = "blocked_by_network_protection medium"
LOW = "blocked_by_network_protection low"
NONE = "not_reproduced medium"
C = r"C:\Program Files"

CHOSEN = {"Edge": Program.EDGE, "Chrome": Program.CHROME, "Firefox": Program.FIREFOX, "?": Program.UNKNOWN}

# fed: what was chosen or typed, and the process of a 1126 for the exact address at the exact minute
BLOCKS = (
    Row(
        ("MicroClaw", "microclawinstaller.exe"), MEDIUM, "C01, MicroClaw issue 191", "the name is a part of the file's"
    ),
    Row(("MicroClaw Installer", "microclawinstaller.exe"), MEDIUM, "C02, MicroClaw issue 191"),
    Row(
        ("Docker Desktop", rf"{C}\Docker\Docker\resources\com.docker.backend.exe"), MEDIUM, "C04, desktop-feedback 405"
    ),
    Row(("docker", "com.docker.backend.exe"), MEDIUM, "C04"),
    Row(("Docker", "vpnkit.exe"), MEDIUM, "docker/for-win issue 7881"),
    Row(("File Explorer", "System"), MEDIUM, "C07", "the kernel's SMB client has no program of the user"),
    Row(("Windows Explorer", "System"), MEDIUM, "C07"),
    Row(("network drive", "System"), MEDIUM, "C07"),
    Row(("explorer.exe", "System"), MEDIUM, "C07", "a file's name, but its connections are the kernel's"),
    Row(("Chrome", "Unknown"), MEDIUM, "C08", "no name is no contradiction"),
    Row(("Chrome", ""), MEDIUM, "C08"),
    Row(("Chrome", None), MEDIUM, "C13"),
    Row(("Outlook", "Unknown"), MEDIUM, "C08"),
    Row(("Chrome", r"\Device\HarddiskVolume3\Program Files\Google\Chrome\Application\chrome.exe"), HIGH, "C13"),
    Row(("Chrome", r"\\?\C:\Program Files\Google\Chrome\Application\chrome.exe"), HIGH, "C13"),
    Row(("Chrome", r"C:\PROGRA~1\Google\Chrome\Application\chrome.exe"), HIGH, "C13"),
    Row(("Chrome", "CHROME.EXE"), HIGH, "C13"),
    Row(("Google Chrome", "chrome.exe"), HIGH, "C30, names as shown to people"),
    Row(("Mozilla Firefox", "firefox.exe"), HIGH, "the product's own file"),
    Row(("Microsoft Edge", "msedge.exe"), HIGH, "the product's own file"),
    Row(("Chrome", "firefox.exe"), NONE, "a browser that was chosen can contradict"),
    Row(("Firefox", "chrome.exe"), NONE, "a browser that was chosen can contradict"),
    Row(("notepad.exe", "chrome.exe"), NONE, "a file's name can contradict"),
    Row(("chrome.exe", "firefox.exe"), NONE, "a file's name can contradict"),
    Row(("?", "anything.exe"), MEDIUM, "the report does not say which"),
    Row(("outlook.exe", "OUTLOOK.EXE"), HIGH, "C30"),
    Row((r'"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE"', "outlook.exe"), HIGH, "a pasted path"),
    Row(("OUTLOOK.EXE (Microsoft Outlook)", "outlook.exe"), HIGH, "as Task Manager shows both"),
    Row(("Outlook", "OUTLOOK.EXE"), HIGH, "the file's name without its ending"),
    Row(("Microsoft Outlook", "OUTLOOK.EXE"), MEDIUM, "C30", "the name may mean the new one"),
    Row(("Outlook (new)", "olk.exe"), MEDIUM, "Microsoft Learn, New Outlook for Windows"),
    Row(("Outlook", "msedgewebview2.exe"), MEDIUM, "Microsoft Learn, New Outlook for Windows: runs on WebView2"),
    Row(("outlook.exe", "olk.exe"), MEDIUM, "the same product"),
    Row(("Teams", "ms-teams.exe"), MEDIUM, "Microsoft Learn, Exclude antivirus … from blocking Teams"),
    Row(("Microsoft Teams (work or school)", "ms-teams.exe"), MEDIUM, "as the start menu names it"),
    Row(("Teams", "msedgewebview2.exe"), MEDIUM, "Microsoft Learn, Exclude antivirus … from blocking Teams"),
    Row(("teams.exe", "ms-teams.exe"), MEDIUM, "classic and new"),
    Row(("Microsoft Excel", "EXCEL.EXE"), HIGH, "the product's own file"),
    Row(("Excel 2019", "EXCEL.EXE"), HIGH, "a version is no other program"),
    Row(("Excel", "svchost.exe"), MEDIUM, "Microsoft Learn: the WebClient service opens WebDAV addresses"),
    Row(("PowerPoint", "powerpnt.exe"), HIGH, "the product's own file"),
    Row(("Microsoft Office", "winword.exe"), MEDIUM, "one of several programs"),
    Row(("Microsoft 365", "WINWORD.EXE"), MEDIUM, "one of several programs"),
    Row(("WSL", "wslrelay.exe"), MEDIUM, "CzBiX/WSLHostPatcher issue 18"),
    Row(("Ubuntu on WSL", "System"), MEDIUM, "microsoft/WSL issue 12301: the traffic is not wsl.exe's"),
    Row(("git", "git-remote-https.exe"), MEDIUM, "desktop/desktop issue 13785"),
    Row(("Git Bash", "git-remote-https.exe"), MEDIUM, "git-for-windows/git issue 4579"),
    Row(("git.exe", "git-remote-https.exe"), MEDIUM, "desktop/desktop issue 13785"),
    Row(("npm install", "node.exe"), MEDIUM, "npm is a script that node runs"),
    Row(("Node.js", "node.exe"), HIGH, "the product's own file"),
    Row(("pip", "python.exe"), MEDIUM, "pip.exe starts python.exe -m pip"),
    Row(("pip3", "python3.11.exe"), MEDIUM, "pip.exe starts python.exe -m pip"),
    Row(("Minecraft", "javaw.exe"), MEDIUM, "the launcher of Java programs"),
    Row(("Java Web Start", "jp2launcher.exe"), MEDIUM, "the launcher of Java programs"),
    Row(("Slack", "slack.exe"), HIGH, "Electron: renderer and network process bear the product's name"),
    Row(("VS Code", "Code.exe"), MEDIUM, "stable or Insiders"),
    Row(("GitHub Desktop", "GitHubDesktop.exe"), HIGH, "desktop/desktop issue 13785"),
    Row(("Windows Update", "svchost.exe"), MEDIUM, "a service that svchost hosts"),
    Row(("BITS", "svchost.exe"), MEDIUM, "a service that svchost hosts"),
    Row(("Widgets", "msedgewebview2.exe"), MEDIUM, "Microsoft Learn, Process model for WebView2 apps"),
    Row(("SAP", "saplogon.exe"), MEDIUM, "the name is a part of the file's"),
    Row(("Payroll", "javaw.exe"), LOW, "F1: a name that is no file's never contradicts", "says nothing"),
    Row(("our time tracking", "zt32.exe"), LOW, "F1: an abbreviated file"),
    Row(("Google Chrome", "msedge.exe"), LOW, "F1: typed, not chosen"),
    Row(("tool.jar", "javaw.exe"), LOW, "F1: no .exe, so no process of that name"),
    Row(("ms", "ms-teams.exe"), LOW, "too short to prove anything"),
    Row(("Brave", "brave.exe"), HIGH, "the product's own file"),
)


def reported(said: str, **more: object):
    """Return the report of a blocked site in a program that was chosen or typed."""
    if said in CHOSEN:
        return report(SITE, program=CHOSEN[said], **more)
    return report(SITE, program=Program.OTHER, program_name=said, **more)


def verdict(about, device) -> Verdict:
    return conclude(about, device, judge(device, report=about))


@each(BLOCKS)
def test_an_event_of_the_exact_address_and_minute_counts_by_its_program(row: Row):
    said, process = row.fed

    found = verdict(reported(said), snapshot(events=(event("shop.example.com", process_name=process),)))

    assert f"{found.code} {found.confidence}" == row.right


# fed: what was chosen or typed, and a process exclusion on the PC
OUTLOOK = rf"{C}\Microsoft Office\root\Office16\OUTLOOK.EXE"
EXCLUDED = (
    Row(("outlook.exe", OUTLOOK), "fail", "C30"),
    Row(("Outlook", OUTLOOK), "fail", "C30"),
    Row(("Microsoft Outlook", OUTLOOK), "unknown", "C30", "may cover"),
    Row(("Google Chrome", rf"{C}\Google\Chrome\Application\chrome.exe"), "fail", "C30"),
    Row(("Chrome", rf"{C}\Google\Chrome\Application\chrome.exe"), "fail", "C30"),
    Row(("Chrome", rf"{C}\Mozilla Firefox\firefox.exe"), "pass", "a browser that was chosen"),
    Row(("Docker Desktop", rf"{C}\Docker\Docker\resources\com.docker.backend.exe"), "unknown", "C04"),
    Row(("Docker Desktop", rf"{C}\Docker\*"), "unknown", "every program of a folder"),
    Row(("Docker Desktop", "com.docker.*.exe"), "unknown", "C04, with a wildcard"),
    Row(("Excel", r"C:\*\exc*.exe"), "fail", "a wildcard"),
    Row(("npm", r"C:\nodejs\node.exe"), "unknown", "npm is a script that node runs"),
    Row(("Teams", "ms-teams.exe"), "unknown", "classic or new"),
    Row(("Payroll", r"C:\Apps\pay.exe"), "unknown", "F1: the name says nothing"),
    Row(("payroll.exe", r"C:\Apps\pay.exe"), "pass", "a file's name"),
    Row(("?", r"C:\Apps\pay.exe"), "unknown", "any program may be meant"),
)


@each(EXCLUDED)
def test_a_process_exclusion_covers_may_cover_or_does_not(row: Row):
    said, entry = row.fed
    about = missed(program=reported(said).program, program_name=reported(said).program_name)

    findings = judge(with_preferences(exclusion_process=ListValue((entry,))), report=about)

    assert next(found.status for found in findings if found.check == EXCLUSIONS_IN_FORCE.id) == row.right


# fed: what was typed, and the path in the block; right: what is proposed as a process exclusion, or that none is
PROPOSED = (
    Row(("MicroClaw Installer", "microclawinstaller.exe"), "no path", "C01"),
    Row(("MicroClaw Installer", rf"{C}\MicroClaw\microclaw.exe"), rf"{C}\MicroClaw\microclaw.exe", "C01, with a path"),
    Row(("Google Chrome", None), "never", "a browser"),
    Row(("Microsoft Outlook", None), "never", "opens documents from outside"),
    Row(("npm", r"C:\nodejs\node.exe"), "never", "an interpreter, by the file in the event"),
    Row(("Edge", "msedge.exe"), "never", "SmartScreen decides in Edge"),
    Row(("Microsoft Edge", "msedge.exe"), "never", "the same, typed"),
)


@each(PROPOSED)
def test_a_process_exclusion_is_proposed_for_the_file_that_the_log_names(row: Row):
    said, process = row.fed
    about, device = reported(said), snapshot(events=(event("shop.example.com", process_name=process),))
    found = verdict(about, device)

    proposed = [p for p in propose(about, found, device) if p.kind is ExclusionKind.PROCESS]
    ruled = [r for r in ruled_out(about, found, device) if r.kind is ExclusionKind.PROCESS]

    value = proposed[0].value if proposed else None
    assert (value.value if value else "no path" if proposed else "never") == row.right
    assert bool(proposed) != bool(ruled)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.name)
def test_a_product_of_the_table_has_a_source_and_is_found_by_each_of_its_names(product):
    files = product.files | product.through

    assert product.source
    assert files
    for name in product.names:
        about = reported(name) if name in CHOSEN else report(program=Program.OTHER, program_name=name)
        assert about.program is not Program.OTHER or files <= named_program(about).related
        matches = [match_event(event("shop.example.com", process_name=file), about) for file in sorted(product.files)]
        assert all(match is not None and match.counts for match in matches)


names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=40)
files = st.sampled_from(sorted({file for product in PRODUCTS for file in product.files | product.through}))


@given(names, files)
def test_a_name_that_is_no_file_never_contradicts_an_event(typed: str, process: str):
    if ".exe" in typed.casefold():
        return
    match = match_event(event("shop.example.com", process_name=process), reported(f"x {typed}"))

    assert match is not None
    assert match.counts

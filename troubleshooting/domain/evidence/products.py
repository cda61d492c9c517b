"""Programs as people call them, and the files whose connections they are.

``files`` are the program's own; ``through`` are others that make its connections: its helpers, an interpreter, a part
of Windows. ``names`` are what people type, first the one that the form offers. Where the source is a public report, it
stands with its repository and number. "Installed file" means: the name of the file that the product installs (general
knowledge: not taken from a reviewed page).
"""

from __future__ import annotations

from dataclasses import dataclass

INSTALLED = "installed file"

# Parts of Windows that connect for whatever program asks them to.
SYSTEM = "System|ntoskrnl.exe"  # the kernel: SMB, HTTP.sys, the network of virtual machines
SERVICES = "svchost.exe"  # WebClient (WebDAV), BITS, Windows Update, DNS, push notifications
WEB_VIEW = "msedgewebview2.exe"


@dataclass(frozen=True, slots=True)
class Product:
    """A program that people name; file names are lower-case."""

    names: tuple[str, ...]
    files: frozenset[str]
    through: frozenset[str]
    source: str

    @property
    def name(self) -> str:
        """Return the name that the form offers."""
        return self.names[0]


def _product(names: str, files: str, *, through: str = "", source: str = INSTALLED) -> Product:
    """Read names parted by commas and files parted by bars."""
    return Product(
        names=tuple(name.strip() for name in names.split(",")),
        files=_files(files),
        through=_files(through),
        source=source,
    )


def _files(text: str) -> frozenset[str]:
    return frozenset(name.strip().casefold() for name in text.split("|") if name.strip())


_TEAMS = "Microsoft Learn, Exclude antivirus and DLP applications from blocking Teams"
_WEB_VIEW_MODEL = "Microsoft Learn, Process model for WebView2 apps"
_SERVICES = "Microsoft Learn, Service host grouping; the WebClient and BITS services"
_ELECTRON = "the product's own file; Electron names the renderer and network process like the main one"
_SMB = "Microsoft Learn, SMB client: mrxsmb.sys runs in the kernel"

PRODUCTS: tuple[Product, ...] = (
    # --- browsers -----------------------------------------------------------------------------------------------------
    _product("Google Chrome, Chrome", "chrome.exe", source="docs/reference/checks.md section 6"),
    _product("Microsoft Edge, Edge, Edge Chromium", "msedge.exe", source="docs/reference/checks.md section 6"),
    _product("Mozilla Firefox, Firefox, Firefox ESR", "firefox.exe", source="docs/reference/checks.md section 6"),
    _product("Brave, Brave Browser", "brave.exe"),
    _product("Opera, Opera GX", "opera.exe", through="launcher.exe"),
    _product("Vivaldi", "vivaldi.exe"),
    _product("Tor Browser, Tor", "", through="firefox.exe|tor.exe", source="Tor Browser manual: Firefox with tor.exe"),
    _product("Internet Explorer, IE, IE mode", "iexplore.exe", through=f"msedge.exe|{SERVICES}"),
    _product("DuckDuckGo, DuckDuckGo Browser", "duckduckgo.exe", through=WEB_VIEW, source=_WEB_VIEW_MODEL),
    _product("Arc, Arc Browser", "arc.exe"),
    _product("Chromium, Ungoogled Chromium", "chromium.exe|chrome.exe"),
    _product("LibreWolf", "librewolf.exe"),
    _product("Waterfox", "waterfox.exe"),
    # --- mail and chat ------------------------------------------------------------------------------------------------
    _product(
        "Outlook, Outlook classic, Outlook new, Outlook for Windows",
        "outlook.exe|olk.exe",
        through=f"{WEB_VIEW}|hxoutlook.exe|hxtsr.exe|{SERVICES}|{SYSTEM}",
        source="Microsoft Learn, New Outlook for Windows: olk.exe on WebView2, beside the classic outlook.exe",
    ),
    _product("Windows Mail, Mail", "hxoutlook.exe", through="hxtsr.exe|outlook.exe|olk.exe|thunderbird.exe"),
    _product(
        "Microsoft Teams, Teams, Teams classic, Teams new, Teams work or school",
        "ms-teams.exe|teams.exe|msteams.exe",
        through=f"{WEB_VIEW}|ms-teamsupdate.exe|update.exe|squirrel.exe|ms-teams_modulehost.exe",
        source=_TEAMS,
    ),
    _product("Skype for Business, Lync", "lync.exe", through="ucmapi.exe"),
    _product("Skype", "skype.exe", through=WEB_VIEW),
    _product("Thunderbird, Mozilla Thunderbird", "thunderbird.exe"),
    _product("Zoom, Zoom Workplace, Zoom Meetings", "zoom.exe", through=f"zoomcptservice.exe|cpthost.exe|{WEB_VIEW}"),
    _product("Webex, Cisco Webex", "webex.exe|ciscocollabhost.exe|atmgr.exe", through=f"webexhost.exe|{WEB_VIEW}"),
    _product("Slack", "slack.exe", source=_ELECTRON),
    _product("Discord", "discord.exe", through="update.exe", source=_ELECTRON),
    _product("Signal", "signal.exe", source=_ELECTRON),
    _product("WhatsApp", "whatsapp.exe|whatsapp.root.exe", through=WEB_VIEW, source=_WEB_VIEW_MODEL),
    _product("Telegram", "telegram.exe"),
    # --- Office -------------------------------------------------------------------------------------------------------
    _product("Word, Winword", "winword.exe", through=f"{WEB_VIEW}|{SERVICES}|{SYSTEM}", source=_SERVICES),
    _product("Excel", "excel.exe", through=f"{WEB_VIEW}|{SERVICES}|{SYSTEM}", source=_SERVICES),
    _product("PowerPoint, Power Point", "powerpnt.exe", through=f"{WEB_VIEW}|{SERVICES}|{SYSTEM}", source=_SERVICES),
    _product("OneNote, One Note", "onenote.exe|onenotem.exe", through=f"onenoteim.exe|{WEB_VIEW}"),
    _product("Access, MS Access", "msaccess.exe", through=f"{SERVICES}|{SYSTEM}", source=_SERVICES),
    _product("Publisher", "mspub.exe", through=SERVICES),
    _product("Visio", "visio.exe", through=f"{WEB_VIEW}|{SERVICES}"),
    _product("Project, MS Project", "winproj.exe", through=f"{WEB_VIEW}|{SERVICES}"),
    _product(
        "Microsoft Office, Office 365, Microsoft 365, M365, Microsoft 365 Copilot, Office",
        "winword.exe|excel.exe|powerpnt.exe|outlook.exe|onenote.exe|msaccess.exe|officehub.exe",
        through=f"officeclicktorun.exe|officec2rclient.exe|sdxhelper.exe|{WEB_VIEW}|{SERVICES}|{SYSTEM}|olk.exe|"
        "m365copilot.exe",
    ),
    _product(
        "OneDrive, One Drive", "onedrive.exe", through="filecoauth.exe|onedrive.sync.service.exe|filesyncconfig.exe"
    ),
    _product("SharePoint", "", through=f"onedrive.exe|winword.exe|excel.exe|explorer.exe|{SERVICES}|{SYSTEM}"),
    _product(
        "Power BI, Power BI Desktop", "pbidesktop.exe", through=f"{WEB_VIEW}|msmdsrv.exe|microsoft.mashup.container.exe"
    ),
    _product("LibreOffice, OpenOffice", "soffice.bin|soffice.exe"),
    _product(
        "Adobe Reader, Acrobat, Adobe Acrobat, Acrobat Reader",
        "acrobat.exe|acrord32.exe",
        through="acrocef.exe|rdrcef.exe|adobecollabsync.exe|adobearm.exe",
    ),
    # --- developers ---------------------------------------------------------------------------------------------------
    _product(
        "Docker Desktop, Docker, Docker Compose, Docker for Windows",
        "docker desktop.exe|docker.exe",
        through=f"com.docker.backend.exe|vpnkit.exe|vpnkit-bridge.exe|com.docker.proxy.exe|com.docker.build.exe|"
        f"com.docker.cli.exe|docker-compose.exe|docker-buildx.exe|dockerd.exe|com.docker.service|wslservice.exe|{SYSTEM}|{SERVICES}",
        source="docker/docs pull 23626; docker/for-win issues 7881 and 10531",
    ),
    _product(
        "Podman, Podman Desktop", "podman.exe|podman desktop.exe", through=f"gvproxy.exe|win-sshproxy.exe|{SYSTEM}"
    ),
    _product(
        "WSL, Windows Subsystem for Linux, Ubuntu, Debian, Linux",
        "wsl.exe|wslservice.exe",
        through=f"wslhost.exe|wslrelay.exe|vmmem|vmmemwsl|vmwp.exe|bash.exe|ubuntu.exe|debian.exe|{SYSTEM}|{SERVICES}",
        source="microsoft/WSL issue 12301; CzBiX/WSLHostPatcher issue 18",
    ),
    _product(
        "Hyper-V, Virtual machine",
        "vmconnect.exe",
        through=f"vmwp.exe|vmms.exe|vmmem|{SYSTEM}|{SERVICES}",
        source="Microsoft Learn, Hyper-V architecture: the worker process is vmwp.exe",
    ),
    _product(
        "git, Git for Windows, Git Bash",
        "git.exe",
        through="git-remote-https.exe|git-remote-http.exe|git-lfs.exe|git-credential-manager.exe|ssh.exe|bash.exe|sh.exe|curl.exe",
        source="git-for-windows/git issue 4579; desktop/desktop issue 13785",
    ),
    _product(
        "GitHub Desktop",
        "githubdesktop.exe",
        through="git.exe|git-remote-https.exe|git-lfs.exe",
        source="desktop/desktop issue 13785",
    ),
    _product("Sourcetree", "sourcetree.exe", through="git.exe|git-remote-https.exe|git-lfs.exe"),
    _product("TortoiseGit", "tortoisegitproc.exe", through="git.exe|git-remote-https.exe|tortoisegitplink.exe"),
    _product("TortoiseSVN, Subversion, SVN", "tortoiseproc.exe|svn.exe"),
    _product("Node, Node.js, NodeJS", "node.exe"),
    _product(
        "npm, npx, yarn, pnpm",
        "",
        through="node.exe|npm.exe|pnpm.exe|yarn.exe|bun.exe",
        source="npm documentation: npm is a script that node runs",
    ),
    _product("Python", "python.exe|python3.exe|pythonw.exe|py.exe"),
    _product(
        "pip, pip3, pipx, Jupyter, Jupyter Notebook, poetry, conda, Anaconda",
        "",
        through="python.exe|python3.exe|pythonw.exe|py.exe|pip.exe|pip3.exe|conda.exe|uv.exe|poetry.exe|"
        "jupyter-notebook.exe|jupyter-lab.exe",
        source="pip documentation: pip.exe starts python.exe -m pip",
    ),
    _product("Java, JRE, JDK", "java.exe|javaw.exe|javaws.exe|jp2launcher.exe", through="jucheck.exe|javacpl.exe"),
    _product(
        "Java Web Start, Minecraft, Eclipse, Maven, Gradle, Tomcat, DBeaver",
        "",
        through="java.exe|javaw.exe|javaws.exe|jp2launcher.exe|eclipse.exe|eclipsec.exe|minecraftlauncher.exe|"
        "minecraft.exe|tomcat9.exe|tomcat10.exe|dbeaver.exe",
        source="Oracle, java and javaw launchers; jp2launcher.exe starts Web Start applications",
    ),
    _product("IntelliJ, IntelliJ IDEA, IDEA", "idea64.exe|idea.exe", through="java.exe|jcef_helper.exe|fsnotifier.exe"),
    _product("PyCharm", "pycharm64.exe|pycharm.exe", through="python.exe|java.exe|jcef_helper.exe"),
    _product(
        "Android Studio", "studio64.exe|studio.exe", through="java.exe|adb.exe|emulator.exe|qemu-system-x86_64.exe"
    ),
    _product(
        "Visual Studio Code, VS Code, VSCode, Code",
        "code.exe|code - insiders.exe",
        through="node.exe|git.exe|rg.exe|codesetup.exe",
        source=_ELECTRON,
    ),
    _product("Cursor", "cursor.exe", source=_ELECTRON),
    _product(
        "Visual Studio, devenv",
        "devenv.exe",
        through="servicehub.host.netfx.x64.exe|servicehub.roslyncodeanalysisservice.exe|msbuild.exe|dotnet.exe|git.exe|"
        "nuget.exe|vs_installer.exe|setup.exe|microsoft.servicehub.controller.exe",
    ),
    _product(".NET, dotnet, NuGet", "dotnet.exe|nuget.exe", through="msbuild.exe"),
    _product("Go, golang", "go.exe"),
    _product("Rust, Cargo, rustup", "cargo.exe|rustup.exe"),
    _product("Postman", "postman.exe", source=_ELECTRON),
    _product("curl", "curl.exe"),
    _product(
        "PowerShell, Windows PowerShell, pwsh",
        "powershell.exe|pwsh.exe|powershell_ise.exe",
        through=f"wsmprovhost.exe|{SERVICES}",
    ),
    _product(
        "Command Prompt, cmd, Windows Terminal, Terminal",
        "cmd.exe|windowsterminal.exe|wt.exe",
        through="powershell.exe|pwsh.exe|curl.exe|openconsole.exe|conhost.exe",
    ),
    _product("PuTTY, Plink", "putty.exe|plink.exe"),
    _product("WinSCP", "winscp.exe"),
    _product("FileZilla", "filezilla.exe"),
    _product("SSH, OpenSSH, SCP, SFTP", "ssh.exe|scp.exe|sftp.exe"),
    _product("winget, App Installer", "winget.exe|appinstaller.exe|windowspackagemanagerserver.exe", through=SERVICES),
    _product("Chocolatey, choco", "choco.exe", through="powershell.exe"),
    _product("Scoop", "", through="powershell.exe|pwsh.exe|aria2c.exe|git.exe", source="Scoop is a PowerShell script"),
    _product("SQL Server Management Studio, SSMS", "ssms.exe"),
    # --- parts of Windows ---------------------------------------------------------------------------------------------
    _product(
        "File Explorer, Windows Explorer, Explorer, Network drive, Network share, Shared folder, Mapped drive, SMB, "
        "File server, Datei-Explorer",
        "explorer.exe",
        through=f"{SYSTEM}|{SERVICES}|searchprotocolhost.exe",
        source=_SMB,
    ),
    _product(
        "Printer, Printing, Print spooler",
        "spoolsv.exe",
        through=f"{SYSTEM}|{SERVICES}|printfilterpipelinesvc.exe|splwow64.exe",
        source=_SMB,
    ),
    _product(
        "Windows Update, Microsoft Update",
        "",
        through="svchost.exe|usoclient.exe|mousocoreworker.exe|wuauclt.exe|tiworker.exe|dosvc.exe|usocoreworker.exe",
        source=_SERVICES,
    ),
    _product("BITS, Background Intelligent Transfer", "", through="svchost.exe|bitsadmin.exe", source=_SERVICES),
    _product("WebDAV, WebClient", "", through=f"svchost.exe|explorer.exe|{SYSTEM}", source=_SERVICES),
    _product("DNS Client, DNS", "", through=f"svchost.exe|{SYSTEM}", source=_SERVICES),
    _product(
        "Microsoft Store, Windows Store, Store",
        "winstore.app.exe",
        through=f"{SERVICES}|storedesktopextension.exe|wwahost.exe|{WEB_VIEW}",
        source=_SERVICES,
    ),
    _product(
        "Windows Search, Search, Start menu, Widgets",
        "searchhost.exe|searchapp.exe|widgets.exe|startmenuexperiencehost.exe",
        through=f"{WEB_VIEW}|{SERVICES}|widgetservice.exe",
        source=_WEB_VIEW_MODEL,
    ),
    _product("WebView2, Edge WebView2, Edge WebView", WEB_VIEW, source=_WEB_VIEW_MODEL),
    _product(
        "Copilot, Microsoft Copilot",
        "copilot.exe|m365copilot.exe",
        through=f"{WEB_VIEW}|msedge.exe",
        source=_WEB_VIEW_MODEL,
    ),
    _product(
        "Remote Desktop, RDP, mstsc, Windows App",
        "mstsc.exe|msrdc.exe|msrdcw.exe|windows365.exe",
        through=f"{SERVICES}|{WEB_VIEW}",
    ),
    _product(
        "Company Portal, Intune",
        "companyportal.exe|microsoft.management.services.intunewindowsagent.exe",
        through=SERVICES,
    ),
    _product("Photos, Fotos", "photos.exe|microsoft.photos.exe", through=WEB_VIEW),
    _product("Windows Media Player, Media Player", "wmplayer.exe|microsoft.media.player.exe"),
    # --- others -------------------------------------------------------------------------------------------------------
    _product(
        "Citrix, Citrix Workspace, Citrix Receiver",
        "selfservice.exe|wfica32.exe|cdviewer.exe",
        through=f"receiver.exe|authmansvr.exe|{WEB_VIEW}",
    ),
    _product("VMware Horizon, Horizon Client", "vmware-view.exe|horizon-client.exe"),
    _product("AnyDesk", "anydesk.exe"),
    _product("TeamViewer", "teamviewer.exe", through="teamviewer_service.exe"),
    _product("SAP, SAP GUI, SAP Logon", "saplogon.exe|saplgpad.exe|sapgui.exe", through=WEB_VIEW),
    _product("Dropbox", "dropbox.exe"),
    _product("Google Drive, Drive for desktop", "googledrivefs.exe"),
    _product("Nextcloud, ownCloud", "nextcloud.exe|owncloud.exe"),
    _product("Spotify", "spotify.exe"),
    _product("Steam", "steam.exe", through="steamwebhelper.exe|steamservice.exe"),
    _product("VLC", "vlc.exe"),
    _product("Notion", "notion.exe", source=_ELECTRON),
    _product("Figma", "figma.exe", through="figma_agent.exe", source=_ELECTRON),
    _product("Obsidian", "obsidian.exe", source=_ELECTRON),
    _product("ChatGPT", "chatgpt.exe", through=WEB_VIEW, source=_ELECTRON),
    _product("Claude", "claude.exe", source=_ELECTRON),
    _product("KeePass, KeePassXC", "keepass.exe|keepassxc.exe"),
    _product("Bitwarden", "bitwarden.exe", source=_ELECTRON),
    _product("1Password", "1password.exe", through="op.exe", source=_ELECTRON),
    _product("Notepad++", "notepad++.exe", through="gup.exe", source="WinGUp, the updater of Notepad++, is gup.exe"),
    _product(
        "Cisco AnyConnect, Cisco Secure Client, AnyConnect",
        "vpnui.exe|csc_ui.exe",
        through="vpnagent.exe|acwebhelper.exe",
    ),
    _product("GlobalProtect", "pangpa.exe", through="pangps.exe"),
    _product("OpenVPN", "openvpn.exe|openvpn-gui.exe"),
)

"""Hosts that serve everybody's content, by a table with reasons and sources.

An allow indicator for such a host would let through what any stranger puts there, so it is refused. The private section
of the public suffix list does the same for suffixes (``github.io``); this table names what the list cannot: single
hosts without a suffix of their own, and hosts below a suffix that look like one customer's and serve everybody
(``gist.githubusercontent.com``). Sources: the services' own pages, where they say that anybody can publish there, and
LOTS, the list "Living Off Trusted Sites" (lots-project.com) of services that are misused that way.

Package registries are refused too, although developers need them: anybody can publish a package, harmful ones are found
there every week, and the programs that load them run what they load. They are wrongly blocked as a whole only by
mistake, which Microsoft can put right for everybody; a company that wants to choose keeps a mirror of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.hosts import covers, with_parents


class Below(StrEnum):
    """Whose the names below a shared host are."""

    EVERYBODY = "everybody"  # parts of the same service (codeload.github.com)
    ONE_CUSTOMER = "one_customer"  # somebody's own corner (alice.wordpress.com)


@dataclass(frozen=True, slots=True)
class SharedHosts:
    """Hosts that share a reason, which ends the sentence "… is shared by many people: "."""

    reason: str
    instead: str
    names: frozenset[str]
    below: Below
    source: str


_OWN_ADDRESS = _(
    "Ask for the owner's own address there or, for Microsoft Edge, for the single page: https://%(host)s/page."
)
_OWN_MIRROR = _(
    "Have the wrong block reported to Microsoft, which corrects it for everyone, or ask for the company's own mirror."
)

_FILES = _("anyone can store files there, including dangerous ones")
_PAGES = _("anyone can publish pages there, including dangerous ones")
_CODE = _("anyone can publish files and text there, including dangerous ones")
_PACKAGES = _("anyone can publish packages there, including dangerous ones")
_POSTS = _("anyone can publish posts, files and links there, including dangerous ones")
_CONTENT_NETWORK = _("many sites are delivered from there, and no one can say which")
_TUNNELS = _("anyone can make their own computer reachable there, whatever it serves")


def _shared(reason: str, source: str, names: str, *, below: Below = Below.EVERYBODY) -> SharedHosts:
    """Read one row; the names are parted by spaces."""
    instead = _OWN_MIRROR if reason == _PACKAGES else _OWN_ADDRESS
    return SharedHosts(reason, instead, frozenset(names.split()), below, source)


def _tenants(reason: str, source: str, names: str) -> SharedHosts:
    """Read one row of hosts below which customers have names of their own."""
    return _shared(reason, source, names, below=Below.ONE_CUSTOMER)


_LOTS = "lots-project.com"

SHARED_HOSTS: tuple[SharedHosts, ...] = (
    # --- Files ---
    _tenants(_FILES, "learn.microsoft.com: Azure Storage accounts", "blob.core.windows.net dfs.core.windows.net"),
    _tenants(_FILES, "learn.microsoft.com: SharePoint and OneDrive URLs", "sharepoint.com"),
    _shared(_FILES, _LOTS, "onedrive.live.com 1drv.ms storage.live.com api.onedrive.com d.docs.live.net svc.ms"),
    _tenants(_FILES, "docs.aws.amazon.com: virtual-hosted and path-style requests", "s3.amazonaws.com"),
    _shared(_FILES, "cloud.google.com/storage: request endpoints", "storage.cloud.google.com"),
    _tenants(_FILES, "cloud.google.com/storage: request endpoints", "storage.googleapis.com"),
    _shared(_FILES, _LOTS, "commondatastorage.googleapis.com firebasestorage.googleapis.com"),
    _shared(_FILES, _LOTS, "drive.google.com docs.google.com usercontent.google.com googleusercontent.com ggpht.com"),
    _shared(_FILES, _LOTS, "dropbox.com dropboxusercontent.com db.tt app.box.com boxcloud.com icloud.com"),
    _tenants(_FILES, "support.box.com: custom subdomains", "box.com"),
    _shared(_FILES, _LOTS, "mega.nz mega.co.nz mediafire.com wetransfer.com we.tl transfer.sh pcloud.com sync.com"),
    _shared(_FILES, _LOTS, "4shared.com sendspace.com gofile.io file.io filemail.com swisstransfer.com"),
    _shared(_FILES, _LOTS, "catbox.moe 0x0.st tmpfiles.org pixeldrain.com workupload.com krakenfiles.com"),
    _shared(_FILES, _LOTS, "terabox.com files.fm uguu.se anonfiles.com rapidgator.net transfernow.net fromsmash.com"),
    _shared(
        _FILES,
        "docs.oracle.com: Object Storage endpoints",
        "objectstorage.us-ashburn-1.oraclecloud.com objectstorage.us-phoenix-1.oraclecloud.com "
        "objectstorage.eu-frankfurt-1.oraclecloud.com objectstorage.eu-amsterdam-1.oraclecloud.com "
        "objectstorage.uk-london-1.oraclecloud.com objectstorage.ap-tokyo-1.oraclecloud.com",
    ),
    _shared(_FILES, "backblaze.com: native URLs of B2", "backblazeb2.com"),
    _tenants(_FILES, "wasabi.com: service URLs", "wasabisys.com r2.cloudflarestorage.com aliyuncs.com myqcloud.com"),
    _shared(_FILES, "docs.ipfs.tech: gateways", "ipfs.io cloudflare-ipfs.com gateway.pinata.cloud nftstorage.link"),
    _shared(_FILES, "cloudinary.com: delivery URLs", "res.cloudinary.com ucarecdn.com cdn.filestackcontent.com"),
    _shared(_FILES, _LOTS, "imgur.com ibb.co postimg.cc prnt.sc gyazo.com giphy.com"),
    _shared(_FILES, _LOTS, "archive.org scribd.com issuu.com slideshare.net docdroid.net"),
    # --- Pages and forms ---
    _shared(_PAGES, _LOTS, "sites.google.com script.google.com forms.gle groups.google.com"),
    _shared(_PAGES, _LOTS, "forms.office.com forms.cloud.microsoft sway.office.com sway.cloud.microsoft"),
    _tenants(_PAGES, _LOTS, "wixsite.com weebly.com wordpress.com notion.site jimdosite.com substack.com tumblr.com"),
    _tenants(_PAGES, _LOTS, "glitch.me strikingly.com yolasite.com ucraft.net godaddysites.com mystrikingly.com"),
    _tenants(_PAGES, _LOTS, "typeform.com hubspotusercontent.net squarespace.com powerappsportals.com zendesk.com"),
    _shared(_PAGES, _LOTS, "notion.so padlet.com linktr.ee medium.com canva.com figma.com miro.com airtable.com"),
    _shared(_PAGES, _LOTS, "jotform.com surveymonkey.com smartsheet.com evernote.com trello.com mailchi.mp"),
    _shared(_PAGES, "wix.com: media", "static.wixstatic.com wixstatic.com cdn.shopify.com"),
    # --- Code and text ---
    _shared(_CODE, "docs.github.com: GitHub's domains", "github.com githubusercontent.com"),
    _shared(_CODE, _LOTS, "gitlab.com bitbucket.org codeberg.org gitee.com sourceforge.net launchpad.net sr.ht"),
    _shared(_CODE, "learn.microsoft.com: Azure DevOps allowed domains", "dev.azure.com"),
    _tenants(_CODE, "learn.microsoft.com: Azure DevOps allowed domains", "visualstudio.com"),
    _shared(_CODE, _LOTS, "pastebin.com hastebin.com ghostbin.com controlc.com justpaste.it dpaste.com paste.ee"),
    _shared(_CODE, _LOTS, "rentry.co telegra.ph graph.org write.as pastebin.pl"),
    _shared(_CODE, "plnkr/feedback issue 542", "plnkr.co"),
    _shared(_CODE, _LOTS, "codepen.io cdpn.io jsfiddle.net jshell.net jsbin.com codesandbox.io stackblitz.com"),
    # --- Packages ---
    _shared(_PACKAGES, "docs.npmjs.com: creating and publishing packages", "npmjs.org npmjs.com registry.yarnpkg.com"),
    _shared(_PACKAGES, "packaging.python.org: uploading to PyPI", "pypi.org pythonhosted.org"),
    _shared(_PACKAGES, "docs.docker.com: Docker Hub", "docker.io hub.docker.com production.cloudflare.docker.com"),
    _shared(_PACKAGES, "docs.github.com: working with GitHub Packages", "ghcr.io pkg.github.com"),
    _shared(_PACKAGES, "docs.redhat.com: Quay.io", "quay.io"),
    _shared(_PACKAGES, "cloud.google.com: Artifact Registry and Container Registry", "gcr.io pkg.dev"),
    _shared(_PACKAGES, "docs.aws.amazon.com: Amazon ECR Public", "public.ecr.aws lscr.io"),
    _tenants(_PACKAGES, "learn.microsoft.com: Azure Container Registry", "azurecr.io"),
    _shared(_PACKAGES, "doc.rust-lang.org: publishing on crates.io", "crates.io"),
    _shared(_PACKAGES, "guides.rubygems.org: publishing your gem", "rubygems.org"),
    _shared(_PACKAGES, "central.sonatype.org: publish", "repo.maven.apache.org repo1.maven.org search.maven.org"),
    _shared(_PACKAGES, "central.sonatype.org: publish", "central.sonatype.com oss.sonatype.org jitpack.io"),
    _shared(_PACKAGES, "docs.gradle.org: publishing plugins", "plugins.gradle.org"),
    _shared(_PACKAGES, "learn.microsoft.com: publish NuGet packages", "nuget.org"),
    _shared(_PACKAGES, "learn.microsoft.com: PowerShell Gallery", "powershellgallery.com"),
    _shared(_PACKAGES, "docs.chocolatey.org: create packages", "chocolatey.org"),
    _shared(_PACKAGES, "packagist.org: about", "packagist.org repo.packagist.com"),
    _shared(_PACKAGES, "go.dev: module proxy", "proxy.golang.org pkg.go.dev"),
    _shared(_PACKAGES, "dart.dev: publishing packages", "pub.dev hex.pm cpan.org hackage.haskell.org"),
    _shared(_PACKAGES, "docs.anaconda.com: uploading packages", "anaconda.org"),
    _shared(_PACKAGES, "jsr.io: publishing packages", "jsr.io deno.land cocoapods.org"),
    _shared(_PACKAGES, "help.launchpad.net: personal package archives", "launchpadcontent.net ppa.launchpad.net"),
    _shared(_PACKAGES, "docs.flathub.org and snapcraft.io: publishing", "flathub.org snapcraft.io"),
    _shared(_PACKAGES, "code.visualstudio.com: publishing extensions", "marketplace.visualstudio.com open-vsx.org"),
    _tenants(_PACKAGES, "code.visualstudio.com: publishing extensions", "vsassets.io"),
    _shared(_PACKAGES, "developer.chrome.com and addons.mozilla.org: publishing", "chromewebstore.google.com"),
    _shared(_PACKAGES, "developer.chrome.com and addons.mozilla.org: publishing", "addons.mozilla.org"),
    _shared(_PACKAGES, "huggingface.co/docs/hub: uploading models", "huggingface.co hf.co kaggle.com"),
    _shared(_PACKAGES, "developer.hashicorp.com and galaxy.ansible.com", "registry.terraform.io galaxy.ansible.com"),
    _shared(_PACKAGES, "artifacthub.io: about", "artifacthub.io"),
    # --- Posts and messages ---
    _shared(_POSTS, _LOTS, "discord.com discordapp.com discordapp.net discord.gg t.me telegram.me"),
    _shared(_POSTS, _LOTS, "slack-files.com files.slack.com slack-edge.com"),
    _shared(_POSTS, _LOTS, "facebook.com fbcdn.net fbsbx.com instagram.com cdninstagram.com whatsapp.net"),
    _shared(_POSTS, _LOTS, "youtube.com youtu.be vimeo.com tiktok.com reddit.com redd.it pinterest.com"),
    _shared(_POSTS, _LOTS, "linkedin.com twitter.com x.com twimg.com vk.com"),
    # --- Content networks ---
    _tenants(_CONTENT_NETWORK, "techdocs.akamai.com: edge hostnames", "akamaihd.net akamaized.net edgesuite.net"),
    _tenants(_CONTENT_NETWORK, "techdocs.akamai.com: edge hostnames", "edgekey.net akamai.net"),
    _tenants(_CONTENT_NETWORK, "fastly.com: domains", "fastly.net hwcdn.net imgix.net b-cdn.net kxcdn.com"),
    _shared(_CONTENT_NETWORK, "jsdelivr.com: serves npm and GitHub", "jsdelivr.net"),
    _shared(_CONTENT_NETWORK, "unpkg.com: serves npm", "unpkg.com esm.sh skypack.dev jspm.io esm.run"),
    _shared(_CONTENT_NETWORK, "raw.githack.com: serves GitHub and GitLab", "githack.com rawgit.com statically.io"),
    _shared(_CONTENT_NETWORK, "cdnjs.com: about", "cdnjs.cloudflare.com"),
    _tenants(_CONTENT_NETWORK, "amp.dev: the AMP cache", "cdn.ampproject.org"),
    # --- Tunnels and names for any address ---
    _tenants(_TUNNELS, _LOTS, "ngrok.io ngrok.app ngrok-free.app ngrok.dev loca.lt serveo.net lhr.life localhost.run"),
    _tenants(_TUNNELS, "learn.microsoft.com: dev tunnels", "devtunnels.ms"),
    _tenants(_TUNNELS, "nip.io and sslip.io: a name for any IP address", "nip.io sslip.io xip.io"),
)


def shared_host(host: str) -> SharedHosts | None:
    """Return the row of a host that everybody's content comes from, or that has such a host below it, or None."""
    above = _row_above(host)
    if above is not None and (host in above.names or above.below is Below.EVERYBODY):
        return above
    if above is not None:
        return None
    return next((row for row in SHARED_HOSTS if any(covers(host, name) for name in row.names)), None)


def part_of_shared_host(host: str) -> SharedHosts | None:
    """Return the row that a host stands in or lies below (``alice.wordpress.com``), or None."""
    return _row_above(host)


def _row_above(host: str) -> SharedHosts | None:
    """Return the row of the longest name that a host is or lies below."""
    return next((row for name in with_parents(host) for row in _ROW_OF.get(name, ())), None)


def _by_name(rows: Iterable[SharedHosts]) -> dict[str, tuple[SharedHosts, ...]]:
    return {name: (row,) for row in rows for name in row.names}


_ROW_OF = _by_name(SHARED_HOSTS)

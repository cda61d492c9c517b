"""Services whose links wrap another address: mail protection, redirectors, search results, translation, short links.

Who reports such a link means the address inside: the PC's log names that one, and allowing the service's host would
help nobody and could lead anywhere. Each row says how the inner address is read, or that the link does not show it. A
row with paths is about such links only (``www.google.com/url``); one without is a host that has no other purpose.

Sources: the services' own pages; the forms of links as public mail archives and the decoders that people wrote for them
show them; ClearURLs (gitlab.com/ClearURLs/rules) for redirectors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from troubleshooting.domain.cases.hosts import with_parents
from troubleshooting.domain.cases.link_readers import (
    Link,
    Reader,
    base64_parameter,
    first_of,
    parameter,
    pattern,
    search_terms,
    translated_host,
    url_defense_v2,
    url_defense_v3,
    whole_query,
)


@dataclass(frozen=True, slots=True)
class LinkService:
    """A service of wrapped links. ``hosts`` are names, with what lies below them; ``google.*`` is any country's."""

    name: str
    hosts: tuple[str, ...]
    paths: tuple[str, ...]  # that its links begin with; () where the host has no other purpose
    read: Reader | None  # None: the link does not show the address inside
    source: str

    @property
    def is_only_for_links(self) -> bool:
        """Tell whether the host has no other purpose."""
        return not self.paths

    @property
    def always_wraps(self) -> bool:
        """Tell whether its links lead elsewhere even where the address inside cannot be read."""
        return self.read is None or not self.paths or self.name.endswith("search")


@dataclass(frozen=True, slots=True)
class Wrapping:
    """A wrapped link: its service, and the text of the address inside or None where the link does not show it."""

    service: LinkService
    inside: str | None


def _row(name: str, hosts: str, read: Reader | None, source: str, *, paths: str = "") -> LinkService:
    """Read one row; hosts and paths are parted by spaces."""
    return LinkService(name, tuple(hosts.split()), tuple(paths.split()), read, source)


_CLEARURLS = "ClearURLs"
_ARCHIVES = "form as in public mail archives"
_URL = parameter("url")
_U = parameter("u")
_SHIELDED = pattern(r"/v[0-9]+/(?:[^/]+/)?___(.+?)(?:___|\Z)")

LINK_SERVICES: tuple[LinkService, ...] = (
    # --- Mail protection ---
    _row(
        "Microsoft Safe Links",
        "safelinks.protection.outlook.com safelinks.protection.office365.us safelinks.protection.partner.outlook.cn "
        "safelinks.emails.azure.net safelink.emails.azure.net",
        parameter("url", "destination"),
        "learn.microsoft.com: Safe Links in Microsoft Defender for Office 365",
    ),
    _row("Microsoft Safe Links", "statics.teams.cdn.office.net", _URL, _ARCHIVES, paths="/evergreen-assets/safelinks/"),
    _row(
        "Proofpoint URL Defense",
        "urldefense.com urldefense.us urldefense.proofpoint.com urldefense.eu",
        lambda link: (url_defense_v2 if link.path.startswith("/v2/") else first_of(url_defense_v3, _U))(link),
        "help.proofpoint.com: URLDefenseDecode.py",
    ),
    _row(
        "Mimecast",
        "mimecastprotect.com protect.mimecast.com protect-eu.mimecast.com protect-us.mimecast.com "
        "protect-au.mimecast.com protect-za.mimecast.com protect-de.mimecast.com protect-uk.mimecast.com "
        "protect-ca.mimecast.com protect-usb.mimecast.com url.mimecast.com",
        parameter("url", "u", "domain"),
        "community.mimecast.com: URL Protect; the domain is shown where the company switched that on",
    ),
    _row("Mimecast", "mimecast.com", parameter("url", "domain"), _ARCHIVES, paths="/s/ /ttpwp"),
    _row("Barracuda", "linkprotect.cudasvc.com", parameter("a"), "campus.barracuda.com: Link Protection"),
    _row(
        "Cisco Secure Email",
        "secure-web.cisco.com secure-web-beta.cisco.com",
        pattern(r"\A/[^/]+/((?i:https?|ftp)(?i:%3a|:).+)\Z"),
        "cisco.com: Outbreak Filters, URL rewriting",
    ),
    _row("Trend Micro", "ctp.trendmicro.com", _URL, "docs.trendmicro.com: Time-of-Click Protection"),
    _row("Trend Micro", "trendmicro.com", _URL, _ARCHIVES, paths="/wis/clicktime/"),
    _row("Symantec Email Security", "clicktime.symantec.com", _U, "techdocs.broadcom.com: Click-time URL Protection"),
    _row("Trellix (FireEye)", "protect2.fireeye.com protect.fireeye.com protect2.trellix.com", _U, _ARCHIVES),
    _row(
        "Sophos Email",
        "protection.sophos.com",
        first_of(base64_parameter("u"), parameter("d")),
        "docs.sophos.com: Time of Click URL protection",
    ),
    _row("Check Point", "protect.checkpoint.com url.avanan.click checkpoint.url-protection.com", _SHIELDED, _ARCHIVES),
    _row("Trustwave MailMarshal", "scanmail.trustwave.com", _U, _ARCHIVES),
    _row("Fortinet FortiMail", "", _URL, "docs.fortinet.com: FortiMail click protection", paths="/fmlurlsvc/"),
    _row("Libraesva", "urlsand.esvalabs.com urlsand.com urlsand.net", _U, "docs.libraesva.com: URLSand"),
    _row("EdgePilot", "link.edgepilot.com", parameter("u"), _ARCHIVES),
    _row("Inky", "shared.outlook.inky.com", parameter("url", "domain"), _ARCHIVES, paths="/link"),
    _row("Menlo Security", "safe.menlosecurity.com", pattern(r"\A/((?i:https?)(?::|%3a).+)\Z"), "menlosecurity.com"),
    _row("Symantec Web Isolation", "urlisolation.com fire.glass", _URL, _ARCHIVES),
    _row("Zscaler Browser Isolation", "isolation.zscaler.com", _URL, _ARCHIVES),
    _row("Cloud Office Security", "clicktime.cloud.postoffice.net", _U, _ARCHIVES),
    _row("Darktrace", "antigena.com", None, _ARCHIVES),
    _row("Intermedia LinkSafe", "url.emailprotection.link", None, _ARCHIVES),
    _row("McAfee ClickProtect", "cp.mcafee.com", None, _ARCHIVES),
    _row("MailGuard", "console.mailguard.com.au", None, _ARCHIVES, paths="/ras/"),
    _row("Hornetsecurity", "atpscan.global.hornetsecurity.com seclinks.cloud-security.net", _URL, _ARCHIVES),
    _row("GMX", "deref-gmx.net deref-gmx.com deref-mail.com", parameter("redirecturl"), _ARCHIVES),
    _row("WEB.DE", "deref-web.de", parameter("redirecturl"), _ARCHIVES),
    _row("Mail.ru", "click.mail.ru checklink.mail.ru", parameter("url", "u"), _ARCHIVES),
    # --- Search engines: their redirectors, their results ---
    _row(
        "Google",
        "google.*",
        parameter("adurl", "imgrefurl", "dest", "url", "q"),
        _CLEARURLS,
        paths="/url /aclk /imgres /linkredirect",
    ),
    _row("Google", "notifications.google.com plus.url.google.com", parameter("q", "url"), _CLEARURLS, paths="/url /g/"),
    _row("Google AMP", "google.*", pattern(r"\A/amp/s/(.+)\Z", scheme="https://"), "amp.dev", paths="/amp/s/"),
    _row("Google AMP", "google.*", pattern(r"\A/amp/(.+)\Z", scheme="http://"), "amp.dev", paths="/amp/"),
    _row(
        "AMP cache",
        "cdn.ampproject.org bing-amp.com",
        first_of(pattern(r"\A/[a-z]+/s/(.+)\Z", scheme="https://"), pattern(r"\A/[a-z]+/(.+)\Z", scheme="http://")),
        "amp.dev: AMP cache URL format",
    ),
    _row("Google News", "news.google.com", None, _CLEARURLS, paths="/rss/articles/ /articles/ /read/"),
    _row(
        "Google Ads",
        "googleadservices.com googlesyndication.com doubleclick.net",
        parameter("adurl", "ds_dest_url"),
        _CLEARURLS,
        paths="/pagead/ /aclk /clk /ddm/ /pcs/ /searchads/",
    ),
    _row("Google search", "google.*", search_terms("q"), "the address is that of the results", paths="/search"),
    _row("Bing", "bing.com", base64_parameter("u", prefix="a1"), _CLEARURLS, paths="/ck/a /aclick /aclk"),
    _row("Bing search", "bing.com", search_terms("q"), "the address is that of the results", paths="/search"),
    _row("DuckDuckGo", "duckduckgo.com", parameter("uddg"), _CLEARURLS, paths="/l/"),
    _row("Yahoo search", "r.search.yahoo.com", pattern(r"/RU=([^/]+)"), _CLEARURLS),
    _row("Yahoo search", "search.yahoo.com", search_terms("p"), "the address is that of the results", paths="/search"),
    _row("Yandex", "yandex.*", _URL, _CLEARURLS, paths="/clck/ /redir"),
    _row("Yandex search", "yandex.*", search_terms("text"), "the address is that of the results", paths="/search"),
    _row("Baidu", "baidu.com", None, _CLEARURLS, paths="/link /baidu.php"),
    _row("Ecosia search", "ecosia.org", search_terms("q"), "the address is that of the results", paths="/search"),
    _row("Startpage search", "startpage.com", search_terms("query", "q"), _CLEARURLS, paths="/do/ /sp/search"),
    _row("Qwant search", "qwant.com", search_terms("q"), "the address is that of the results", paths="/?q="),
    _row("DuckDuckGo search", "duckduckgo.com", search_terms("q"), "the address is that of the results", paths="/?q="),
    # --- Translation, caches, readers ---
    _row("Google Translate", "translate.goog", translated_host, "cloud.google.com: website translation"),
    _row("Google Translate", "translate.google.*", parameter("u"), "translate.google.com", paths="/translate /website"),
    _row("Google Translate", "translate.googleusercontent.com", parameter("u"), "translate.google.com"),
    _row(
        "Microsoft Translator",
        "translatetheweb.com translatetheweb.net translatoruser-int.com microsofttranslator.com",
        parameter("a"),
        "bing.com/translator",
    ),
    _row("Yandex Translate", "translate.yandex.*", _URL, "translate.yandex.com", paths="/translate /web"),
    _row(
        "Yandex Translate",
        "translated.turbopages.org",
        pattern(r"/(https?/[^/]+.*)\Z"),
        "translate.yandex.com",
    ),
    _row("Papago", "papago.naver.net", _URL, "papago.naver.com", paths="/website"),
    _row(
        "Google cache",
        "webcache.googleusercontent.com",
        pattern(r"[?&]q=cache:(?:[\w-]{6,20}:(?!//))?([^&+]+)"),
        _ARCHIVES,
    ),
    _row(
        "Internet Archive",
        "web.archive.org",
        pattern(r"\A/(?:web|save)/(?:[0-9*]+(?:[a-z]{2}_)?/)?(.+)\Z"),
        "archive.org/help: Wayback Machine addresses",
        paths="/web/ /save/",
    ),
    _row("12ft", "12ft.io", first_of(parameter("q"), pattern(r"\A/(?:proxy\?q=)?(https?:.+)\Z")), _ARCHIVES),
    # --- Social networks and messengers ---
    _row(
        "Facebook",
        "l.facebook.com lm.facebook.com l.messenger.com l.instagram.com l.workplace.com l.threads.net l.threads.com "
        "l.wl.co",
        _U,
        _CLEARURLS,
    ),
    _row("Facebook", "facebook.com", _U, _CLEARURLS, paths="/l.php /flx/warn"),
    _row("LinkedIn", "linkedin.com", parameter("url"), _CLEARURLS, paths="/redir/ /safety/go /redirect /authwall"),
    _row("Reddit", "out.reddit.com", _URL, _CLEARURLS),
    _row("YouTube", "youtube.com", parameter("q"), _CLEARURLS, paths="/redirect"),
    _row("VK", "vk.com", parameter("to"), _CLEARURLS, paths="/away.php /away"),
    _row("Steam", "steamcommunity.com", parameter("url", "u"), _CLEARURLS, paths="/linkfilter"),
    _row("Pinterest", "pinterest.*", _URL, _CLEARURLS, paths="/offsite"),
    _row("Tumblr", "t.umblr.com href.li", first_of(parameter("z"), whole_query), _CLEARURLS),
    _row("Slack", "slack-redir.net", _URL, _CLEARURLS),
    _row("Disqus", "disq.us", _URL, _CLEARURLS),
    _row("Medium", "medium.com", _URL, _CLEARURLS, paths="/r/"),
    _row("DeviantArt", "deviantart.com", whole_query, _CLEARURLS, paths="/users/outgoing"),
    _row("SoundCloud", "exit.sc gate.sc", _URL, _CLEARURLS),
    _row("Zhihu", "link.zhihu.com", parameter("target"), _CLEARURLS),
    _row("CSDN", "link.csdn.net", parameter("target"), _CLEARURLS),
    _row("CurseForge", "curseforge.com", parameter("remoteurl"), _CLEARURLS, paths="/linkout"),
    # --- Mailings and advertising ---
    _row("Amazon SES", "awstrack.me", pattern(r"/L[0-9]/(.+?)(?:/[0-9]/|\Z)"), "docs.aws.amazon.com: SES metrics"),
    _row("Postmark", "click.pstmrk.it", pattern(r"\A/[^/]+/([^/]+)"), "postmarkapp.com: link tracking"),
    _row("SendGrid", "ct.sendgrid.net", None, "sendgrid.com: click tracking"),
    _row("Mailchimp", "list-manage.com mandrillapp.com", None, "mailchimp.com: click tracking", paths="/track/"),
    _row("HubSpot", "hubspotlinks.com hubspotemail.net hubspotlinksstarter.com", None, "hubspot.com: click tracking"),
    _row("Constant Contact", "rs6.net", None, "constantcontact.com: click tracking"),
    _row("Klaviyo", "klclick.com klclick1.com klclick2.com klclick3.com", None, "klaviyo.com: click tracking"),
    _row("Awin", "awin1.com", parameter("ued", "p"), _CLEARURLS),
    _row("Rakuten", "click.linksynergy.com", parameter("murl"), _CLEARURLS),
    _row("Skimlinks", "go.redirectingat.com go.skimresources.com", _URL, _CLEARURLS),
    _row("Sovrn", "redirect.viglink.com", _U, _CLEARURLS),
    _row("ShareASale", "shareasale.com", parameter("urllink"), _CLEARURLS, paths="/r.cfm /u.cfm /m-pr.cfm"),
    # --- Short links ---
    _row("Microsoft short link", "aka.ms", None, "aka.ms"),
    _row("Microsoft short link", "go.microsoft.com", None, "go.microsoft.com", paths="/fwlink"),
    _row(
        "short link",
        "bit.ly bitly.com j.mp t.co tinyurl.com goo.gl g.co ow.ly is.gd v.gd rebrand.ly cutt.ly shorturl.at rb.gy "
        "t.ly buff.ly dlvr.it lnkd.in fb.me bl.ink s.id tiny.cc soo.gd short.io tny.im adf.ly qr.ae "
        "trib.al amzn.to wp.me shorturl.asia s.uk.me u.to clck.ru vk.cc rebrandly.com urlz.fr x.gd qrco.de "
        "page.link app.link onelink.me smarturl.it linkin.bio 1url.com surl.li tr.ee ift.tt hubs.ly hubs.la mcaf.ee",
        None,
        "urlhaus.abuse.ch and wikipedia.org: URL shortening",
    ),
)


def wrapping_of(host: str, path: str | None) -> Wrapping | None:
    """Return what a link wraps; None where it is an address of its own. ``path`` has the query with it."""
    written, _mark, query = (path or "").partition("?")
    is_bare = not written.strip("/") and not query  # the service's host itself
    link = Link(host, written, query)
    for service in _services_of(host):
        if is_bare and service.read is not translated_host:
            continue
        if service.paths and not (path or "").startswith(service.paths):
            continue
        inside = service.read(link) if service.read else None
        if inside or (service.always_wraps and not is_bare):
            return Wrapping(service, inside)
    return None


def only_for_links(host: str) -> LinkService | None:
    """Return the service of a host that has no other purpose than links, or None."""
    return next((service for service in _services_of(host) if service.is_only_for_links), None)


def _services_of(host: str) -> list[LinkService]:
    """Return the services that a host belongs to, in the order of the table."""
    names = {*with_parents(host)}
    return [service for service in LINK_SERVICES if not service.hosts or _is_one_of(service.hosts, names)]


def _is_one_of(hosts: tuple[str, ...], names: set[str]) -> bool:
    return any(
        name in names or (name.endswith(".*") and any(_of_any_country(name).fullmatch(n) for n in names))
        for name in hosts
    )


@cache
def _of_any_country(name: str) -> re.Pattern[str]:
    """Return the pattern of a name in any country: ``google.*`` is google.com, google.de and google.co.uk."""
    return re.compile(re.escape(name.removesuffix("*")) + r"(?:[a-z]{2,3}|com?\.[a-z]{2})")

"""Links that wrap another address: what is inside, and what may be asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.field.rows import Row, each
from troubleshooting.domain.advice.lint_values import about_value
from troubleshooting.domain.advice.linter import LintContext
from troubleshooting.domain.cases.indicator import InvalidIndicator, Refusal, parse_indicator, read_address
from troubleshooting.domain.cases.link_services import LINK_SERVICES, only_for_links
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import InvalidExclusionValue, parse_value

NONE = "nothing"  # an address of its own
HIDDEN = "hidden"  # a wrapped link that does not show what is inside

MICROSOFT = "learn.microsoft.com: Safe Links in Microsoft Defender for Office 365"
PROOFPOINT = "help.proofpoint.com: URLDefenseDecode.py"
ARCHIVES = "links in public mail archives and repositories, hosts replaced"
CLEARURLS = "gitlab.com/ClearURLs/rules"
RESULTS = "the address is that of the results, not of a site"

SAFE_LINK = "https://nam06.safelinks.protection.outlook.com/?url="
SHIELD = "https://protect.checkpoint.com/v2/"

LINKS = (
    # --- Mail protection ---
    Row(f"{SAFE_LINK}https%3A%2F%2Fwww.example.org%2Fdoc&data=x", "https://www.example.org/doc", "field case C38"),
    Row(
        "https://eur03.safelinks.protection.outlook.com/ap/w-595/?url=https%3A%2F%2Fcontoso.sharepoint.com%2Fx&data=0",
        "https://contoso.sharepoint.com/x",
        "vilega/O365Troubleshooters issue 136",
        "links in Office apps",
    ),
    Row(
        f"{SAFE_LINK}https%3A%2F%2Fwww.example.org%2Fa%3Fb%3D1%26c%3D2&data=05%7C01",
        "https://www.example.org/a?b=1&c=2",
        MICROSOFT,
    ),
    Row(
        f"{SAFE_LINK}https%3A%2F%2Fwww.example.org%2Fa&amp;data=05",
        "https://www.example.org/a",
        MICROSOFT,
        "copied from HTML",
    ),
    Row(f"{SAFE_LINK}http%3A%2F%2F203.0.113.7%3A8080%2Fa&data=0", "http://203.0.113.7:8080/a", MICROSOFT),
    Row(f"{SAFE_LINK}https%3A%2F%2Fb%C3%BCcher.example%2F&data=0", "https://xn--bcher-kva.example/", MICROSOFT),
    Row(f"{SAFE_LINK}javascript%3Aalert(1)&data=0", HIDDEN, MICROSOFT, "no address inside"),
    Row(f"{SAFE_LINK}https%3A%2F%2Fuser%3Apw%40www.example.org%2F", HIDDEN, MICROSOFT, "a password is never repeated"),
    Row("https://nam06.safelinks.protection.outlook.com/?data=x", HIDDEN, MICROSOFT),
    Row("nam06.safelinks.protection.outlook.com", NONE, MICROSOFT, "the host alone, as a toast names it"),
    Row(
        "https://safelinks.protection.outlook.com.evil.example.net/?url=https%3A%2F%2Fwww.example.org",
        NONE,
        "generic",
        "a host that only looks like it",
    ),
    Row(
        "https://nam.safelink.emails.azure.net/redirect/?destination=https%3A%2F%2Fwww.example.org%2Fa&p=bT0x",
        "https://www.example.org/a",
        ARCHIVES,
    ),
    Row(
        "https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?"
        "url=https%3A%2F%2Fwww.example.org%2Fx&locale=en-us",
        "https://www.example.org/x",
        ARCHIVES,
    ),
    Row(
        "https://urldefense.com/v3/__https://www.example.org/page__;!!x!y$",
        "https://www.example.org/page",
        "field case C38",
    ),
    Row("https://urldefense.com/v3/__https:/www.example.org/page__;!!x!y$", "https://www.example.org/page", PROOFPOINT),
    Row("https://urldefense.us/v3/__https://www.example.org__;!!x!y$", "https://www.example.org/", PROOFPOINT),
    Row(
        "https://urldefense.com/v3/__https://www.example.org/a*b__;4pyT!!x!y$",
        "https://www.example.org/a%E2%9C%93b",
        PROOFPOINT,
    ),
    Row(
        "https://urldefense.com/v3/__https://www.example.org/a**Ab__;KyE!!x!y$",
        "https://www.example.org/a+!b",
        PROOFPOINT,
    ),
    Row(
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__www.example.org_page-3Fid-3D7&d=DwMFaQ&c=x&r=y&e=",
        "https://www.example.org/page?id=7",
        PROOFPOINT,
    ),
    Row(
        "https://urldefense.proofpoint.com/v1/url?u=http://www.example.org/&k=oIvRg1%2B",
        "http://www.example.org/",
        PROOFPOINT,
    ),
    Row(
        "hxxps://urldefense[.]com/v3/__https://www.example.org/page__;!!x!y$", "https://www.example.org/page", "generic"
    ),
    Row(
        "https://protect-eu.mimecast.com/s/AbCdEfGh?domain=example.org",
        "example.org",
        ARCHIVES,
        "only the domain is shown",
    ),
    Row("https://url.uk.m.mimecastprotect.com/s/AbCdEfGh?domain=shop.example.org", "shop.example.org", ARCHIVES),
    Row("https://url.uk.m.mimecastprotect.com/s/YP9XCWQRPfDXo1NIKijuVb2y7", HIDDEN, ARCHIVES),
    Row(
        "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fwww.example.org%2fa&c=E,1,hA45&typo=1",
        "https://www.example.org/a",
        ARCHIVES,
    ),
    Row(
        "https://secure-web.cisco.com/1EH1B-CLV31/https%3A%2F%2Fwww.example.org%2Fpage",
        "https://www.example.org/page",
        ARCHIVES,
    ),
    Row(
        "https://ddec1-0-en-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=https%3a%2f%2fwww.example.org%2fx&umid=1",
        "https://www.example.org/x",
        ARCHIVES,
    ),
    Row(
        "https://clicktime.symantec.com/3MnsciFm?u=https%3A%2F%2Fwww.example.org%2Fabs",
        "https://www.example.org/abs",
        ARCHIVES,
    ),
    Row(
        "https://clicktime.symantec.com/15xVc?h=Q=&u=https://www.example.org/a?route%3Dx",
        "https://www.example.org/a?route=x",
        ARCHIVES,
    ),
    Row(
        "https://protect2.fireeye.com/v1/url?k=1&q=1&u=https%3A%2F%2Fwww.example.org%2Fa",
        "https://www.example.org/a",
        ARCHIVES,
    ),
    Row(
        "https://us-west-2.protection.sophos.com/?d=example.org&u=aHR0cHM6Ly93d3cuZXhhbXBsZS5vcmcvYQ==&i=x",
        "https://www.example.org/a",
        ARCHIVES,
    ),
    Row(
        "https://us-east-2.protection.sophos.com/?d=example.org&b=99&x=55",
        "example.org",
        ARCHIVES,
        "without the address",
    ),
    Row(f"{SHIELD}r02/___https://www.example.org/x?t=1___.YzJ1OnN0", "https://www.example.org/x?t=1", ARCHIVES),
    Row(f"{SHIELD}___https://www.example.org/x___.YzJ1OnN0", "https://www.example.org/x", ARCHIVES),
    Row(f"{SHIELD}r05/___https:/www.example.org/x___.YXBz", "https://www.example.org/x", ARCHIVES, "one slash lost"),
    Row(f"{SHIELD}r01/___https%3A//www.example.org/a.py___.YzJ1", "https://www.example.org/a.py", ARCHIVES),
    Row(
        "https://url.avanan.click/v2/r01/___https://www.example.org/api___.YXAz",
        "https://www.example.org/api",
        ARCHIVES,
    ),
    Row(f"{SHIELD}r01/___jyyux://bbb.jcfruqj.twl___.YXAz", HIDDEN, ARCHIVES, "written in a cipher"),
    Row(
        "https://scanmail.trustwave.com/?c=1&d=2&u=https%3A%2F%2Fwww.example.org%2Fa",
        "https://www.example.org/a",
        ARCHIVES,
    ),
    Row(
        "https://mail.contoso.com/fmlurlsvc/?fewReq=:B:JV&url=https%3a%2f%2fwww.example.org%2fa",
        "https://www.example.org/a",
        "docs.fortinet.com: FortiMail click protection",
        "on the company's own host",
    ),
    Row("https://link.edgepilot.com/s/12/abc?u=https%3A%2F%2Fwww.example.org%2F", "https://www.example.org/", ARCHIVES),
    Row("https://shared.outlook.inky.com/link?domain=www.example.org&t=h.eJx", "www.example.org", ARCHIVES),
    Row("https://safe.menlosecurity.com/https://www.example.org/a", "https://www.example.org/a", ARCHIVES),
    Row("https://eu1.z.antigena.com/l/abcdef", HIDDEN, ARCHIVES),
    Row(
        "https://deref-gmx.net/mail/client/abc/dereferrer/?redirectUrl=https%3A%2F%2Fwww.example.org%2Fa",
        "https://www.example.org/a",
        ARCHIVES,
    ),
    # --- Search engines ---
    Row(
        "https://www.google.com/url?sa=t&url=https%3A%2F%2Fwww.example.org%2Fa&usg=x",
        "https://www.example.org/a",
        CLEARURLS,
    ),
    Row("https://www.google.de/url?q=https://www.example.org/a&sa=D", "https://www.example.org/a", CLEARURLS),
    Row("https://www.google.co.uk/amp/s/www.example.org/news", "https://www.example.org/news", "amp.dev"),
    Row("https://www-example-org.cdn.ampproject.org/c/s/www.example.org/a", "https://www.example.org/a", "amp.dev"),
    Row(
        "https://www.google.com/imgres?q=cats&imgurl=https%3A%2F%2Fi.example.org&imgrefurl=https%3A%2F%2Fwww.example.org",
        "https://www.example.org/",
        CLEARURLS,
        "the page, not the picture",
    ),
    Row(
        "https://www.google.com/aclk?sa=l&adurl=https%3A%2F%2Fwww.example.org%2F", "https://www.example.org/", CLEARURLS
    ),
    Row(
        "https://www.bing.com/ck/a?!&&p=abc&u=a1aHR0cHM6Ly93d3cuZXhhbXBsZS5vcmcvYQ&ntb=1",
        "https://www.example.org/a",
        CLEARURLS,
    ),
    Row(
        "https://duckduckgo.com/l/?uddg=https%3A%2F%2Fwww.example.org%2Fa&rut=x", "https://www.example.org/a", CLEARURLS
    ),
    Row(
        "https://r.search.yahoo.com/_ylt=Awr/RV=2/RE=1/RU=https%3a%2f%2fwww.example.org%2fa/RK=2/RS=x-",
        "https://www.example.org/a",
        CLEARURLS,
    ),
    Row(
        "https://yandex.ru/clck/jsredir?from=x&url=https%3A%2F%2Fwww.example.org", "https://www.example.org/", CLEARURLS
    ),
    Row("https://www.baidu.com/link?url=abcDEF", HIDDEN, CLEARURLS),
    Row("https://news.google.com/rss/articles/CBMiabc?oc=5", HIDDEN, CLEARURLS),
    Row("https://www.google.com/search?q=https%3A%2F%2Fwww.example.org%2Fa", "https://www.example.org/a", RESULTS),
    Row("https://www.google.com/search?q=site%3Aexample.org&hl=de", "example.org", RESULTS),
    Row("https://www.google.com/search?q=cheap+shoes", HIDDEN, RESULTS),
    Row("https://www.bing.com/search?q=www.example.org&form=QBLH", "www.example.org", RESULTS),
    Row("https://duckduckgo.com/?q=example.org&t=h_", "example.org", RESULTS),
    Row("https://www.google.com/maps", NONE, "generic"),
    Row("https://www.google.com/", NONE, "generic"),
    # --- Translation, caches ---
    Row(
        "https://www-example-org.translate.goog/page?id=1&_x_tr_sl=de&_x_tr_tl=en",
        "https://www.example.org/page?id=1",
        "cloud.google.com",
    ),
    Row(
        "https://my--shop-example-org.translate.goog/",
        "https://my-shop.example.org/",
        "cloud.google.com",
        "-- is one hyphen",
    ),
    Row(
        "https://translate.google.com/translate?hl=en&sl=de&u=https://www.example.org/a",
        "https://www.example.org/a",
        "generic",
    ),
    Row(
        "https://www.translatetheweb.com/?from=&to=en&a=https%3A%2F%2Fwww.example.org%2F",
        "https://www.example.org/",
        "generic",
    ),
    Row(
        "https://translated.turbopages.org/proxy_u/en-ru.ru.12/https/www.example.org/a",
        "https://www.example.org/a",
        ARCHIVES,
    ),
    Row(
        "https://web.archive.org/web/20200101000000/https://www.example.org/a",
        "https://www.example.org/a",
        "archive.org/help",
    ),
    Row(
        "https://webcache.googleusercontent.com/search?q=cache:AbCdEfGh:https://www.example.org/a+&cd=1",
        "https://www.example.org/a",
        ARCHIVES,
    ),
    # --- Social networks ---
    Row(
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.example.org%2Fa&h=AT0", "https://www.example.org/a", CLEARURLS
    ),
    Row("https://www.facebook.com/l.php?u=https%3A%2F%2Fwww.example.org", "https://www.example.org/", CLEARURLS),
    Row("https://www.facebook.com/contoso", NONE, "generic", "a page there"),
    Row("https://l.instagram.com/?u=https%3A%2F%2Fwww.example.org&e=x", "https://www.example.org/", CLEARURLS),
    Row(
        "https://www.linkedin.com/redir/redirect?url=https%3A%2F%2Fwww%2Eexample%2Eorg&urlhash=x",
        "https://www.example.org/",
        CLEARURLS,
    ),
    Row("https://www.linkedin.com/safety/go?url=https%3A%2F%2Fwww.example.org", "https://www.example.org/", CLEARURLS),
    Row(
        "https://out.reddit.com/t3_abc?url=https%3A%2F%2Fwww.example.org&token=x", "https://www.example.org/", CLEARURLS
    ),
    Row(
        "https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fwww.example.org",
        "https://www.example.org/",
        CLEARURLS,
    ),
    Row("https://www.youtube.com/watch?v=abc", NONE, "generic"),
    Row("https://vk.com/away.php?to=https%3A%2F%2Fwww.example.org", "https://www.example.org/", CLEARURLS),
    Row(
        "https://steamcommunity.com/linkfilter/?u=https%3A%2F%2Fwww.example.org", "https://www.example.org/", CLEARURLS
    ),
    Row("https://href.li/?https://www.example.org/a", "https://www.example.org/a", CLEARURLS),
    Row("https://slack-redir.net/link?url=https%3A%2F%2Fwww.example.org", "https://www.example.org/", CLEARURLS),
    # --- Mailings ---
    Row(
        "https://abc.r.us-east-1.awstrack.me/L0/https:%2F%2Fwww.example.org%2Fa/1/0100-0000/x=1",
        "https://www.example.org/a",
        ARCHIVES,
    ),
    Row("https://click.pstmrk.it/3s/www.example.org%2Fa/abc/def", "www.example.org/a", ARCHIVES),
    Row("https://u123.ct.sendgrid.net/ls/click?upn=abc", HIDDEN, ARCHIVES),
    # --- Short links ---
    Row("https://bit.ly/3abc", HIDDEN, "field case C40"),
    Row("https://t.co/abc", HIDDEN, "field case C40"),
    Row("https://aka.ms/abc", HIDDEN, "generic"),
    Row("https://lnkd.in/abc", HIDDEN, "generic"),
    Row("bit.ly", NONE, "generic", "the host alone, as a toast names it"),
    # --- Links in links, and links that are none ---
    Row(
        f"{SAFE_LINK}https%3A%2F%2Furldefense.com%2Fv3%2F__https%3A%2F%2Fwww.example.org%2Fpage__%3B!!x!y%24&data=x",
        "https://www.example.org/page",
        "vilega/O365Troubleshooters issue 167",
        "mail that passed through two filters",
    ),
    Row(f"{SAFE_LINK}https%3A%2F%2Fbit.ly%2Fabc&data=x", HIDDEN, "generic", "a short link inside"),
    Row(
        "https://login.microsoftonline.com/common/oauth2/authorize?redirect_uri=https%3A%2F%2Fwww.example.org",
        NONE,
        "generic",
        "signing in",
    ),
    Row(
        "https://www.example.org/redirect?url=https%3A%2F%2Fother.example.net",
        NONE,
        "generic",
        "an unknown site's own link",
    ),
)


def inside(text: str) -> str:
    """Return what a typed link wraps."""
    link = read_address(text).link
    if link is None:
        return NONE
    return link.inside.value if link.inside else HIDDEN


@each(LINKS)
def test_the_address_inside_a_link_is_found(row: Row):
    assert inside(row.fed) == row.right


@each(LINKS)
def test_a_wrapped_link_is_never_taken_at_face_value_without_asking(row: Row):
    if row.right == NONE:
        assert parse_indicator(row.fed) == read_address(row.fed).indicator
        return

    with pytest.raises(InvalidIndicator) as caught:
        parse_indicator(row.fed)

    assert caught.value.code is (Refusal.HIDDEN_ADDRESS if row.right == HIDDEN else Refusal.WRAPPED_LINK)
    assert row.right == HIDDEN or row.right in str(caught.value.text)


@each(LINKS)
def test_no_wrapped_link_is_allowed(row: Row):
    try:
        value = parse_value(ExclusionKind.ALLOW_INDICATOR, read_address(row.fed).indicator.value)
    except InvalidExclusionValue:
        return  # a port: no indicator at all

    refused = any(finding.is_refusal for finding in about_value(value, LintContext()))

    assert refused or row.right == NONE


HOSTS = (
    Row("nam06.safelinks.protection.outlook.com", ["shared_host"], "field case C40"),
    Row("urldefense.com", ["shared_host"], "field case C40"),
    Row("l.facebook.com", ["shared_host"], "field case C40"),
    Row("bit.ly", ["shared_host"], "field case C40"),
    Row("t.co", ["shared_host"], "field case C40"),
    Row("eur02.safelinks.protection.outlook.com", ["shared_host"], MICROSOFT),
    Row("urldefense.proofpoint.com", ["shared_host"], PROOFPOINT),
    Row("url.de.m.mimecastprotect.com", ["shared_host"], ARCHIVES),
    Row("linkprotect.cudasvc.com", ["shared_host"], ARCHIVES),
    Row("secure-web.cisco.com", ["shared_host"], ARCHIVES),
    Row("out.reddit.com", ["shared_host"], CLEARURLS),
    Row("www-example-org.translate.goog", ["shared_host"], "cloud.google.com"),
    Row("lnkd.in", ["shared_host"], "generic"),
)


@each(HOSTS)
def test_a_host_that_only_leads_elsewhere_is_refused_with_what_to_ask_for_instead(row: Row):
    findings = [*about_value(parse_value(ExclusionKind.ALLOW_INDICATOR, row.fed), LintContext())]

    assert [finding.code.value for finding in findings if finding.is_refusal] == row.right
    assert "the address that the link leads to" in str(findings[0].narrower)
    assert only_for_links(row.fed) is not None


def test_a_refused_link_names_the_site_inside():
    value = parse_value(ExclusionKind.ALLOW_INDICATOR, f"{SAFE_LINK}https%3A%2F%2Fwww.example.org%2Fdoc")

    (finding,) = [finding for finding in about_value(value, LintContext()) if finding.is_refusal]

    assert str(finding.narrower) == "Ask for the address that the link leads to: www.example.org."


def test_the_table_names_each_service_with_its_source_in_lower_case():
    assert all(service.name and service.source for service in LINK_SERVICES)
    assert all(host == host.lower() for service in LINK_SERVICES for host in service.hosts)
    assert all(path.startswith("/") for service in LINK_SERVICES for path in service.paths)


@given(st.sampled_from(LINKS), st.text(max_size=30), st.integers(0, 80))
def test_a_damaged_link_is_read_without_a_fault_and_within_bounds(row: Row, text: str, place: int):
    damaged = row.fed[:place] + text + row.fed[place:]

    try:
        found = read_address(damaged)
    except InvalidIndicator:
        return

    assert len(found.indicator.value) <= 2048

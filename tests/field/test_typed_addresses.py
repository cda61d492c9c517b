"""Addresses as people type, paste and disguise them: what each is read as, or the true reason why it is not."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.field.rows import Row, each
from troubleshooting.domain.cases.indicator import (
    Indicator,
    InvalidIndicator,
    Refusal,
    Repair,
    parse_exact,
    parse_indicator,
    read_address,
)

GENERIC = "generic"
DEFANGED = "InQuest/iocextract README"

TYPED = (
    # --- Broken schemes ---
    Row("https//www.instagram.com/", "https://www.instagram.com/", "field case C68"),
    Row("http__example.com/path", "http://example.com/path", "field case C69"),
    Row("http//example.com", "http://example.com/", "matomo-org/matomo issue 15311"),
    Row("https/www.example.com/page", "https://www.example.com/page", GENERIC),
    Row("http:/example.com", "http://example.com/", GENERIC),
    Row("https:example.com", "https://example.com/", GENERIC),
    Row("https;//www.example.com", "https://www.example.com/", GENERIC),
    Row("https.//www.example.com", "https://www.example.com/", GENERIC),
    Row("https.www.example.com", "https://www.example.com/", GENERIC),
    Row("https:///www.example.com/x", "https://www.example.com/x", GENERIC),
    Row("htps://www.example.com", "https://www.example.com/", GENERIC),
    Row("htttps://www.example.com/x", "https://www.example.com/x", GENERIC),
    Row("ttps://www.example.com/x", "https://www.example.com/x", GENERIC, "the first letter not copied"),
    Row("hhtps://www.example.com", "https://www.example.com/", GENERIC),
    Row("httpss://www.example.com", "https://www.example.com/", GENERIC),
    Row("https://https://www.example.com/a", "https://www.example.com/a", GENERIC),
    Row("http://https//www.example.com/a", "https://www.example.com/a", GENERIC),
    Row("https ://www.example.com/a", "https://www.example.com/a", GENERIC),
    Row("https: //www.example.com/a", "https://www.example.com/a", GENERIC),
    Row("https:// www.example.com/a", "https://www.example.com/a", GENERIC),
    Row("https:\\\\www.example.com\\page", "https://www.example.com/page", GENERIC),
    Row("https:\\/\\/www.example.com\\/page", "https://www.example.com/page", "JSON"),
    Row("https__www.example.com/page", "https://www.example.com/page", DEFANGED),
    Row("hxxps[:]//www[.]example[.]com/a", "https://www.example.com/a", DEFANGED),
    Row("h**ps://www.example.com", "https://www.example.com/", GENERIC),
    Row("fxp://files.example.com", "ftp://files.example.com/", DEFANGED),
    Row("//www.example.com/page", "www.example.com/page", "RFC 3986 section 4.2"),
    Row("wss://ws.example.com/socket", "https://ws.example.com/socket", "RFC 6455: a connection like that of a page"),
    Row("http:8080", "http:8080", GENERIC, "a host called http"),
    Row("meow://www.example.com", Refusal.SCHEME, GENERIC),
    Row("tcp://www.example.com", Refusal.SCHEME, GENERIC),
    Row("sftp://files.example.com", Refusal.SCHEME, GENERIC),
    Row("https://", Refusal.HOST_MISSING, GENERIC),
    Row("https", Refusal.SCHEME, GENERIC),
    Row("www", Refusal.NO_ADDRESS, GENERIC),
    # --- Brackets, quotes, Markdown and the marks of chats ---
    Row("[www.example.com]", "www.example.com", "field case C71"),
    Row(
        "[https://www.example.com/page](https://www.example.com/page)", "https://www.example.com/page", "field case C71"
    ),
    Row("(https://www.example.com/page)", "https://www.example.com/page", "field case C71"),
    Row("http://[example.com", "http://example.com/", "field case C71"),
    Row("www.example.com]", "www.example.com", GENERIC),
    Row("[[www.example.com]]", "www.example.com", GENERIC),
    Row("{www.example.com}", "www.example.com", GENERIC),
    Row("('www.example.com')", "www.example.com", GENERIC),
    Row("**https://www.example.com/page**", "https://www.example.com/page", "Markdown"),
    Row("_https://www.example.com_", "https://www.example.com/", "Markdown"),
    Row("`www.example.com`", "www.example.com", "Markdown"),
    Row("[Our shop](https://www.example.com/page)", "https://www.example.com/page", "Markdown"),
    Row("[example.com](https://www.example.com/page)", "https://www.example.com/page", "Markdown"),
    Row("[www.example.com](https://evil.example.net/page)", Refusal.SEVERAL, "Markdown", "the text names another site"),
    Row("<https://www.example.com/page|Our shop>", "https://www.example.com/page", "Slack"),
    Row("[Our shop|https://www.example.com/page]", "https://www.example.com/page", "Jira"),
    Row("[url=https://www.example.com/page]here[/url]", "https://www.example.com/page", "BBCode"),
    Row('<a href="https://www.example.com/page">shop</a>', "https://www.example.com/page", "HTML"),
    Row("www.example.com<http://www.example.com/>", "http://www.example.com/", "Outlook, plain text"),
    Row("Our shop <https://www.example.com/page>", "https://www.example.com/page", "Outlook, plain text"),
    Row("«www.example.com»", "www.example.com", GENERIC),
    Row("exam[ple].com", Refusal.BRACKETS, GENERIC),
    Row("[2001:db8::1]:443", "[2001:db8::1]:443", "RFC 3986"),
    Row("([2001:db8::1])", "2001:db8::1", GENERIC),
    # --- Punctuation ---
    Row("https://www.example.com/page).", "https://www.example.com/page", "field case C72"),
    Row("https://www.example.com/page,", "https://www.example.com/page", "field case C72"),
    Row("https://www.example.com/login;", "https://www.example.com/login", "field case C72"),
    Row("www.example.com,", "www.example.com", "field case C81"),
    Row("www.example.com!", "www.example.com", "field case C81"),
    Row("www.example.com:", "www.example.com", GENERIC),
    Row("www.example.com?", "www.example.com", GENERIC),
    Row("https://www.example.com/page…", "https://www.example.com/page", GENERIC),
    Row("https://www.example.com/page?a=b.", "https://www.example.com/page?a=b", GENERIC),
    Row("https://www.example.com/page]", "https://www.example.com/page", GENERIC),
    Row('"www.example.com".', "www.example.com", GENERIC),
    Row("https://www.example.com:443.", "https://www.example.com/", GENERIC),
    Row("203.0.113.7.", "203.0.113.7", GENERIC),
    Row("2001:db8::,", "2001:db8::", GENERIC),
    Row("2001:db8::1.", "2001:db8::1", GENERIC),
    Row("bücher.example,", "xn--bcher-kva.example", GENERIC),
    Row(
        "https://en.wikipedia.org/wiki/Foo_(bar)",
        "https://en.wikipedia.org/wiki/Foo_(bar)",
        "brackets that belong to it",
    ),
    Row(
        "https://en.wikipedia.org/wiki/Foo_(bar)).",
        "https://en.wikipedia.org/wiki/Foo_(bar)",
        "brackets that belong to it",
    ),
    Row("https://www.example.com/wiki/C++", "https://www.example.com/wiki/C++", GENERIC),
    Row("https://www.example.com/a_", "https://www.example.com/a_", GENERIC),
    Row("https://www.bankmenia.org/*", Refusal.WILDCARD, "field case C74"),
    Row("*.example.com", Refusal.WILDCARD, "field case C74"),
    Row("https://www.example.com/**", Refusal.WILDCARD, GENERIC),
    # --- Dots written out, half brackets ---
    Row("www dot example dot com", "www.example.com", "field case C81"),
    Row("www DOT example DOT com", "www.example.com", GENERIC),
    Row("example dot com slash page", "example.com/page", GENERIC),
    Row("www[dot]example[dot]com/page", "www.example.com/page", DEFANGED),
    Row("www(dot)example(dot)com", "www.example.com", DEFANGED),
    Row("www (dot) example (dot) com", "www.example.com", GENERIC),
    Row("www{.}example{.}com", "www.example.com", DEFANGED),
    Row("www<.>example<.>com", "www.example.com", GENERIC),
    Row("www[punkt]example[punkt]de", "www.example.de", GENERIC),
    Row("www[.example[.]com", "www.example.com", DEFANGED),
    Row("www.example[.com/x", "www.example.com/x", DEFANGED),
    Row("www.example.]com", "www.example.com", DEFANGED),
    Row("www.example(.com", "www.example.com", DEFANGED),
    Row("www\\.example\\.com", "www.example.com", "a regular expression"),
    Row("example [.] com", "example.com", GENERIC),
    Row("www example com", "www.example.com", GENERIC),
    Row("www:example.com", "www.example.com", GENERIC),
    Row("www,example.com", "www.example.com", GENERIC),
    Row("a,b.example", Refusal.CHARACTERS, GENERIC),
    Row("www.example .com", Refusal.SPACES, GENERIC),
    Row("www. contoso.com", Refusal.SPACES, GENERIC),
    Row("www.google. com", Refusal.SPACES, GENERIC),
    # --- Encoding ---
    Row("https%3A%2F%2Fwww.example.com%2Fpage%3Fa%3Db", "https://www.example.com/page?a=b", "field case C81"),
    Row("https%253A%252F%252Fwww.example.com%252Fpage", "https://www.example.com/page", "encoded twice"),
    Row("https%3A//www.example.com/page", "https://www.example.com/page", GENERIC),
    Row("www.example.com%2Fpage", "www.example.com/page", GENERIC),
    Row("https://www%2eexample%2ecom/a", "https://www.example.com/a", GENERIC),
    Row("%68%74%74%70%73://www.example.com", "https://www.example.com/", GENERIC),
    Row("https://www.example.com/?a=1&amp;b=2", "https://www.example.com/?a=1&b=2", "HTML"),
    Row("https://www.example.com/a%20b", "https://www.example.com/a%20b", GENERIC, "a path stays encoded"),
    Row("ｗｗｗ．ｅｘａｍｐｌｅ．ｃｏｍ", "www.example.com", "full width"),
    Row("www。example。com", "www.example.com", "ideographic full stops"),
    Row("https://www\u200b.example.com", Refusal.CONTROL_CHARACTERS, "field case C80"),
    # --- Lines with a label ---
    Row(
        "Destination: https://packages.example.net",
        "https://packages.example.net/",
        "field case C81; MicroClaw issue 191",
    ),
    Row("URL: https://www.example.com/page", "https://www.example.com/page", "field case C81"),
    Row("Url\thttps://www.example.com/page", "https://www.example.com/page", "a table of Event Viewer"),
    Row("RemoteUrl: www.example.com", "www.example.com", "advanced hunting"),
    Row("Blocked:https://www.example.com/a", "https://www.example.com/a", GENERIC),
    Row("Site=https://www.example.com/a", "https://www.example.com/a", GENERIC),
    Row('"url": "https://www.example.com/page",', "https://www.example.com/page", "JSON"),
    Row(
        '<Data Name="Destination">https://packages.example.net</Data>',
        "https://packages.example.net/",
        "Event Viewer, XML",
    ),
    Row("IP: 203.0.113.7", "203.0.113.7", GENERIC),
    Row("Server: mail.example.com:443", "mail.example.com:443", GENERIC),
    Row("GET https://www.example.com/page HTTP/1.1", "https://www.example.com/page", "a proxy's log"),
    Row("curl -v https://www.example.com/page", "https://www.example.com/page", GENERIC),
    Row("view-source:https://www.example.com/", "https://www.example.com/", "Chrome"),
    Row("microsoft-edge:https://www.example.com", "https://www.example.com/", "Windows"),
    Row("1) www.example.com", "www.example.com", GENERIC),
    Row("> https://www.example.com/a", "https://www.example.com/a", "quoted mail"),
    Row("hello:world", Refusal.NO_ADDRESS, GENERIC),
    # --- Sentences and toasts ---
    Row("www.site.com blocked!!", "www.site.com", "field case C81"),
    Row("I cannot open www.contoso.com. Please help", "www.contoso.com", GENERIC),
    Row("Seite www.contoso.de geht nicht", "www.contoso.de", GENERIC),
    Row(
        "Connection blocked. Your IT administrator caused Windows Security to block this network connection. "
        "www.example.com",
        "www.example.com",
        "Windows Security's toast",
    ),
    Row(
        "Your IT administrator has caused Windows Defender Exploit Guard to block a potentially dangerous network "
        "connection. Detection time: 2026-11-24T09:50:00.123Z User: CONTOSO\\emma Destination: "
        "https://packages.example.net Process Name: C:\\Program Files\\App\\app.exe",
        "https://packages.example.net/",
        "event 1126",
    ),
    Row(
        "This website has been blocked by your organization. Hosted by www.example.com. Microsoft Defender SmartScreen",
        "www.example.com",
        "SmartScreen's page",
    ),
    Row(
        "This site can’t be reached. www.example.com’s server IP address could not be found. "
        "DNS_PROBE_FINISHED_NXDOMAIN",
        "www.example.com",
        "Chrome",
    ),
    Row("We can't connect to the server at www.example.com.", "www.example.com", "Firefox"),
    Row("An error occurred during a connection to www.example.com. PR_END_OF_FILE_ERROR", "www.example.com", "Firefox"),
    Row(
        "Die Website unter https://www.example.com/page ist nicht verfügbar",
        "https://www.example.com/page",
        "Chrome, German",
    ),
    Row("chrome.exe blocked www.example.com at 10:45", "www.example.com", GENERIC),
    Row("was blocked.Please help https://www.contoso.com", "https://www.contoso.com/", "two sentences without a blank"),
    Row("setup.zip from https://dl.contoso.com/setup.zip", "https://dl.contoso.com/setup.zip", "a file's name"),
    Row("contoso.com/page is blocked, also contoso.com", "contoso.com/page", "one site twice"),
    Row("teams.microsoft.com since 10.11.2026", "teams.microsoft.com", "a date"),
    Row("https://www.example.com/page\nhttps://other.example.com", Refusal.SEVERAL, "field case C81"),
    Row("see https://a.contoso.com and https://b.contoso.com", Refusal.SEVERAL, GENERIC),
    Row("www.example.com, www.example.org", Refusal.SEVERAL, GENERIC),
    Row("https://a.example.com,https://b.example.com", Refusal.SEVERAL, GENERIC),
    Row("version 1.2.3.4 of www.example.com", Refusal.SEVERAL, "looks like an IP address"),
    Row("https://www.exam ple.com/", Refusal.SPACES, "torn"),
    Row("https://www.contoso.com/my file.pdf", Refusal.SPACES, "a path with a blank"),
    Row("the shop", Refusal.NO_ADDRESS, GENERIC),
    Row("I don't know", Refusal.NO_ADDRESS, GENERIC),
    Row("n/a", Refusal.NO_ADDRESS, GENERIC),
    Row("my mail is help@contoso.com", Refusal.NO_ADDRESS, GENERIC),
    Row("help@contoso.com wrote about https://www.contoso.com/page", "https://www.contoso.com/page", GENERIC),
    Row(
        "sign in at https://emma:secret@www.contoso.com/",
        Refusal.USER_INFO,
        GENERIC,
        "a password is refused, not passed over",
    ),
    Row("10.0.0.0/8 is blocked", Refusal.NETWORK, GENERIC),
    # --- Folders, files, mail addresses ---
    Row("\\\\files.example.com\\dept\\a.xlsx", "files.example.com", GENERIC),
    Row("\\\\server\\share", "server", GENERIC),
    Row("\\\\203.0.113.7\\share", "203.0.113.7", GENERIC),
    Row("\\\\server@SSL\\DavWWWRoot\\x", "server", "WebDAV"),
    Row("\\\\?\\UNC\\server\\share", "server", "learn.microsoft.com: naming files"),
    Row("smb://server/share", "server", "macOS"),
    Row("file://server/share/x", "server", "RFC 8089"),
    Row("the share \\\\srv01\\data is blocked", "srv01", GENERIC),
    Row("\\\\srv01\\Shared Documents\\a.docx", "srv01", GENERIC),
    Row("\\\\srv01\\data and \\\\srv02\\data", Refusal.SEVERAL, GENERIC),
    Row("file:///C:/Users/x/a.html", Refusal.FILE, "RFC 8089"),
    Row("C:\\Users\\x\\a.html", Refusal.FILE, GENERIC),
    Row("\\\\.\\pipe\\x", Refusal.FILE, "learn.microsoft.com: naming files"),
    Row("mailto:help@example.com", Refusal.MAIL_ADDRESS, "field case C75"),
    Row("mailto:help@example.com?subject=x", Refusal.MAIL_ADDRESS, "RFC 6068"),
    Row("help@example.com", Refusal.MAIL_ADDRESS, GENERIC),
    Row("git@github.com:owner/repo.git", Refusal.USER_INFO, "field case C75"),
    Row("ssh://git@github.com/x/y", Refusal.SCHEME, "field case C75"),
    Row("https://user:secret@example.com/", Refusal.USER_INFO, "field case C75"),
    Row("https://www.example.com@evil.example.net/", Refusal.USER_INFO, GENERIC, "the host is the second one"),
    Row("https://www.example.com\\@evil.example.net/", Refusal.USER_INFO, GENERIC, "programs disagree"),
    Row("about:blank", Refusal.SCHEME, GENERIC),
    Row("chrome://settings", Refusal.SCHEME, GENERIC),
    Row("javascript:alert(1)", Refusal.SCHEME, GENERIC),
    Row("tel:+4912345", Refusal.SCHEME, GENERIC),
)


def outcome(text: str) -> str | Refusal:
    """Return the address that a text is read as, or why it is refused."""
    try:
        return read_address(text).indicator.value
    except InvalidIndicator as refused:
        return refused.code


@each(TYPED)
def test_a_typed_text_is_read_in_its_one_way_or_refused_with_the_true_reason(row: Row):
    assert outcome(row.fed) == row.right


@each([row for row in TYPED if isinstance(row.right, str) and not isinstance(row.right, Refusal)])
def test_what_was_mended_is_said(row: Row):
    reading = read_address(row.fed)

    assert reading.repairs or read_as_it_stands(row.fed) == reading.indicator


def read_as_it_stands(text: str) -> Indicator | None:
    """Return what the text is without any repair."""
    try:
        return parse_exact(text)
    except InvalidIndicator:
        return None


REPAIRS = (
    Row("https//www.example.com", (Repair.SCHEME,), GENERIC),
    Row("(www.example.com)", (Repair.BRACKETS,), GENERIC),
    Row("https://www.example.com/page,", (Repair.PUNCTUATION,), GENERIC),
    Row("www dot example dot com", (Repair.DOTS,), GENERIC),
    Row("https%3A%2F%2Fwww.example.com", (Repair.ENCODED,), GENERIC),
    Row(r"\\server\share", (Repair.FOLDER,), GENERIC),
    Row("URL: www.example.com", (Repair.LABEL,), GENERIC),
    Row("I cannot open www.example.com today", (Repair.FOUND,), GENERIC),
    Row(r"https:\\www.example.com\page", (Repair.SCHEME, Repair.SLASHES), GENERIC),
    Row("  “https://www.example.com/x” ", (), GENERIC, "blanks and quotes go without saying"),
    Row("https://www.example.com/x", (), GENERIC),
)


@each(REPAIRS)
def test_each_repair_is_named(row: Row):
    assert read_address(row.fed).repairs == row.right


def test_every_repair_is_met_by_an_example():
    assert {repair for row in REPAIRS for repair in row.right} == set(Repair)


# --- Noise around an address -----------------------------------------------------------------------------------------

labels = st.from_regex(r"[a-z]([a-z0-9-]{0,12}[a-z0-9])?", fullmatch=True).filter(lambda label: label[2:4] != "--")
suffixes = st.sampled_from(["com", "org", "co.uk", "example", "net", "info"])
hosts = st.builds(lambda names, suffix: ".".join([*names, suffix]), st.lists(labels, min_size=1, max_size=3), suffixes)
paths = st.from_regex(r"(/[a-zA-Z0-9_~-]{1,8}){0,3}/?", fullmatch=True)
plain = st.builds(
    lambda scheme, host, path: f"{scheme}{host}{path}", st.sampled_from(["https://", "http://", ""]), hosts, paths
)

AROUND = [
    ("(", ")"),
    ("[", "]"),
    ("<", ">"),
    ("“", "”"),
    ("", "."),
    ("", ","),
    ("", ")."),
    ("", "!"),
    ("", ";"),
    ("**", "**"),
    ("URL: ", ""),
    ("Destination: ", ""),
    ("url=", ""),
    ("I cannot open ", ""),
    ("", " is blocked"),
    ("", " geht nicht!"),
    ("Connection blocked: ", " Contact your IT help desk."),
    ("- ", ""),
    ("1) ", ""),
    ("view-source:", ""),
    ("> ", ""),
    ("[here](", ")"),
    ("[url]", "[/url]"),
    ('<a href="', '">here</a>'),
    ("\t", "\n"),
    ("«", "»"),
    ("`", "`"),
]
noise = st.lists(st.sampled_from(AROUND), min_size=1, max_size=3)


def meant(text: str) -> Indicator:
    """Return the address itself; what looks like a file, or like a wrapped link, is left out."""
    try:
        found = read_address(text)
    except InvalidIndicator:
        assume(False)
    assume(not found.repairs and found.link is None)
    return found.indicator


@given(plain, noise)
@example("https://www.example.com/page", [("", ")."), ("(", ")")])
@example("http://a.com", [("1) ", ""), ("", ".")])
def test_noise_around_an_address_gives_the_same_address_or_a_refusal(address: str, around: list[tuple[str, str]]):
    right = meant(address)
    text = address
    for before, after in around:
        text = f"{before}{text}{after}"

    try:
        found = read_address(text).indicator
    except InvalidIndicator:
        return

    assert found == right


@given(plain, st.sampled_from(["[.]", "(.)", "[dot]", "{.}", "(dot)", " [.] ", "[.", ".]"]))
def test_a_host_with_disguised_dots_is_the_same_host_or_refused(address: str, dot: str):
    right = meant(address)
    scheme, slashes, rest = address.rpartition("://")
    host, slash, path = rest.partition("/")

    try:
        found = read_address(scheme + slashes + host.replace(".", dot) + slash + path).indicator
    except InvalidIndicator:
        return

    assert found == right


@given(plain, st.integers(1, 40))
def test_a_blank_inside_an_address_never_makes_another_host_of_it(address: str, place: int):
    right = meant(address)
    assume(address.startswith("http"))
    torn = address[:place] + " " + address[place:]

    try:
        found = read_address(torn).indicator
    except InvalidIndicator:
        return

    assert found.host == right.host


@given(plain, plain)
def test_two_sites_in_one_text_are_refused(one: str, other: str):
    first, second = meant(one), meant(other)
    assume(first.host.removeprefix("www.") != second.host.removeprefix("www."))
    assume(first.scheme and second.scheme)

    with pytest.raises(InvalidIndicator):
        read_address(f"{one} and {other}")


# --- Whatever is typed -----------------------------------------------------------------------------------------------


@given(st.text(max_size=80) | st.text(alphabet="ahtps:/\\.[](){}<>%@ ,;_*dotw-0123456789&=?#|'", max_size=80))
@example("https://x/a'#f")
@example("xn--a.example")
@example(",,,")
def test_any_text_is_read_or_refused_and_reading_again_changes_nothing(text: str):
    try:
        found = parse_indicator(text)
    except InvalidIndicator:
        return

    assert parse_indicator(found.value) == found
    assert parse_exact(found.value) == found


LONG = (
    "[",
    "(",
    ".",
    "\\",
    "www.",
    " dot ",
    "%25",
    "http://",
    "a.b ",
    "*",
    " ",
    "a@",
    "[url=",
    "](",
    "_",
    "，",
    "[.]",
    "ü",
)


@pytest.mark.parametrize("piece", LONG)
@pytest.mark.parametrize("before", ["", "https://", "https://a.example/"])
def test_two_thousand_characters_of_anything_are_read_or_refused(piece: str, before: str):
    text = (before + piece * 2048)[:2048]

    assert outcome(text) is not None
    assert outcome(text + "x") is Refusal.TOO_LONG or text != text.strip(" ")


UNICODE = (
    Row(
        "https://www.ex\u0430mple.com/", "https://www.xn--exmple-4nf.com/", "a Cyrillic a: another host, shown as such"
    ),
    Row("https://www.example\u2044.com/", Refusal.CHARACTERS, "a fraction slash"),
    Row("https://www.example.com\u2215evil.example/", Refusal.CHARACTERS, "a division slash"),
    Row("https://www.example.com\uff0fpage", Refusal.CHARACTERS, "a full-width slash"),
    Row("https://www.example.com\u202e/", Refusal.CONTROL_CHARACTERS, "turns what follows around"),
    Row("https://www.example.com\u00ad/", Refusal.CONTROL_CHARACTERS, "a soft hyphen"),
    Row("https://www.example.com\u3000", "https://www.example.com/", "an ideographic blank"),
    Row("https://①②③.example/", "https://123.example/", "IDNA: digits in circles are digits"),
)


@each(UNICODE)
def test_characters_that_look_like_others_do_not_make_another_host(row: Row):
    assert outcome(row.fed) == row.right

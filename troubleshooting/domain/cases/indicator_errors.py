"""Why a text is not an address, and the sentence for each reason with a right example."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say


class Refusal(StrEnum):
    """Why a text is not an address."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    SPACES = "spaces"
    SCHEME = "scheme"
    USER_INFO = "user_info"
    WILDCARD = "wildcard"
    NETWORK = "network"
    RANGE = "range"
    PORT = "port"
    HOST_MISSING = "host_missing"
    HOST_TOO_LONG = "host_too_long"
    LABEL_TOO_LONG = "label_too_long"
    LABEL_EMPTY = "label_empty"
    AMBIGUOUS_NUMBER = "ambiguous_number"
    IPV6_FORM = "ipv6_form"
    CHARACTERS = "characters"
    BRACKETS = "brackets"
    SEVERAL = "several"
    NO_ADDRESS = "no_address"
    MAIL_ADDRESS = "mail_address"
    FILE = "file"
    WRAPPED_LINK = "wrapped_link"
    HIDDEN_ADDRESS = "hidden_address"


REFUSALS: Mapping[Refusal, str] = {
    Refusal.EMPTY: _("Enter the address of the site, for example https://www.example.com/page or www.example.com."),
    Refusal.TOO_LONG: _(
        "This is longer than 2,048 characters. Enter the address that the address bar shows, up to the question mark, "
        "for example https://www.example.com/page. If it is a link from a mail, enter the site that it leads to."
    ),
    Refusal.CONTROL_CHARACTERS: _(
        "The address contains invisible characters. Type it by hand, for example www.example.com."
    ),
    Refusal.SPACES: _(
        "An address cannot contain spaces. Enter one address only, for example https://www.example.com/page."
    ),
    Refusal.SCHEME: _("An address begins with https://, http:// or ftp://, for example https://www.example.com/page."),
    Refusal.USER_INFO: _(
        "Leave out the user name, password and @ sign. They are not needed here. Enter only the "
        "address of the site, for example https://www.example.com/page."
    ),
    Refusal.WILDCARD: _(
        "An address cannot contain *. Enter the one address you visited, for example "
        "shop.example.com instead of *.example.com."
    ),
    Refusal.NETWORK: _("This is a whole network. Enter the one IP address you connected to, for example 203.0.113.7."),
    Refusal.RANGE: _(
        "This is a range of IP addresses. Enter the one IP address you connected to, for example 203.0.113.7."
    ),
    Refusal.PORT: _("The port after the colon must be a number from 1 to 65535, for example www.example.com:8443."),
    Refusal.HOST_MISSING: _("The name of the site is missing. Enter, for example, https://www.example.com/page."),
    Refusal.HOST_TOO_LONG: _(
        "The name of the site is longer than 253 characters. Copy it again, for example www.example.com."
    ),
    Refusal.LABEL_TOO_LONG: _(
        "A part of the site's name between two dots is longer than 63 characters. Copy it again, for example "
        "www.example.com."
    ),
    Refusal.LABEL_EMPTY: _(
        "The site's name begins with a dot or has two dots in a row. Enter, for example, www.example.com."
    ),
    Refusal.AMBIGUOUS_NUMBER: _(
        "An IP address is four numbers from 0 to 255 without leading zeros, for example 203.0.113.7."
    ),
    Refusal.IPV6_FORM: _(
        "This is not an IPv6 address. Enter, for example, 2001:db8::7, or [2001:db8::7]:443 to include a port."
    ),
    Refusal.CHARACTERS: _(
        "The name of the site contains characters that are not allowed in site names. Enter, for "
        "example, www.example.com."
    ),
    Refusal.BRACKETS: _("Take off the brackets and enter only the address, for example https://www.example.com/page."),
    Refusal.SEVERAL: _(
        "There is more than one address in this text. Enter only the one that your report is about, for example "
        "https://www.example.com/page."
    ),
    Refusal.NO_ADDRESS: _(
        "There is no address of a site in this text. Copy it from the address bar or from the message, for example "
        "https://www.example.com/page."
    ),
    Refusal.MAIL_ADDRESS: _(
        "This is a mail address. Enter the address of the site, for example https://www.example.com/page."
    ),
    Refusal.FILE: _(
        "This is a file or folder on a PC. Enter the address of the site or server, for example www.example.com."
    ),
    Refusal.WRAPPED_LINK: _(
        "This is a link from %(service)s that leads to another address: %(inside)s. Is it this one? If not, enter the "
        "address that the address bar or the message shows, for example https://www.example.com/page."
    ),
    Refusal.HIDDEN_ADDRESS: _(
        "This is a link from %(service)s that leads to another address, which it does not show. Enter the address that "
        "the address bar or the message shows, for example https://www.example.com/page."
    ),
}


class InvalidIndicator(Refused, ValueError):
    """A text is not an address; the sentence comes with a right example."""

    def __init__(self, code: Refusal, **values: str) -> None:
        super().__init__(say(REFUSALS[code], **values))
        self.code = code

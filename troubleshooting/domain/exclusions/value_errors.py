"""Why a text is no value of an exclusion, and the sentence for each reason with a right example."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.indicator import Refusal


class ValueRefusal(StrEnum):
    """Why a text is no value of an exclusion."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"  # not an address at all
    WILDCARD = "wildcard"
    NETWORK = "network"
    RANGE = "range"
    PORT = "port"
    FTP = "ftp"
    SCHEME_MISSING = "scheme_missing"
    MASKED = "masked"  # a secret or a person's name is in it
    IPV6_EXCLUSION = "ipv6_exclusion"
    NOT_AN_IPV4 = "not_an_ipv4"
    IMAGE_NAME = "image_name"
    NETWORK_SHARE = "network_share"
    DEVICE_PATH = "device_path"
    USER_VARIABLE = "user_variable"
    UNKNOWN_VARIABLE = "unknown_variable"
    NOT_FROM_THE_DRIVE = "not_from_the_drive"
    DOTS_IN_PATH = "dots_in_path"
    SHORT_NAME = "short_name"
    BAD_CHARACTERS = "bad_characters"
    FOLDER = "folder"
    NOT_A_PROGRAM = "not_a_program"


VALUE_REFUSALS: Mapping[ValueRefusal, str] = {
    ValueRefusal.EMPTY: _(
        r"Enter what the exclusion is for, for example shop.example.com, 203.0.113.7 or C:\Program Files\App\app.exe."
    ),
    ValueRefusal.TOO_LONG: _(
        "This is too long: an address can have at most 2,048 characters, a path 259, for example "
        "C:\\Program Files\\App\\app.exe."
    ),
    ValueRefusal.UNREADABLE: _("This is not the address of a site, for example shop.example.com."),
    ValueRefusal.WILDCARD: _(
        "Wildcards such as * are not accepted: they would allow more than anyone has reviewed. "
        "Write out the one site, for example shop.example.com, or the one program, for example "
        "C:\\Program Files\\App\\app.exe."
    ),
    ValueRefusal.NETWORK: _(
        "This is a whole network, which Microsoft does not support for exclusions. Enter one IP "
        "address, for example 203.0.113.7."
    ),
    ValueRefusal.RANGE: _(
        "This is a range of addresses, which Microsoft does not support for exclusions. Enter "
        "one IP address, for example 203.0.113.7."
    ),
    ValueRefusal.PORT: _(
        "An exclusion has no port: it applies to all of them. Leave out the colon and the "
        "number, for example shop.example.com."
    ),
    ValueRefusal.FTP: _(
        "Indicators support TCP, HTTP and HTTPS, but not ftp:// addresses. Enter only the site, "
        "for example files.example.com."
    ),
    ValueRefusal.SCHEME_MISSING: _(
        "An address with a page must begin with https:// or http://, for example https://shop.example.com/page."
    ),
    ValueRefusal.MASKED: _(
        "This address contains something secret or personal, such as a token or an e-mail address. It would be "
        "stored, and match this one link only. Leave it out, as in this example: %(address)s."
    ),
    ValueRefusal.IPV6_EXCLUSION: _(
        "Microsoft documents IP exclusions for IPv4 only. Enter the IPv4 address, for example "
        "203.0.113.7, or ask for an allow indicator, which supports IPv6."
    ),
    ValueRefusal.NOT_AN_IPV4: _(
        "An IP exclusion is one IPv4 address: four numbers from 0 to 255, for example 203.0.113.7."
    ),
    ValueRefusal.IMAGE_NAME: _(
        "A program's name alone would apply to every program of that name in any folder, "
        "including a harmful one. Enter the full path, for example C:\\Program Files\\App\\app.exe."
    ),
    ValueRefusal.NETWORK_SHARE: _(
        "A program on a network share can be replaced by others without this PC noticing. Have "
        "it installed on the PC and enter that path, for example C:\\Program Files\\App\\app.exe."
    ),
    ValueRefusal.DEVICE_PATH: _(
        "Write the path in the usual way, with a drive letter, for example C:\\Program Files\\App\\app.exe."
    ),
    ValueRefusal.USER_VARIABLE: _(
        "Defender runs as the system, not as the user, so this would point to a different "
        "folder. Enter the path from the drive, for example C:\\Program Files\\App\\app.exe."
    ),
    ValueRefusal.UNKNOWN_VARIABLE: _(
        "This %…% is not one of Windows' own system variables. Use, for example, %ProgramFiles%\\App\\app.exe."
    ),
    ValueRefusal.NOT_FROM_THE_DRIVE: _(
        "A path must begin with a drive letter or a system variable, for example C:\\Program "
        "Files\\App\\app.exe or %ProgramFiles%\\App\\app.exe."
    ),
    ValueRefusal.DOTS_IN_PATH: _(
        "The path contains . or .., an empty part, or a part that ends in a dot or a space. "
        "Write it out, for example C:\\Program Files\\App\\app.exe."
    ),
    ValueRefusal.SHORT_NAME: _(
        "The path contains a shortened name (~1), which may point to different folders. Write it "
        "out, for example C:\\Program Files\\App\\app.exe."
    ),
    ValueRefusal.BAD_CHARACTERS: _(
        "The path contains characters that are not allowed in file names. Copy it again, for "
        "example C:\\Program Files\\App\\app.exe."
    ),
    ValueRefusal.FOLDER: _(r"This is a folder. Enter the one program in it, for example C:\Program Files\App\app.exe."),
    ValueRefusal.NOT_A_PROGRAM: _(
        "A process exclusion needs a program file that ends in .exe, for example C:\\Program "
        "Files\\App\\app.exe. A script runs inside another program, which must never be excluded."
    ),
}

# How a refusal of the address parser is called here; whatever is missing is UNREADABLE.
FROM_INDICATOR: Mapping[Refusal, ValueRefusal] = {
    Refusal.EMPTY: ValueRefusal.EMPTY,
    Refusal.TOO_LONG: ValueRefusal.TOO_LONG,
    Refusal.WILDCARD: ValueRefusal.WILDCARD,
    Refusal.NETWORK: ValueRefusal.NETWORK,
    Refusal.RANGE: ValueRefusal.RANGE,
}


# What is wrong with no value in particular, but keeps an indicator from being set.
TENANT_NOT_SET_UP = say(_("Allow indicators are not set up yet: the portal has no access to the company's tenant."))
GROUP_NOT_IN_TENANT = say(
    _(
        "This device group does not have a name in Defender for Endpoint yet. An administrator "
        "has to add it. Until then, choose a different kind, for example “One IP address”."
    )
)


class InvalidExclusionValue(Refused, ValueError):
    """A text is no value of that kind; the sentence comes with a right example, a more exact one where given."""

    def __init__(self, code: ValueRefusal, text: Text | None = None) -> None:
        super().__init__(text or say(VALUE_REFUSALS[code]))
        self.code = code

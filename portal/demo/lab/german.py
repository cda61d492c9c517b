"""What a German Windows says; identifiers and property names stay English."""

from __future__ import annotations

import re

from portal.demo.lab import errors
from portal.demo.lab.errors import CommandError

MAPS_REACHED = {
    "en": "ValidateMapsConnection successfully established a connection to MAPS",
    "de": "ValidateMapsConnection hat erfolgreich eine Verbindung mit MAPS hergestellt",
}
MAPS_FAILED = {
    "en": "ValidateMapsConnection failed to establish a connection to MAPS ({details})",
    "de": "ValidateMapsConnection konnte keine Verbindung mit MAPS herstellen ({details})",
}
PROXY_LINES = {  # head, no proxy, proxy, no exceptions
    "en": (
        "Current WinHTTP proxy settings:",
        "Direct access (no proxy server).",
        "Proxy Server(s) :",
        "Bypass List     :  (none)",
    ),
    "de": (
        "Aktuelle WinHTTP-Proxyeinstellungen:",
        "Direktzugriff (kein Proxyserver).",
        "Proxyserver  :",
        "Umgehungsliste :  (Keine)",
    ),
}
_MESSAGES = (
    (
        r"Cannot find path '(.*)' because it does not exist\.",
        r"Der Pfad \"\1\" kann nicht gefunden werden, da er nicht vorhanden ist.",
    ),
    (
        r"No events were found that match the specified selection criteria\.",
        "Es wurden keine Ereignisse gefunden, die den angegebenen Auswahlkriterien entsprechen.",
    ),
    (r"Invalid namespace ", "Ungültiger Namespace "),
    (r"Access is denied\.", "Zugriff verweigert"),
    (r"Access denied ", "Zugriff verweigert "),
    (
        r"Attempted to perform an unauthorized operation\.",
        "Es wurde versucht, einen nicht autorisierten Vorgang auszuführen.",
    ),
    (r"Requested registry access is not allowed\.", "Der angeforderte Registrierungszugriff ist unzulässig."),
    (
        r"You don't have enough permissions to perform the requested operation\.",
        "Sie verfügen nicht über die erforderlichen Berechtigungen, um den angeforderten Vorgang auszuführen.",
    ),
    (
        r"Operation failed with the following error: (0x\w+)\. Operation: (\w+)\. Target: (\w+)\.",
        r"Fehler beim Vorgang: \1. Vorgang: \2. Ziel: \3.",
    ),
    (
        r"The term '(.*?)' is not recognized as the name of a cmdlet.*",
        r"Die Benennung \"\1\" wurde nicht als Name eines Cmdlet, einer Funktion, einer Skriptdatei oder eines "
        "ausführbaren Programms erkannt.",
    ),
    (
        r"The syntax is not supported by this runspace\..*",
        "Die Syntax wird von diesem Runspace nicht unterstützt. Dies kann auftreten, wenn sich der Runspace im "
        "Nicht-Sprachmodus befindet.",
    ),
    (
        r"The underlying connection was closed: An unexpected error occurred on a send\.",
        "Die zugrunde liegende Verbindung wurde geschlossen: Unbekannter Fehler beim Senden.",
    ),
    (
        r"The remote name could not be resolved: '(.*)'",
        r"Der Remotename konnte nicht aufgelöst werden: '\1'",
    ),
    (
        r"The maximum redirection count has been exceeded\..*",
        "Die maximale Anzahl von Umleitungen wurde überschritten. Geben Sie einen höheren Wert für den Parameter "
        '"-MaximumRedirection" an.',
    ),
    (r"(.*) : DNS name does not exist", r"\1 : Der DNS-Name ist nicht vorhanden."),
)


def translated(error: CommandError) -> CommandError:
    """Return the error in German; a message that is not known stays English."""
    details = _translate(error.details) if error.details else None
    return errors.replaced(error, message=_translate(error.message), details=details)


def _translate(message: str) -> str:
    for pattern, template in _MESSAGES:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            return match.expand(template.replace('\\"', '"'))
    return message

"""The one base of every error that a person is meant to read."""

from __future__ import annotations

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _


class Refused(Exception):
    """What was asked for was not done, and nothing was changed; ``text`` says why, to the person who asked.

    A subclass whose sentence is always the same sets ``text`` on the class. Entry points catch this class and show the
    sentence; any other exception is a fault of the portal.
    """

    text: Text = say(_("Nothing was changed. Reload the page to see the current status."))

    def __init__(self, text: Text | None = None) -> None:
        if text is not None:
            self.text = text
        super().__init__(str(self.text))

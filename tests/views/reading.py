"""What a person reads on a page, apart from addresses and tokens in its markup."""

from __future__ import annotations

import re
from collections.abc import Iterable


def words_on(page: str, words: Iterable[str]) -> list[str]:
    """Return those of the words that stand in the page's visible text; a number counts only where it stands alone."""
    visible = re.sub(r"<[^>]+>", " ", page)
    return [word for word in words if re.search(rf"(?<![\w-]){word}(?!\w)" if word.isdigit() else word, visible)]

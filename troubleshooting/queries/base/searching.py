"""What a word of a search may mean, each as a condition on ids: a join of all cases, PCs and people costs far more."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet

from troubleshooting.models import Device, User

WHOLE_NUMBER = re.compile(r"NP-\d{4}-\d{5,}", re.ASCII | re.IGNORECASE)  # what ``case_number`` makes


def devices_with(word: str) -> QuerySet[Device]:
    """Return the ids of the PCs whose name has the word."""
    return Device.objects.filter(hostname__icontains=word).values("pk")  # type: ignore[return-value]


def people_with(word: str) -> QuerySet[User]:
    """Return the ids of the people whose name has the word."""
    name = Q(username__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word)
    return User.objects.filter(name).values("pk")  # type: ignore[return-value]


def whole_number(text: str) -> str | None:
    """Return the number of a case where the search is nothing else, as it is stored."""
    return text.strip().upper() if WHOLE_NUMBER.fullmatch(text.strip()) else None


def cases_with(word: str) -> Q:
    """Return the condition on cases: number, address, PC or reporter has the word."""
    return Q(search_text__contains=word.lower()) | Q(device__in=devices_with(word)) | Q(reporter__in=people_with(word))

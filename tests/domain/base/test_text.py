from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from troubleshooting.domain.base.text import Text, say


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text(max_size=5) | st.integers(), max_size=4))
def test_a_text_survives_storage_in_any_order(values: dict[str, str | int]):
    message = " ".join(f"%({name})s" for name in values)
    text = say(message, **values)
    stored = text.as_json()
    shuffled = {"message": stored["message"], "values": dict(reversed(stored["values"].items()))}

    assert Text.from_json(shuffled) == text
    assert str(text) == " ".join(str(value) for value in values.values())


def test_a_text_without_values_is_taken_as_it_is():
    assert str(say("100 % of it")) == "100 % of it"

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import env


def test_env_str_stops_the_start_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANTED", raising=False)

    with pytest.raises(ImproperlyConfigured, match="cannot start: set WANTED in the environment"):
        env.env_str("WANTED")


def test_env_str_reads_a_secret_mount(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
    monkeypatch.setenv("WANTED_FILE", str(tmp_path / "secret"))

    assert env.env_str("WANTED") == "s3cret"


def test_env_str_names_a_secret_mount_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WANTED_FILE", str(tmp_path / "missing"))

    with pytest.raises(ImproperlyConfigured, match=r"WANTED_FILE names .*missing, which cannot be read"):
        env.env_str("WANTED")


@pytest.mark.parametrize(
    ("written", "meant"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False)]
)
def test_env_bool_reads_the_usual_words(monkeypatch: pytest.MonkeyPatch, written: str, meant: bool) -> None:
    monkeypatch.setenv("WANTED", written)

    assert env.env_bool("WANTED", default=not meant) is meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("90s", timedelta(seconds=90)), ("5m", timedelta(minutes=5)), ("24h", timedelta(hours=24)), ("3d", timedelta(3))],
)
def test_env_timedelta_reads_a_number_and_its_unit(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: timedelta
) -> None:
    monkeypatch.setenv("WANTED", written)

    assert env.env_timedelta("WANTED", default=timedelta()) == meant


@pytest.mark.parametrize("written", ["", "5", "m", "five m", "-5m", "1.5h"])
def test_env_timedelta_refuses_anything_else(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("WANTED", written)

    with pytest.raises(ImproperlyConfigured, match="for example 90s"):
        env.env_timedelta("WANTED", default=timedelta())


def test_wrong_values_are_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANTED", "perhaps")

    with pytest.raises(ImproperlyConfigured, match="write true or false"):
        env.env_bool("WANTED", default=True)
    with pytest.raises(ImproperlyConfigured, match="write a whole number"):
        env.env_int("WANTED", default=1)


def test_defaults_count_where_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANTED", raising=False)

    found = (
        env.env_str("WANTED", default="x"),
        env.env_bool("WANTED", default=True),
        env.env_int("WANTED", default=7),
        env.env_timedelta("WANTED", default=timedelta(1)),
        env.env_path("WANTED"),
        env.env_list("WANTED", default=("a",)),
    )

    assert found == ("x", True, 7, timedelta(1), None, ["a"])


def test_env_list_and_env_path_read_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANTED", "a, b,,c ")

    assert env.env_list("WANTED") == ["a", "b", "c"]
    assert env.env_path("WANTED") == Path("a, b,,c ")


def test_read_env_file_gives_its_lines_and_nothing_for_no_file(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("# who\nA=1\n\nB=x=y\n", encoding="utf-8")

    assert env.read_env_file(tmp_path / "env") == {"A": "1", "B": "x=y"}
    assert env.read_env_file(tmp_path / "none") == {}

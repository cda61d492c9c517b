import os
import pwd
import stat
from pathlib import Path

import pytest

from portal.demo import accounts


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_ordinary_account_runs_its_own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert accounts.server_account() is None


def test_root_runs_the_server_as_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    assert accounts.server_account() == (pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)


def test_a_folder_that_is_handed_over_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    accounts.hand_over(tmp_path, None)

    assert mode(tmp_path) == 0o700


def test_the_way_is_opened_for_passing_through_only(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir(mode=0o700)

    accounts.open_way_to(inner / "data")

    assert mode(inner) == 0o701


def test_a_tree_of_programs_that_others_cannot_read_is_opened(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir(mode=0o700)
    (tree / "program").touch(mode=0o700)
    (tree / "text").touch(mode=0o600)

    accounts.open_for_reading(tree)

    assert [mode(path) for path in (tree, tree / "program", tree / "text")] == [0o705, 0o705, 0o604]


def test_a_tree_that_others_can_read_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "text").touch(mode=0o600)

    accounts.open_for_reading(tmp_path)

    assert mode(tmp_path / "text") == 0o600

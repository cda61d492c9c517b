"""Accounts for devices from the environment and from a secret mount."""

from __future__ import annotations

import pytest

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.machines.base import Credential
from troubleshooting.machines.credentials import load_credential
from troubleshooting.machines.errors import MachineError

ENVIRON = {"DEVICE_CREDENTIAL_BRANCH_EAST_USERNAME": "LAB\\east", "DEVICE_CREDENTIAL_BRANCH_EAST_PASSWORD": "s3cret"}


def test_a_profile_comes_from_the_environment():
    credential = load_credential("branch-east", environ=ENVIRON, directory=None)

    assert credential == Credential("branch-east", "LAB\\east", "s3cret")


def test_a_file_wins_over_a_variable(tmp_path):
    folder = tmp_path / "branch-east"
    folder.mkdir()
    (folder / "password").write_text("from the mount\n")

    credential = load_credential("branch-east", environ=ENVIRON, directory=tmp_path)

    assert credential == Credential("branch-east", "LAB\\east", "from the mount")


def test_a_certificate_with_its_key_is_enough(tmp_path):
    folder = tmp_path / "east"
    folder.mkdir()
    (folder / "certificate.pem").touch()
    (folder / "key.pem").touch()

    credential = load_credential("east", environ={}, directory=tmp_path)

    assert credential == Credential(
        "east", None, certificate_pem=folder / "certificate.pem", certificate_key=folder / "key.pem"
    )


def test_a_missing_profile_says_what_was_looked_for_and_no_secret(tmp_path):
    with pytest.raises(MachineError) as raised:
        load_credential("west", environ={"DEVICE_CREDENTIAL_WEST_PASSWORD": "s3cret"}, directory=tmp_path)

    assert raised.value.code is DeviceErrorCode.CREDENTIALS_MISSING
    assert "DEVICE_CREDENTIAL_WEST_USERNAME" in raised.value.detail
    assert str(tmp_path / "west" / "username") in raised.value.detail
    assert "s3cret" not in str(raised.value)


def test_a_profile_never_leads_out_of_the_mount(tmp_path):
    (tmp_path / "username").write_text("root")
    (tmp_path / "mount").mkdir()

    with pytest.raises(MachineError, match="credentials_missing"):
        load_credential("../", environ={}, directory=tmp_path / "mount")


def test_a_credential_does_not_show_its_password():
    assert "s3cret" not in repr(load_credential("branch-east", environ=ENVIRON, directory=None))

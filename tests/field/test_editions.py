"""Windows' editions by number and product type, as they are met, and what the checks say of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.builders import SYSTEM, finding, status, with_system
from tests.field.rows import Row, each
from troubleshooting.domain.checks.edition_names import EDITIONS
from troubleshooting.domain.checks.windows import OS_EDITION, OS_VERSION, SERVER_SWITCHES

PAGE = "MicrosoftDocs/sdk-api, GetProductInfo"
HEADER = "winnt.h of the Windows SDK"
LISTED = "docs/reference/checks.md section 2"
CLIENT, CONTROLLER, SERVER = 1, 2, 3

# fed: OperatingSystemSKU, ProductType, build; right: status and name in the sentence of the edition, then the version
EDITIONS_MET = (
    Row((406, SERVER, 25398), "not_applicable Azure Stack HCI, pass", "C23, Validate-DCB issue 45"),
    Row((406, SERVER, 20349), "not_applicable Azure Stack HCI, warn", LISTED, "22H2 is not listed"),
    Row((407, SERVER, 20348), "not_applicable Datacenter: Azure Edition, pass", "C23"),
    Row((408, SERVER, 26100), "not_applicable Datacenter Core: Azure Edition, pass", HEADER),
    Row((409, SERVER, 26100), "not_applicable Datacenter Core: Azure Edition, pass", HEADER),
    Row((7, SERVER, 17763), "not_applicable Standard, pass", PAGE),
    Row((8, SERVER, 20348), "not_applicable Datacenter, pass", PAGE),
    Row((8, CONTROLLER, 26100), "not_applicable Datacenter, pass", PAGE, "a domain controller"),
    Row((79, SERVER, 14393), "not_applicable Standard Evaluation, pass", PAGE),
    Row((42, SERVER, 17763), "not_applicable Hyper-V Server, pass", PAGE),
    Row((33, SERVER, 9600), "not_applicable Foundation, pass", PAGE),
    Row((50, SERVER, 14393), "not_applicable Small Business Server Essentials, pass", PAGE),
    Row((21, SERVER, 17763), "not_applicable Storage Server Standard, pass", PAGE),
    Row((120, SERVER, 26100), "not_applicable for ARM64, pass", HEADER),
    Row((168, SERVER, 20348), "not_applicable Azure Core, pass", HEADER),
    Row((5555, SERVER, 26100), "not_applicable edition number 5555, pass", "F8", "a server that no table has"),
    Row((5555, CONTROLLER, 26100), "not_applicable edition number 5555, pass", "F8"),
    Row((48, SERVER, 20348), "not_applicable Pro, pass", "F8", "ProductType decides first"),
    Row((None, CONTROLLER, 20348), "not_applicable domain controller, pass", "F8"),
    Row((143, SERVER, 17134), "warn Nano Server Datacenter, pass", PAGE, "not listed, though a server"),
    Row((169, SERVER, 20348), "warn Azure Nano Server, pass", HEADER),
    Row((175, SERVER, 22631), "pass Enterprise multi-session, pass", "C25, microsoft-365-docs issue 7674"),
    Row((175, SERVER, 17763), "pass Enterprise multi-session, fail", LISTED, "needs 1909"),
    Row((188, CLIENT, 22621), "pass IoT Enterprise, pass", "C26, win11-eos-audit"),
    Row((191, CLIENT, 19044), "pass IoT Enterprise LTSC, pass", "C26"),
    Row((206, CLIENT, 26100), "pass IoT Enterprise (subscription), pass", HEADER),
    Row((205, CLIENT, 26100), "pass IoT Enterprise LTSC (subscription), pass", HEADER),
    Row((171, CLIENT, 19045), "pass Enterprise G, pass", HEADER),
    Row((4, CLIENT, 22631), "pass Enterprise, pass", PAGE),
    Row((27, CLIENT, 22631), "pass Enterprise N, pass", PAGE),
    Row((72, CLIENT, 22631), "pass Enterprise Evaluation, pass", PAGE),
    Row((125, CLIENT, 19044), "pass Enterprise LTSC, pass", PAGE),
    Row((129, CLIENT, 17763), "pass Enterprise LTSC Evaluation, pass", PAGE),
    Row((140, CLIENT, 22631), "pass Enterprise Subscription, pass", HEADER),
    Row((48, CLIENT, 26100), "pass Pro, pass", PAGE),
    Row((49, CLIENT, 15063), "pass Pro N, fail", LISTED, "1703"),
    Row((138, CLIENT, 19045), "pass Pro Single Language, pass", HEADER),
    Row((139, CLIENT, 19045), "pass Pro China, pass", HEADER),
    Row((161, CLIENT, 22631), "pass Pro for Workstations, pass", PAGE),
    Row((164, CLIENT, 22631), "warn Pro Education, pass", PAGE),
    Row((121, CLIENT, 22631), "warn Education, pass", PAGE),
    Row((203, CLIENT, 22631), "warn SE, pass", HEADER),
    Row((178, CLIENT, 16299), "warn 10 S, pass", HEADER),
    Row((119, CLIENT, 19045), "warn Team (Surface Hub), pass", PAGE),
    Row((123, CLIENT, 17763), "warn IoT Core, pass", PAGE),
    Row((7, CLIENT, 22631), "warn Standard, pass", "F8", "a server's number on a workstation"),
    Row((5555, CLIENT, 22631), "warn edition number 5555, pass", "F8"),
    Row((98, CLIENT, 22631), "fail Home N, pass", PAGE),
    Row((99, CLIENT, 22631), "fail Home China, pass", PAGE),
    Row((100, CLIENT, 22631), "fail Home Single Language, pass", PAGE),
    Row((101, CLIENT, 22631), "fail Home, pass", PAGE),
    Row((111, CLIENT, 9600), "fail Home (connected), fail", HEADER),
    Row((101, None, 22631), "fail Home, pass", PAGE, "ProductType was not said: the number decides"),
    Row((8, None, 20348), "not_applicable Datacenter, pass", PAGE),
)


def windows(sku, product_type, build):
    return with_system(replace(SYSTEM, sku=sku, product_type=product_type, build=build))


@each(EDITIONS_MET)
def test_an_edition_is_named_and_judged_by_its_product_type_first(row: Row):
    device = windows(*row.fed)
    found = finding(OS_EDITION, device)
    name = dict(found.summary.values).get("edition")

    assert f"{found.status} {name}, {status(OS_VERSION, device)}" == row.right


@pytest.mark.parametrize("sku", [sku for sku in EDITIONS if sku != 175])
@pytest.mark.parametrize("product_type", [CONTROLLER, SERVER])
def test_whatever_says_that_it_is_a_server_is_judged_by_the_servers_rules(sku, product_type):
    device = windows(sku, product_type, 20348)

    assert status(OS_EDITION, device) in {"not_applicable", "warn"}
    assert status(SERVER_SWITCHES, device) != "not_applicable"


@pytest.mark.parametrize("sku", EDITIONS)
def test_no_edition_of_the_table_is_a_bare_number(sku):
    values = dict(finding(OS_EDITION, windows(sku, None, 22631)).summary.values)

    assert not any(
        sign.isdigit() for sign in values["edition"].replace("10 S", "").replace("10X", "").replace("64", "")
    )

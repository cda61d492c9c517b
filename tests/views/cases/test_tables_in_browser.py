"""Tables of the case page: no column is narrower than its words, whatever the width of the window."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import Browser

from portal.demo.lab import events
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.check_world import visited
from tests.support.world import IVO, person

pytestmark = pytest.mark.django_db(transaction=True)

NP = r"HKLM\SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\Network Protection"
NARROW = """() => [...document.querySelectorAll('.table td, .table th')].filter((cell) => {
  const style = getComputedStyle(cell);
  const room = cell.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const ruler = document.createElement('span');
  ruler.style.cssText = 'position:absolute;visibility:hidden;white-space:pre';
  cell.append(ruler);
  const words = cell.innerText.split(/[\\s\\\\/-]+/).filter((word) => word.length <= 24);
  const tooLong = words.some((word) => { ruler.textContent = word; return ruler.offsetWidth > room + 1; });
  ruler.remove();
  return tooLong && room > 0;
}).map((cell) => cell.innerText)"""


@pytest.mark.parametrize("width", [360, 1000, 1280])
def test_no_column_is_narrower_than_its_words(lab_server, browser: Browser, live_server, width: int):
    pc = healthy_windows_11()
    old, new = rf"{NP}\EnableNetworkProtection = 0x1", rf"{NP}\EnableNetworkProtection = 0x2"
    pc.log.add(events.change_event(at=pc.now(), version="4.18.24090.11", old=old, new=new))
    case = visited(lab_server(pc))
    client = Client()
    client.force_login(person(IVO))
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([session])
    page = context.new_page()
    page.goto(f"{live_server.url}/cases/{case.number}/")
    page.wait_for_selector("#events .table")

    assert page.evaluate(NARROW) == []
    hidden = page.locator("#events .table-scroll").evaluate("(table) => table.scrollWidth - table.clientWidth")
    assert hidden <= 0 or width < 1280  # on a desktop nothing has to be scrolled to
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    row = page.locator("tr", has_text="EnableNetworkProtection")
    assert "1 → 2" in row.inner_text()
    assert "HKLM" not in row.inner_text()  # until it is opened
    row.get_by_text("Registry path").click()
    assert NP in row.inner_text()
    context.close()

"""What every page shares: the style guide, the sign-in, signing out, pages for errors."""

from __future__ import annotations

import pytest
from django.template import RequestContext, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse

from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def nav_of(client) -> list[str]:
    request = RequestFactory().get("/")
    request.user = client
    request.resolver_match = None
    context = RequestContext(request, {"request": request})
    text = "{% load portal %}{% nav_links as links %}{% for link in links %}{{ link.label }};{% endfor %}"
    return Template(text).render(context).split(";")[:-1]


def test_style_guide_shows_every_component(client, settings):
    settings.SHOW_STYLEGUIDE = True
    client.force_login(UserFactory())

    page = client.get(reverse("styleguide")).content.decode()

    assert "_stage_line" in page
    assert 'style="' not in page


def test_style_guide_is_absent_from_production(client, settings):
    settings.SHOW_STYLEGUIDE = False
    client.force_login(UserFactory())

    assert client.get(reverse("styleguide")).status_code == 404


@pytest.mark.parametrize(
    ("traits", "pages"),
    [
        ({}, ["Home", "Report a problem"]),
        ({"reviewer": True}, ["Home", "Report a problem", "Cases", "Exclusions", "Differences", "Emergency stop"]),
        ({"auditor": True}, ["Home", "Cases", "Exclusions", "Differences", "Emergency stop"]),
        (
            {"administrator": True},
            ["Home", "Report a problem", "Cases", "Exclusions", "Differences", "Emergency stop", "Administration"],
        ),
    ],
)
def test_header_offers_the_pages_of_the_role(traits, pages):
    assert nav_of(UserFactory(**traits)) == pages


def test_sign_in_leads_to_where_the_person_wanted_to_go(client):
    emma = UserFactory()
    wanted = f"{reverse('report')}?kind=safe_site_blocked"

    response = client.post(reverse("login"), {"username": emma.username, "password": PASSWORD, "next": wanted})

    assert response.url == wanted


def test_sign_in_refuses_a_wrong_password_in_words(client):
    emma = UserFactory()

    page = client.post(reverse("login"), {"username": emma.username, "password": "guess"}).content.decode()

    assert "The user name and password do not match." in page
    assert emma.username in page


def test_sign_out_says_that_checks_go_on(client):
    client.force_login(UserFactory())

    page = client.post(reverse("logout"), follow=True).content.decode()

    assert "You are signed out" in page
    assert client.get(reverse("home")).status_code == 302


def test_sign_out_is_a_action_and_not_a_link(client):
    client.force_login(UserFactory())

    assert client.get(reverse("logout")).status_code == 405


def test_an_unknown_address_leads_back_to_the_first_page(client):
    client.force_login(UserFactory())

    response = client.get("/no/such/page/")

    assert response.status_code == 404
    assert reverse("home") in response.content.decode()


def test_a_refusal_gives_its_reason(client):
    client.force_login(UserFactory(auditor=True))

    response = client.get(reverse("report"))

    assert response.status_code == 403
    assert "Auditors have read access only; they cannot report problems." in response.content.decode()


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "404.html", "500.html", "503.html"])
def test_pages_for_errors_stand_without_a_person(name):
    page = render_to_string(name)

    assert "<h1>" in page
    assert "Sign out" not in page


def test_pages_carry_no_inline_code(client):
    client.force_login(UserFactory())

    page = client.get(reverse("home")).content.decode()

    assert 'style="' not in page
    assert "<style" not in page
    assert page.count("<script ") == page.count("<script src=")
    assert "onclick" not in page

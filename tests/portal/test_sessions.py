import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from portal.demo.embedded import free_port
from portal.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def without_cache(settings: Settings) -> None:
    away = {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = {"default": away}


def saved(**content: str) -> SessionStore:
    session = SessionStore()
    session.update(content)
    session.create()
    session.update(content)
    session.save()
    return session


def test_a_known_session_costs_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    key = saved(who="emma").session_key

    with django_assert_num_queries(0):
        assert SessionStore(key)["who"] == "emma"


def test_a_session_is_found_in_the_database_when_the_cache_has_lost_it() -> None:
    key = saved(who="emma").session_key
    caches["default"].clear()

    assert SessionStore(key)["who"] == "emma"


@pytest.mark.usefixtures("without_cache")
def test_sessions_work_while_the_cache_is_away() -> None:
    session = saved(who="emma")

    assert SessionStore(session.session_key)["who"] == "emma"
    session.delete()
    assert "who" not in SessionStore(session.session_key)


@pytest.mark.usefixtures("without_cache")
def test_the_sign_in_page_answers_while_the_cache_is_away(client: Client) -> None:
    assert client.get("/login/").status_code == 200

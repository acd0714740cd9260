"""Failing to sign in: five times, and the name is locked from that address for fifteen minutes."""

import logging
from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.db.models import F

from dialogue_platform.accounts import client_address
from tests.scenes import PASSWORD

# What pages show hangs on the verbs, which are tested on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
SIGN_IN = "/admin/login/"
FIFTEEN_MINUTES = 15 * 60


@pytest.fixture
def ana(person):
    return person("ana", password=PASSWORD, is_staff=True)


@pytest.fixture
def knock(client):
    """Try to sign in: knock("ana", "guess", address="192.0.2.7")."""

    def send(username, password="wrong", address="192.0.2.1", language="en", **headers):
        return client.post(
            SIGN_IN,
            {"username": username, "password": password, "next": "/admin/"},
            headers={"accept-language": language} | headers,
            REMOTE_ADDR=address,
        )

    return send


def lock(knock, username="ana", **options):
    """Fail five times; return the last answer."""
    return [knock(username, **options) for _ in range(5)][-1]


def make_older(**time):
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(**time))


def is_signed_in(client):
    return client.get("/admin/").status_code == 200


def test_four_failures_are_forgiven(client, ana, knock):
    assert [knock("ana").status_code for _ in range(4)] == [200] * 4
    assert knock("ana", PASSWORD).status_code == 302
    assert is_signed_in(client)
    assert not AccessAttempt.objects.exists()


def test_the_fifth_failure_locks_and_the_right_password_is_not_looked_at(client, ana, knock):
    assert lock(knock).status_code == 429
    assert knock("ana", PASSWORD).status_code == 429
    assert not is_signed_in(client)


def test_somebody_who_does_not_exist_is_locked_the_same_way(ana, knock):
    """So the lock says nothing about who has an account."""
    answers = [[knock(name).status_code for _ in range(6)] for name in ("ana", "nobody")]
    assert answers[0] == answers[1] == [200] * 4 + [429] * 2


def test_another_address_and_another_name_are_not_locked(client, ana, person, knock):
    person("besa", password=PASSWORD, is_staff=True)
    lock(knock)
    assert knock("besa", PASSWORD).status_code == 302
    client.logout()
    assert knock("ana", PASSWORD, address="192.0.2.2").status_code == 302


def test_a_new_browser_does_not_help(ana, knock):
    answers = [knock("ana", **{"user-agent": f"browser {n}"}).status_code for n in range(5)]
    assert answers[-1] == 429


def test_after_fifteen_minutes_the_door_is_open_again(client, ana, knock):
    lock(knock)
    make_older(minutes=14)
    assert knock("ana", PASSWORD).status_code == 429
    make_older(minutes=1)
    assert knock("ana", PASSWORD).status_code == 302
    assert is_signed_in(client)


def test_knocking_on_a_locked_door_does_not_make_it_longer(ana, knock):
    lock(knock)
    make_older(minutes=10)
    assert 295 <= int(knock("ana")["Retry-After"]) <= 300


def test_the_page_says_how_long_and_is_not_kept(ana, knock):
    response = lock(knock)
    assert FIFTEEN_MINUTES - 5 <= int(response["Retry-After"]) <= FIFTEEN_MINUTES
    assert "no-store" in response["Cache-Control"]
    assert "15 minutes" in response.content.decode()
    assert "ana" not in response.content.decode().lower().replace("language", "")


@pytest.mark.parametrize(
    ("wish", "tag"),
    [("sq", "sq"), ("sr-Latn", "sr-Latn"), ("sr-Cyrl", "sr-Cyrl"), ("en", "en")],
)
def test_the_page_is_in_the_readers_language(ana, knock, wish, tag):
    page = lock(knock, language=wish).content.decode()
    assert f'<html lang="{tag}"' in page
    assert 'class="refusal"' in page
    cyrillic = any("А" <= letter <= "ш" for letter in page.partition("<h1>")[2][:200])
    assert cyrillic == (tag == "sr-Cyrl")


def test_a_session_that_is_open_stays_open(client, ana, knock):
    client.force_login(ana)
    lock(knock, "ana")
    assert is_signed_in(client)


def test_neither_name_nor_password_is_logged_or_kept_in_what_was_sent(ana, knock, caplog):
    caplog.set_level(logging.DEBUG)
    for _ in range(5):
        knock("ana", "my-secret-guess")
    AccessAttempt.objects.all().delete()
    knock("ana", PASSWORD)
    knock("zoran", "my-secret-guess")
    logged = "\n".join(
        record.getMessage()
        for record in caplog.records
        if record.name.partition(".")[0] in ("axes", "django")
        and not record.name.startswith("django.db")
    )
    assert "login failure" in logged
    for word in ("ana", "zoran", "my-secret-guess", PASSWORD, "192.0.2.1"):
        assert word not in logged
    kept = AccessAttempt.objects.get()
    assert "zoran" not in kept.post_data
    assert "my-secret-guess" not in kept.post_data
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize("username", ["x" * 151, "x" * 4000, "a\x00b", ""])
def test_a_name_that_cannot_be_one_is_refused_in_words(knock, username):
    assert knock(username).status_code == 200
    assert not AccessAttempt.objects.exists()


# ── From where ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("direct", "forwarded", "believed", "found"),
    [
        ("192.0.2.1", None, False, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", False, "192.0.2.1"),  # nobody vouches for it
        ("127.0.0.1", "203.0.113.9", True, "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", True, "203.0.113.9"),  # the proxy writes last
        ("127.0.0.1", None, True, "127.0.0.1"),
        ("127.0.0.1", "unknown", True, None),
        ("", None, False, None),  # a socket in the file system
        ("2001:db8:1:2:3:4:5:6", None, False, "2001:db8:1:2::"),
        ("2001:db8:1:2::ffff", None, False, "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", None, False, "192.0.2.1"),
    ],
)
def test_the_address_is_the_one_somebody_vouches_for(
    rf, settings, direct, forwarded, believed, found
):
    settings.BEHIND_PROXY = believed
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert client_address(rf.get("/", headers=headers, REMOTE_ADDR=direct)) == found


def test_behind_a_proxy_visitors_are_told_apart(settings, ana, knock):
    settings.BEHIND_PROXY = True
    behind = {"address": "127.0.0.1", "x-forwarded-for": "203.0.113.9"}
    assert lock(knock, **behind).status_code == 429
    other = behind | {"x-forwarded-for": "203.0.113.9, 203.0.113.10"}
    assert knock("ana", PASSWORD, **other).status_code == 302


def test_a_visitor_cannot_pass_for_another_address(settings, ana, knock):
    settings.BEHIND_PROXY = True
    for n in range(5):
        last = knock(
            "ana", address="127.0.0.1", **{"x-forwarded-for": f"198.51.100.{n}, 203.0.113.9"}
        )
    assert last.status_code == 429

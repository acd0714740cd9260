"""Security from the first day: headers, no cookies, and settings that refuse to start half-made."""

import os
import re
import subprocess
import sys

import pytest
from django.db import connection

from tests.conftest import ROOT
from tests.page_types import PAGE_TYPES

pytestmark = pytest.mark.django_db

PRODUCTION = {"DEBUG": "False", "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopq"}


def manage(*arguments, **environment):
    """Run manage.py in a clean environment and return (exit code, what it said)."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=keep | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*PAGE_TYPES.values(), "no-such-page/"])
def test_every_page_has_its_protections_and_no_cookie(client, path):
    response = client.get(f"/en/{path}")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.any_database
@pytest.mark.parametrize("path", PAGE_TYPES.values(), ids=PAGE_TYPES.keys())
def test_no_page_has_inline_script_or_style_or_another_host(client, path):
    text = client.get(f"/en/{path}").content.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert not re.search(r"<[^>]*\son\w+=", text)
    assert text.count("<script") == text.count('<script type="application/ld+json">')
    for attribute in ("src=", '<link rel="stylesheet" href='):
        for piece in text.split(attribute)[1:]:
            assert piece.startswith('"/static/')


def test_a_signed_in_editor_gets_the_same_page_as_everybody(client, person):
    anonymous = client.get("/en/agreements/first-agreement/").content
    client.force_login(person("somebody", is_staff=True))
    assert client.get("/en/agreements/first-agreement/").content == anonymous


def test_a_page_that_did_not_change_is_not_sent_again(client):
    first = client.get("/en/glossary/")
    again = client.get("/en/glossary/", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304


def test_the_admin_asks_who_is_there(client):
    response = client.get("/admin/agreements/version/")
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


@pytest.mark.any_database
def test_production_does_not_start_without_a_secret():
    code, said = manage("check", DEBUG="False")
    assert code != 0
    assert "SECRET_KEY is missing" in said


@pytest.mark.any_database
def test_a_flag_that_is_neither_true_nor_false_stops_the_start():
    code, said = manage("check", DEBUG="yes")
    assert code != 0
    assert "DEBUG is 'yes'" in said


@pytest.mark.any_database
def test_the_deployment_check_is_clean():
    code, said = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert code == 0, said
    assert "no issues" in said


@pytest.mark.any_database
def test_production_speaks_https_only():
    script = (
        "import django; django.setup(); from django.test import Client; "
        "r = Client().get('/en/'); print(r.status_code, r['Location']); "
        "r = Client().get('/healthz'); print(r.status_code); "
        "r = Client().get('/robots.txt', secure=True); print(r['Strict-Transport-Security'])"
    )
    code, said = manage("shell", "-c", script, ALLOWED_HOSTS="testserver", **PRODUCTION)
    assert code == 0, said
    assert "301 https://testserver/en/\n200\n" in said  # probes speak plain HTTP
    assert "max-age=31536000; includeSubDomains; preload" in said


def test_no_migration_is_missing():
    code, said = manage("makemigrations", "--check", "--dry-run", DEBUG="True")
    assert code == 0, said


def test_every_guard_stands_in_the_database():
    from agreements import immutability

    names = {rule[0] for rule in immutability._rules()}
    table, column = {
        "sqlite": ("sqlite_master WHERE type = 'trigger'", "name"),
        "postgresql": ("pg_trigger WHERE NOT tgisinternal", "tgname"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        assert names <= {row[0] for row in cursor.fetchall()}

"""Bad input: a page with the right status, in the reader's language, and never a 500."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

TITLES = {
    400: {
        "sq": "Kjo kërkesë",
        "sr-latn": "Zahtev nije ispravan",
        "sr-cyrl": "Захтев није исправан",
        "en": "This request cannot be read",
    },
}

LONG = "x" * 10_240
CASES = {
    "unknown slug": ("agreements/no-such-thing/", 404),
    "slug of another world": ("agreements/../../etc/passwd/", 404),
    "unknown layer": ("agreements/first-agreement/everything/", 404),
    "unknown version": ("agreements/first-agreement/history/99/", 404),
    "huge version": ("agreements/first-agreement/history/99999999999999999999/", 404),
    "version in words": ("agreements/first-agreement/history/one/", 404),
    "unknown page": ("about/no-such-page/", 404),
    "unknown theme": ("agreements/?theme=nonsense", 400),
    "unknown track": ("agreements/?track=railway", 400),
    "unknown year": ("agreements/?year=1999", 400),
    "year in words": ("agreements/?year=last", 400),
    "unknown order": ("agreements/?sort=beauty", 400),
    "page in words": ("agreements/?page=two", 404),
    "page below one": ("agreements/?page=0", 404),
    "negative page": ("agreements/?page=-1", 404),
    "page too far": ("agreements/?page=99999999999999999999", 404),
    "unknown second language": ("agreements/first-agreement/full-text/?with=xx", 400),
    "filter in bad UTF-8": ("agreements/?theme=%FF%FE", 400),
    "NUL in a filter": ("agreements/?theme=a%00b", 400),
    "NUL in any value": ("agreements/?x=%00", 400),
    "NUL in a name": ("agreements/?a%00b=1", 400),
    "NUL in the path": ("agreements/a%00b/", 400),
    "bad UTF-8 in the path": ("agreements/%FF/", 404),
    "long query": (f"agreements/?theme={LONG}", 414),
    "long nonsense": (f"agreements/?{LONG}", 414),
    "SQL": ("agreements/?theme=' OR 1=1 --", 400),
    "script": ("agreements/?theme=<script>alert(1)</script>", 400),
}
MARKS = {
    "sq": 'lang="sq"',
    "sr-latn": 'lang="sr-Latn"',
    "sr-cyrl": 'lang="sr-Cyrl"',
    "en": 'lang="en"',
}


@pytest.mark.parametrize("code", MARKS)
@pytest.mark.parametrize(("path", "status"), CASES.values(), ids=CASES.keys())
def test_bad_input_is_answered_in_the_readers_language(client, code, path, status):
    response = client.get(f"/{code}/{path}")
    text = response.content.decode()
    assert response.status_code == status
    assert MARKS[code] in text
    assert f">{status}<" in text
    assert "<script>alert" not in text


@pytest.mark.parametrize("code", MARKS)
def test_the_refusal_speaks_the_language_of_the_page(client, code):
    text = client.get(f"/{code}/agreements/?x=%00").content.decode()
    assert TITLES[400][code] in text


def test_a_wrong_filter_is_answered_with_the_right_ones(client):
    text = client.get("/en/agreements/?theme=nonsense&year=2011").content.decode()
    assert "?year=2011&amp;theme=movement" in text


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["", "agreements/", "agreements/first-agreement/", "glossary/"])
def test_a_page_that_can_only_be_read_says_so(client, method, path):
    response = getattr(client, method)(f"/en/{path}")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert "This page can only be read" in response.content.decode()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/", "/en/", "/en/agreements/first-agreement/", "/sr/about/"])
def test_a_wrong_method_is_wrong_before_anything_else(method, path):
    """With the CSRF check on, as in life: 405, not a suspicion."""
    response = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert response.status_code == 405


@pytest.mark.parametrize("debug", [True, False])
def test_sending_to_an_address_without_its_slash_is_not_an_error_of_ours(client, settings, debug):
    settings.DEBUG = debug
    assert client.post("/en/agreements").status_code == 404


@pytest.mark.parametrize("debug", [True, False])
def test_what_was_wrong_is_explained_in_development_too(client, settings, debug):
    settings.DEBUG = debug
    assert "The list has no such page" in client.get("/en/agreements/?page=9").content.decode()
    assert "This page does not exist" in client.get("/en/nothing/").content.decode()


@pytest.mark.parametrize("path", [f"/en/?{LONG}", "/en/?x=%00", "/en/nothing/"])
def test_a_refusal_is_protected_like_any_page(client, path):
    response = client.get(path)
    assert response["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_refusal_in_a_capital_language_is_in_that_language(client):
    text = client.get("/EN/?x=%00").content.decode()
    assert 'lang="en"' in text
    assert "This request cannot be read" in text


def test_an_unknown_language_is_answered_in_the_browsers(client):
    response = client.get("/xx/agreements/", headers={"accept-language": "sr-Cyrl"})
    text = response.content.decode()
    assert response.status_code == 404
    assert '<html lang="sr-Cyrl">' in text
    assert '<a href="/sq/" lang="sq"' in text  # the switch leads home where there is no page


def test_a_head_request_costs_no_body(client):
    response = client.head("/en/agreements/")
    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize("code", MARKS)
def test_when_something_breaks_the_reader_is_told_in_their_language(client, monkeypatch, code):
    def broken(*args, **kwargs):
        raise RuntimeError("the inside must not show")

    client.raise_request_exception = False
    monkeypatch.setattr("agreements.reading.markup.Rendering.html", broken)
    response = client.get(f"/{code}/agreements/first-agreement/")
    text = response.content.decode()
    assert response.status_code == 500
    assert MARKS[code] in text
    assert "the inside must not show" not in text


def test_a_host_that_is_not_ours_gets_a_400(client):
    assert client.get("/en/", headers={"host": "evil.example"}).status_code == 400

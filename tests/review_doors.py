"""What the tests of pages of expert review share: addresses, ways in, what a page says, worlds."""

import re
from collections import Counter
from contextlib import contextmanager
from html.parser import HTMLParser

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from agreements.models import Colleague
from experts import links
from tests.scenes import people

ROLES = {
    "editor": "ana",
    "publisher": "goran",
    "translator": "mira",
    "coordinator": "kujtim",
    "administrator": "adem",
}


def address(name, *args, code="en"):
    """Return the address of a page of experts or readers in a language."""
    with translation.override(code):
        return reverse(name, args=args)


def enter(client, assignment, secret=None):
    """Come in as the reader of a letter does: follow the link, press the button."""
    return client.post(address("review-enter", secret or links.make(assignment)))


def colleagues():
    """Return {role: User}, each working in English; `chief` is a superuser without a role."""
    who = people()
    found = {role: who[name] for role, name in ROLES.items()}
    users = get_user_model().objects
    found["chief"] = users.create_user("chief", is_staff=True, is_superuser=True)
    found["stranger"] = users.create_user("stranger", is_staff=True)
    for user in found.values():
        Colleague.objects.update_or_create(user=user, defaults={"language": "en"})
    return {role: users.get(pk=user.pk) for role, user in found.items()}


# Every page of one review; "…-comment" with a paragraph of the text, see addresses_of().
PAGES = (
    "review-assignment",
    "review-answer",
    "review-leave",
    "review-read",
    "review-read-details",
    "review-read-full-text",
    "review-beside",
    "review-changes",
    "review-notes",
    "review-verdict",
    "review-lift",
    "review-correction",
    "review-discussion",
    "review-alarm",
    "review-yourself",
)


def addresses_of(key, draft="no-such-comment", code="en"):
    """Return {page: address} of every page of one review."""
    found = {name: address(name, key, code=code) for name in PAGES}
    comment = address("review-comment", key, code=code)
    found["review-comment"] = f"{comment}?place=summary&paragraph=0&language=en"
    found["review-comment-draft"] = address("review-comment-draft", key, draft, code=code)
    found["review-fidelity"] = address("review-fidelity", key, "sq", code=code)
    return found


_TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]+')


def said(response):
    """Return everything that an answer says: status, body, headers; but for the moment of it."""
    body = _TOKEN.sub(rb"\1", response.content)
    headers = {name: value for name, value in response.headers.items() if name != "Expires"}
    return response.status_code, body, sorted(headers.items())


def captured(client, addresses):
    return {each: said(client.get(each)) for each in addresses}


def differing(one, other):
    """Return the addresses whose pages differ."""
    return [each for each in one if one[each] != other[each]]


@contextmanager
def undone():
    """Let something happen to the database as long as the block lasts."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def everything_kept():
    """Return {table: its rows} of all that the platform keeps, sessions and logs included."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = Counter(cursor.fetchall())
    return found


def changed_tables(before):
    """Return the names of tables that are not as they were."""
    return [name for name, rows in everything_kept().items() if rows != before[name]]


class _Dangers(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self):
        super().__init__()
        self.found, self.in_script = [], False

    def handle_starttag(self, tag, attributes):
        self.in_script = tag == "script"
        for name, value in attributes:
            leads = name in ("href", "src", "action", "formaction", "data", "srcdoc", "style")
            if name.startswith("on") or (leads and "hostile" in (value or "")):
                self.found.append((tag, name, value))

    def handle_data(self, text):
        if self.in_script and "hostile" in text and "<" in text:
            self.found.append(("script", "", text[:80]))

    def handle_endtag(self, tag):
        self.in_script = False


def dangers(response):
    """Return what of a page a browser would run though a person typed it."""
    parser = _Dangers()
    parser.feed(response.content.decode())
    return parser.found


def signed_in():
    """Return {role: a client in which a colleague of that role is}; `client.user` is who."""
    found = {}
    for role, user in colleagues().items():
        found[role] = Client()
        found[role].force_login(user)
        found[role].user = user
    return found

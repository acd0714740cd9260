"""What all tests share: the content, the people, the programs, the running site."""

import fcntl
import io
import os
import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase

from agreements import immutability
from tests.server import DATABASE, ROOT, make_database, play, served_site, set_up_site

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop running


# ── The database ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, worker_id):
    """Return a folder of this run by name, filled by the first process of the tests that asks."""
    alone = worker_id == "master"
    shared = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent

    def made(name, fill):
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (shared / name).exists():
                in_making = shared / f"{name}-in-making"
                in_making.mkdir()
                fill(in_making)
                in_making.rename(shared / name)
        return shared / name

    return made


@pytest.fixture(scope="session")
def database_as_made(made_once):
    """The folder of an SQLite database that was migrated and has the content: to be copied."""
    return made_once("database-as-made", make_database)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, tmp_path_factory, request):
    """Keep SQLite's test database in a file, as in life: threads then really wait for locks."""
    if connection.vendor == "sqlite":
        made = request.getfixturevalue("database_as_made") / DATABASE
        name = shutil.copy(made, tmp_path_factory.mktemp("database") / "test.sqlite3")
        connection.settings_dict["TEST"]["NAME"] = str(name)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb):
    """Take SQLite's test database as it was copied; in this folder nobody finds it again."""
    return django_db_keepdb or connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Load the real content once; tests roll back to it. Tests of transactions start empty."""
    if connection.vendor != "sqlite":  # there the copy has it
        with django_db_blocker.unblock():
            call_command("load_content", verbosity=0, stdout=io.StringIO())


@pytest.fixture(autouse=True, scope="session")
def _empty_tables_without_guards():
    """Let the test runner empty tables: on SQLite it deletes rows, which the triggers refuse."""
    teardown = TransactionTestCase._fixture_teardown

    def without_guards(self):
        if connection.vendor == "postgresql":  # switched off: making 130 anew takes a second
            guard, immutability.create_triggers = immutability.create_triggers, lambda _other: None
            connection.cursor().execute("SET session_replication_role = replica")
            try:
                teardown(self)
            finally:
                connection.cursor().execute("SET session_replication_role = origin")
                immutability.create_triggers = guard
            return
        immutability.drop_triggers(connection)
        teardown(self)  # which makes them anew, after the signal that follows a flush

    TransactionTestCase._fixture_teardown = without_guards
    yield
    TransactionTestCase._fixture_teardown = teardown


def pytest_addoption(parser):
    parser.addoption(
        "--only-database",
        action="store_true",
        help="leave out what never asks a database, or says the same of any: on a second one it "
        "says nothing new",
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "any_database: what it says of pages and texts hangs on no database: on a second one it "
        "says nothing new (each page is asked for there by the tests of its cost and protections)",
    )


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--only-database"):
        return
    asks = {"db", "transactional_db", "django_db_setup"}
    chosen = [
        item
        for item in items
        if item.get_closest_marker("django_db") or asks & set(getattr(item, "fixturenames", ()))
        if not item.get_closest_marker("any_database")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


# ── People ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def person(db, django_user_model):
    """Make people by name; a test names them after what they do."""

    def make(name, **rights):
        return django_user_model.objects.create_user(name, **rights)  # enters by force_login

    return make


@pytest.fixture
def editor(person):
    return person("editor")


@pytest.fixture
def publisher(person):
    return person("publisher")


# ── Texts ────────────────────────────────────────────────────────────────────────────────────

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def draft(db, editor):
    """A complete little draft by the editor: one provision, one party, three languages."""
    return make_draft(editor)


def make_draft(preparer, slug="test-agreement", provisions=1, **changes):
    """Return a new draft of a new agreement; `changes` overwrite columns of the version."""
    from agreements import publishing
    from agreements.models import (
        Agreement,
        Party,
        Provision,
        ProvisionText,
        Theme,
        Version,
    )

    theme, _ = Theme.objects.get_or_create(
        slug="test", defaults={"name_sq": "Provë", "name_sr": "Проба", "name_en": "Test"}
    )
    agreement = Agreement.objects.create(slug=slug, theme=theme)
    columns = {
        "agreement": agreement,
        "prepared_by": preparer,
        "date_agreed": date(2011, 9, 2),
        "known_as_of": date(2026, 3, 1),
        "track": "technical",
        "form_of_act": "signed",
        "change_class": "first",
        "title_sq": "Marrëveshja",
        "title_sr": "Споразум",
        "title_en": "Agreement",
        "short_title_sq": "Marrëveshja",
        "short_title_sr": "Споразум",
        "short_title_en": "Agreement",
        "summary_sq": "Përmbledhje.",
        "summary_sr": "Сажетак.",
        "summary_en": "Summary.",
    }
    draft = publishing.new_draft(Version(**columns | changes))
    Party.objects.create(
        version=draft, position=1, side="kosovo", name_sq="A", name_sr="А", name_en="A"
    )
    for at in range(1, provisions + 1):
        provision = Provision.objects.create(agreement=agreement, key=f"p{at}")
        ProvisionText.objects.create(
            version=draft,
            provision=provision,
            position=at,
            number=str(at),
            heading_sq="Pika",
            heading_sr="Тачка",
            heading_en="Point",
            text_sq=f"Teksti {at}.",
            text_sr=f"Текст {at}.",
            text_en=f"Text {at}.",
            text_basis_sq="restated",
            text_basis_sr="restated",
            text_basis_en="restated",
        )
    return draft


@pytest.fixture
def public(db, editor, publisher):
    """Make a published version: public(slug=…, provisions=30)."""
    from agreements import publishing

    def make(**kwargs):
        version = publishing.seal(make_draft(editor, **kwargs), at=NOON)
        publishing.publish(version, by=publisher, replacing=None, at=NOON)
        return version

    return make


@pytest.fixture
def scenes(db):
    """A second version and a withdrawn text, with the people who made them: {name: User}."""
    from tests import scenes

    scenes.everything()
    return scenes.people()


# ── Programs and the running site ────────────────────────────────────────────────────────────


def _missing(what):
    """Skip, saying what is missing; where everything is required, fail."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and REQUIRE_ALL=1")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def program():
    """Return the path of a program, or skip: program("hunspell")."""

    def find(name):
        return shutil.which(name) or _missing(name)

    return find


@pytest.fixture(scope="session")
def html_checker(program):
    """Return the command of the Nu HTML checker, or skip."""
    java = program("java")
    jar = ROOT / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.exists():
        _missing("the Nu HTML checker (npm install)")
    return [java, "-Xss1m", "-jar", str(jar)]


@pytest.fixture(scope="session")
def site_as_made(made_once, database_as_made):
    """The folder of a site with everything of tests/scenes.py: to be copied."""

    def fill(folder):
        shutil.copytree(database_as_made, folder, dirs_exist_ok=True)
        set_up_site(folder)

    return made_once("site-as-made", fill)


@pytest.fixture(scope="session")
def own_site(site_as_made, tmp_path_factory):
    """Serve a copy of the site, with more scenes: `with own_site("busy_day()") as (site, folder)`.

    Served as in production from a fresh database; nobody else sees what a test does there.
    """

    @contextmanager
    def served(scenes=""):
        folder = shutil.copytree(site_as_made, tmp_path_factory.mktemp("site"), dirs_exist_ok=True)
        if scenes:
            play(folder, scenes)
        with served_site(folder) as address:
            yield address, folder

    return served


@pytest.fixture(scope="session")
def site(own_site):
    """The address of the site that the tests in the browser share."""
    with own_site() as (address, _folder):
        yield address


@pytest.fixture(scope="session")
def browser(program):
    """A real Chromium, or skip."""
    from playwright.sync_api import sync_playwright

    executable = program("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable)
        yield chromium
        chromium.close()

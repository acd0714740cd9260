"""Interface strings: all translated, plural forms complete, the two Serbian catalogues twins."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import django
import polib
import pytest

from tests.conftest import ROOT

CATALOGUES = {path.parent.parent.name: path for path in ROOT.glob("locale/*/LC_MESSAGES/django.po")}
every_catalogue = pytest.mark.parametrize("path", CATALOGUES.values(), ids=CATALOGUES.keys())


def test_there_are_three_catalogues():
    assert set(CATALOGUES) == {"sq", "sr_Cyrl", "sr_Latn"}


@every_catalogue
def test_every_string_is_translated(path):
    catalogue = polib.pofile(str(path))
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []


@every_catalogue
def test_placeholders_are_the_same_as_in_english(path):
    placeholder = re.compile(r"%\(\w+\)[sd]|{{ \w+ }}")
    for entry in polib.pofile(str(path)):
        for translated in [entry.msgstr, *entry.msgstr_plural.values()]:
            if translated:
                assert set(placeholder.findall(translated)) == set(
                    placeholder.findall(entry.msgid_plural or entry.msgid)
                ), entry.msgid


def test_serbian_has_three_plural_forms():
    for entry in polib.pofile(str(CATALOGUES["sr_Cyrl"])):
        if entry.msgid_plural:
            assert len([form for form in entry.msgstr_plural.values() if form]) == 3


def test_the_serbian_catalogues_are_twins():
    done = subprocess.run(
        [sys.executable, "manage.py", "catalogues", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.tool
@every_catalogue
def test_msgfmt_finds_no_fault(path, program):
    done = subprocess.run(
        [program("msgfmt"), "--check", "-o", "/dev/null", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.tool
def test_every_string_of_the_code_is_in_the_catalogues(program, tmp_path):
    """Collect the strings anew, elsewhere, and compare."""
    program("xgettext")
    copy = tmp_path / "project"
    shutil.copytree(
        ROOT,
        copy,
        ignore=shutil.ignore_patterns(".venv", "node_modules", "var", ".git", "content", "tests"),
    )
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "-l", "sq", "--no-obsolete"],
        cwd=copy,
        check=True,
        capture_output=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "dialogue_platform.settings"},
    )
    collected = polib.pofile(str(copy / "locale" / "sq" / "LC_MESSAGES" / "django.po"))
    known = {entry.msgid for entry in polib.pofile(str(CATALOGUES["sq"]))}
    assert {entry.msgid for entry in collected} == known


@pytest.mark.parametrize("code", ["sq", "sr"])
def test_no_string_of_django_is_left_in_english(code):
    """What Django's own catalogue lacks, ours has: see dialogue_platform/borrowed_strings.py."""
    folder = Path(django.__file__).parent
    ours = polib.pofile(str(CATALOGUES["sr_Cyrl" if code == "sr" else code]))
    known = {entry.msgid for entry in ours.translated_entries()}
    lacking = []
    for app in ("conf", "contrib/admin", "contrib/auth", "contrib/contenttypes"):
        for name in ("django.po", "djangojs.po"):
            source = folder / app / "locale" / "en" / "LC_MESSAGES" / name
            if not source.exists():
                continue
            theirs = polib.pofile(str(folder / app / "locale" / code / "LC_MESSAGES" / name))
            done = {(entry.msgctxt, entry.msgid) for entry in theirs.translated_entries()}
            lacking += [
                entry.msgid
                for entry in polib.pofile(str(source))
                if (entry.msgctxt, entry.msgid) not in done and entry.msgid not in known
            ]
    assert lacking == []

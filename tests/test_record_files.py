"""Content files of records: a change is a correction that says why; a bad file is told by line."""

import pytest
from django.core.management.base import CommandError

from agreements import recording
from agreements.models import Assessment, Obstacle
from tests.test_content import _each_text_is_parsed_once, edit, folder, run  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
NOTE = """  change_note:
    sq: Një gabim u ndreq.
    sr: Исправљена је грешка.
    en: A mistake was mended.
"""


@pytest.fixture
def records(folder):  # noqa: F811
    return folder / "records" / "customs-stamps.yaml"


@pytest.fixture
def obstacle():
    return Obstacle.objects.public().filter(agreement__slug="customs-stamps").order_by("pk").first()


def retitled(records, obstacle, note=""):
    """Change the English title of an obstacle in its file."""
    edit(records, f"    en: {obstacle.title_en}\n", f"    en: Another title\n{note}")


def test_a_changed_record_without_a_reason_is_refused(folder, records, obstacle):  # noqa: F811
    retitled(records, obstacle)
    with pytest.raises(CommandError, match=f"{obstacle.key} was changed: write why"):
        run("load_content", folder)
    assert Obstacle.objects.filter(key=obstacle.key).count() == 1


def test_a_changed_record_becomes_a_correction(folder, records, obstacle):  # noqa: F811
    retitled(records, obstacle, NOTE)
    assert run("load_content", folder).startswith("Loaded 1 entries")
    first, second = Obstacle.objects.filter(key=obstacle.key).order_by("edition")
    assert (first.title_en, second.title_en) == (obstacle.title_en, "Another title")
    assert first.ended_at == second.published_at
    assert second.change_note_sr == "Исправљена је грешка."
    assert second.prepared_by != second.published_by
    assert run("load_content", folder).startswith("Loaded 0 entries")


def test_what_an_editor_withdrew_does_not_come_back(folder, obstacle, person):  # noqa: F811
    notes = {"sq": "Pse.", "sr": "Зашто.", "en": "Why."}
    gone = recording.withdraw(obstacle, by=person("ana"), notes=notes)
    recording.publish(gone, by=person("besa"), seen=gone.revision)
    run("load_content", folder)
    assert not Obstacle.objects.public().filter(key=obstacle.key).exists()


def test_a_correction_can_be_dumped_and_loaded(folder, records, obstacle, tmp_path):  # noqa: F811
    retitled(records, obstacle, NOTE)
    run("load_content", folder)
    run("dump_content", tmp_path / "dump")
    dumped = (tmp_path / "dump" / "records" / "customs-stamps.yaml").read_text("utf-8")
    assert "Another title" in dumped
    assert "A mistake was mended." in dumped
    assert run("load_content", tmp_path / "dump").startswith("Loaded 0 entries")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("owed_by: kosovo", "owed_by: nobody", "is not one of"),
        ("provision: p1", "provision: p99", "no provision p99"),
        ("level: complete", "level: splendid", "is not one of"),
        ("confidence: low", "confidence: none", "is not one of"),
        ("disputed: false", "disputed: perhaps", "neither true nor false"),
        ("    evidence: ", "    elsewhere: ", "complete needs evidence"),
        ("as_of: '2011-09-16'", "as_of: '2011-09-31'", "is not a date like"),
        ("as_of: '2011-09-16'", "as_of: '2099'", "in the order of their dates"),
        ("  - eurasiareview-2011-3", "  - no-such-source", "is not in sources.yaml"),
        ("agreement: customs-stamps", "agreement: another", "but the file is called"),
        ("- key: p1-kosovo", "- key: p1-serbia", "stands there twice"),
        ("positions:", "opinions:", "is not a key that belongs here"),
    ],
)
def test_a_bad_record_is_refused_with_its_line_and_nothing_changes(
    folder,  # noqa: F811
    records,
    old,
    new,
    reason,
):
    edit(records, old, new)
    before = Assessment.objects.count()
    with pytest.raises(CommandError) as refusal:
        run("load_content", folder)
    assert str(refusal.value).startswith(f"{records}:")
    assert reason in str(refusal.value)
    assert Assessment.objects.count() == before


def test_a_text_that_one_language_lacks_is_refused(folder, records, obstacle):  # noqa: F811
    edit(records, f"    sr: {obstacle.title_sr}\n", "")
    with pytest.raises(CommandError, match="has no text in sr"):
        run("load_content", folder)

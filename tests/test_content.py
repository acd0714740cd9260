"""Content files: loaded once, written back byte for byte, refused with file, line and reason."""

import io
import re
import shutil
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from agreements import publishing
from agreements.content import files
from agreements.models import (
    Agreement,
    LoadedEntry,
    Page,
    ProvisionText,
    Publication,
    Source,
    Term,
    Version,
)
from tests.conftest import NOON, ROOT

pytestmark = pytest.mark.django_db


def run(command, *arguments, **options):
    """Run a management command and return what it said."""
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


_PARSED = {}


@pytest.fixture(autouse=True, scope="module")
def _each_text_is_parsed_once():
    """Reading all of YAML anew takes a second, and nearly every test of content asks for it."""
    load = yaml.load

    def once(text, loader):
        if (text, loader) not in _PARSED:
            _PARSED[text, loader] = load(text, loader)
        return _PARSED[text, loader]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "load", once)
        yield


@pytest.fixture
def folder(tmp_path):
    """A copy of the real content that a test may spoil."""
    return Path(shutil.copytree(ROOT / "content", tmp_path / "content"))


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), "utf-8")


TITLE = re.compile(r"(?<=\ntitle:\n)((?:  .*\n)*?  en: )(.*)\n")


def retitle(path, title):
    """Correct the English title in an agreement's file."""
    text = path.read_text("utf-8")
    assert TITLE.search(text)
    text = TITLE.sub(rf"\g<1>{title}\n", text, count=1)
    path.write_text(text.replace("change_class: first", "change_class: correction"), "utf-8")


def snapshot():
    return (
        Version.objects.count(),
        Publication.objects.count(),
        list(Source.objects.values()),
        list(Term.objects.values()),
        list(LoadedEntry.objects.values("kind", "key", "digest")),
    )


def test_loading_again_changes_nothing(folder):
    before = snapshot()
    said = run("load_content", folder)
    assert said.startswith("Loaded 0 entries")
    assert snapshot() == before


def test_what_is_dumped_is_what_was_loaded_byte_for_byte(folder, tmp_path):
    run("dump_content", tmp_path / "dump")
    written = sorted(path for path in (tmp_path / "dump").rglob("*.yaml"))
    assert len(written) == len(list((ROOT / "content").rglob("*.yaml")))
    for path in written:
        original = ROOT / "content" / path.relative_to(tmp_path / "dump")
        assert path.read_bytes() == original.read_bytes(), f"{original}: run make content"


def test_a_changed_text_becomes_a_new_version_of_that_agreement_alone(folder):
    path = folder / "agreements" / "customs-stamps.yaml"
    before = set(Version.objects.values_list("pk", flat=True))
    retitle(path, "Another title")
    assert run("load_content", folder).startswith("Loaded 1 entries")
    new = Version.objects.exclude(pk__in=before).get()
    agreement = Agreement.objects.get(slug="customs-stamps")
    assert agreement.published == new
    assert new.number == 2
    assert new.title_en == "Another title"
    assert new.prepared_by != new.publications.get().published_by


def test_going_back_to_the_earlier_text_finds_the_earlier_version(folder):
    path = folder / "agreements" / "customs-stamps.yaml"
    original = path.read_text("utf-8")
    retitle(path, "Another title")
    run("load_content", folder)
    path.write_text(original, "utf-8")
    run("load_content", folder)
    agreement = Agreement.objects.get(slug="customs-stamps")
    assert agreement.published.number == 1
    assert agreement.versions.count() == 2


def test_a_new_note_alone_makes_no_new_version(folder):
    path = folder / "agreements" / "customs-stamps.yaml"
    text = path.read_text("utf-8")
    path.write_text(text[: text.rindex("  en: |")] + "  en: |\n    Another note.\n", "utf-8")
    run("load_content", folder)
    assert Agreement.objects.get(slug="customs-stamps").versions.count() == 1


def test_what_an_editor_changed_is_never_overwritten(folder):
    Source.objects.filter(key="b92-2011").update(title_en="Edited in the admin")
    run("load_content", folder)
    assert Source.objects.get(key="b92-2011").title_en == "Edited in the admin"
    edit(folder / "sources.yaml", "en: Deal on", "en: The deal on")
    said = run("load_content", folder)
    assert "Kept source b92-2011" in said
    assert Source.objects.get(key="b92-2011").title_en == "Edited in the admin"
    run("load_content", folder, overwrite=True)
    assert Source.objects.get(key="b92-2011").title_en.startswith("The deal")


def published_by_an_editor(editor, publisher):
    """Publish a version of customs-stamps that stands in no file, and return it."""
    agreement = Agreement.objects.get(slug="customs-stamps")
    draft = publishing.open_draft(agreement, by=editor)
    Version.objects.filter(pk=draft.pk).update(change_class="correction", title_en="By an editor")
    edited = publishing.seal(Version.objects.get(pk=draft.pk), at=NOON)
    publishing.publish(edited, by=publisher, replacing=agreement.published, at=NOON)
    return edited


def test_a_version_that_an_editor_published_stays_public(folder, editor, publisher):
    edited = published_by_an_editor(editor, publisher)
    path = folder / "agreements" / "customs-stamps.yaml"
    retitle(path, "Another title")
    assert "Kept agreement customs-stamps" in run("load_content", folder)
    assert Agreement.objects.get(slug="customs-stamps").published == edited


def test_what_an_editor_published_can_be_dumped_and_loaded(folder, editor, publisher):
    published_by_an_editor(editor, publisher)
    run("dump_content", folder)
    assert "0 kept" in run("load_content", folder)
    edit(folder / "agreements" / "customs-stamps.yaml", "By an editor", "By an editor, in the file")
    run("load_content", folder)
    assert Agreement.objects.get(slug="customs-stamps").published.number == 3


def test_an_open_draft_stops_the_loader_and_nothing_changes(folder, editor):
    publishing.open_draft(Agreement.objects.get(slug="customs-stamps"), by=editor)
    edit(folder / "themes.yaml", "en: Movement", "en: Moving")
    path = folder / "agreements" / "customs-stamps.yaml"
    retitle(path, "Another title")
    before = snapshot()
    with pytest.raises(CommandError, match="editor"):
        run("load_content", folder)
    assert snapshot() == before


def test_overwriting_brings_back_what_the_files_say(folder):
    Term.objects.filter(key="eulex").update(definition_en="Edited")
    Term.objects.filter(key="cefta").delete()
    run("load_content", folder)
    assert Term.objects.get(key="eulex").definition_en == "Edited"
    run("load_content", folder, overwrite=True)
    assert Term.objects.get(key="eulex").definition_en != "Edited"
    assert Term.objects.filter(key="cefta").exists()


def test_a_text_saved_in_a_form_is_still_the_files_text(folder):
    """Browsers send CRLF; a row that differs in nothing else is not an edited row."""
    page = Page.objects.get(slug="method")
    Page.objects.filter(pk=page.pk).update(body_en=page.body_en.replace("\n", "\r\n"))
    edit(folder / "pages" / "method.yaml", "position: 2", "position: 7")
    assert "0 kept" in run("load_content", folder)
    assert Page.objects.get(slug="method").position == 7


def test_a_provision_without_one_language_can_be_dumped_and_loaded(public, tmp_path):
    version = public(slug="half-done", provisions=2)
    copy = publishing.open_draft(version.agreement, by=version.prepared_by)
    texts = ProvisionText.objects.filter(version=copy)
    texts.filter(position=1).update(text_sq="", text_basis_sq="", heading_sq="")
    texts.filter(position=2).update(
        **{f"{field}_{code}": "" for field in ("text", "text_basis") for code in ("sq", "sr", "en")}
    )
    Version.objects.filter(pk=copy.pk).update(change_class="correction")
    half = publishing.seal(copy, at=NOON)
    releaser = version.publications.get().published_by
    publishing.publish(half, by=releaser, replacing=version, at=NOON)
    run("dump_content", tmp_path)
    entries, problems = files.read(tmp_path)
    assert problems == []
    record = next(entry.record for entry in entries if entry.key == "half-done")
    assert record["provisions"][0]["basis"] == {"sq": "", "sr": "restated", "en": "restated"}
    assert "0 kept" in run("load_content", tmp_path)


def test_a_change_after_the_first_publication_says_what_it_is(folder):
    path = folder / "agreements" / "customs-stamps.yaml"
    retitle(path, "Another title")
    edit(path, "change_class: correction", "change_class: first")
    with pytest.raises(CommandError, match="change_class"):
        run("load_content", folder)


def test_a_note_that_was_changed_alone_does_not_stand_in_the_way_of_the_next_change(folder):
    path = folder / "agreements" / "customs-stamps.yaml"
    edit(path, "First text, prepared", "The first text, prepared")
    run("load_content", folder)
    retitle(path, "Another title")
    assert "0 kept" in run("load_content", folder)
    assert Agreement.objects.get(slug="customs-stamps").published.title_en == "Another title"


def test_an_entry_that_left_the_files_is_named_and_stays(folder):
    (folder / "pages" / "privacy.yaml").unlink()
    assert "Left page privacy" in run("load_content", folder)
    assert Page.objects.filter(slug="privacy").exists()


def test_an_empty_database_writes_no_files(tmp_path):
    Term.objects.all().delete()
    with pytest.raises(CommandError, match="no term"):
        run("dump_content", tmp_path)
    assert list(tmp_path.iterdir()) == []


SPOILED = {
    "not UTF-8": (b"slug: \xff\n", 1, "UTF-8"),
    "a bell": (b"slug: a\ntitle: \x07\n", 2, "U+0007"),
    "key is a list": (b"? [a, b]\n: c\n", 1, "a key must be a word"),
    "half a surrogate": (b'slug: "\\ud800"\n', 1, "cannot be shown"),
    "an escaped NUL": (b'slug: "a\\0b"\n', 1, "cannot be shown"),
    "bottomless": (b"slug: " + b"[" * 5000, 1, ""),
    "a tab": (b"slug: a\n\ttitle: b\n", 2, ""),
    "empty": (b"", 1, "mapping"),
    "a list": (b"- a\n", 1, "mapping"),
    "position in words": (b"slug: method\nposition: first\n", 2, "number"),
    "position below zero": (b"slug: method\nposition: -1\n", 2, "number"),
}


@pytest.mark.parametrize(("content", "line", "reason"), SPOILED.values(), ids=SPOILED.keys())
def test_a_spoiled_file_is_told_with_its_line_and_never_a_crash(folder, content, line, reason):
    path = folder / "pages" / "method.yaml"
    path.write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        run("load_content", folder)
    first = str(refusal.value).splitlines()[0]
    assert first.startswith(f"{path}:{line}:")
    assert reason in first


def test_a_file_with_another_ending_is_not_overlooked(folder):
    path = folder / "pages" / "method.yaml"
    path.rename(path.with_suffix(".yml"))
    with pytest.raises(CommandError, match=r"method\.yml"):
        run("load_content", folder)


def test_a_word_that_mixes_scripts_is_refused(folder):
    edit(folder / "themes.yaml", "sr: ", "sr: Кретanje ")
    with pytest.raises(CommandError, match="mixes"):
        run("load_content", folder)


FAULTS = {
    "broken yaml": ("slug: customs-stamps", "slug: [customs-stamps", 2, "expected"),
    "unknown key": ("theme: trade", "colour: red\ntheme: trade", 2, "colour"),
    "key twice": ("theme: trade", "slug: x\ntheme: trade", 2, "twice"),
    "wrong slug": ("slug: customs-stamps", "slug: customs-stamp", 1, "customs-stamps.yaml"),
    "unknown theme": ("theme: trade-and-customs", "theme: trade-and-custom", 2, "themes.yaml"),
    "bad date": ("'2011-09-02'", "'2011-09-32'", None, "not a date"),
    "bad choice": ("track: technical", "track: practical", None, "technical, political"),
    "unknown language": ("title:\n  sq:", "title:\n  xx: A\n  sq:", 5, "xx"),
    "unknown source": ("@eciks-2011", "@eciks-2012", None, "eciks-2012"),
    "unknown term": ("term:customs-stamp", "term:custom-stamp", None, "custom-stamp"),
    "long summary": (
        "summary:\n  sq: |\n",
        "summary:\n  sq: |\n" + "    fjalë" * 130 + "\n",
        None,
        "120",
    ),
    "withheld with text": ("basis: restated", "basis: withheld", None, "withheld"),
    "missing key": ("date_precision: day\n", "", 1, "date_precision is missing"),
}


@pytest.mark.parametrize(("old", "new", "line", "reason"), FAULTS.values(), ids=FAULTS.keys())
def test_a_bad_file_is_refused_with_file_line_and_reason(folder, old, new, line, reason):
    path = folder / "agreements" / "customs-stamps.yaml"
    edit(path, old, new)
    edit(folder / "themes.yaml", "en: Movement", "en: Moving")  # good, and must not get in
    before = snapshot()
    with pytest.raises(CommandError) as refusal:
        run("load_content", folder)
    first = str(refusal.value).splitlines()[0]
    assert first.startswith(f"{path}:{line}:" if line else f"{path}:")
    assert reason in first
    expected = line or _line_of(path, new.strip().splitlines()[0])
    assert abs(int(first[len(f"{path}:") :].split(":")[0]) - expected) <= 1
    assert "Nothing was changed" in str(refusal.value)
    assert snapshot() == before


def _line_of(path, needle):
    lines = path.read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if needle in line)


def test_serbian_in_latin_is_converted_on_the_way_in(folder):
    path = folder / "agreements" / "customs-stamps.yaml"
    data = yaml.safe_load(path.read_text("utf-8"))
    data["summary"]["sr"] = "Njegoš i [CEFTA](term:cefta). [@eciks-2011]"
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
    entries, problems = files.read(folder)
    record = next(entry.record for entry in entries if entry.key == "customs-stamps")
    assert not [problem for problem in problems if "never cited" not in problem.reason]
    assert record["summary"]["sr"] == "Његош и [CEFTA](term:cefta). [@eciks-2011]"


def test_a_missing_folder_is_told_and_not_a_crash(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run("load_content", tmp_path)


def test_six_agreements_are_complete_in_three_languages():
    slugs = {
        "customs-stamps",
        "cadastral-records",
        "freedom-of-movement",
        "first-agreement",
        "licence-plates-2022",
        "path-to-normalisation",
    }
    agreements = Agreement.objects.for_list().filter(slug__in=slugs)
    assert {agreement.slug for agreement in agreements} == slugs
    for agreement in agreements:
        version = agreement.published
        for language in ("sq", "sr", "en"):
            for field in ("title", "summary", "details", "means_for_citizens", "form_note"):
                assert getattr(version, f"{field}_{language}"), (agreement.slug, field, language)
            for text in version.provision_texts.all():
                assert getattr(text, f"heading_{language}")
                withheld = getattr(text, f"text_basis_{language}") == "withheld"
                assert bool(getattr(text, f"text_{language}")) is not withheld
                assert bool(getattr(text, f"plain_{language}")) is not withheld


STRUCTURE = {
    "citations": lambda text: sorted(re.findall(r"@[a-z0-9-]+", text)),
    "terms": lambda text: sorted(re.findall(r"term:([a-z0-9-]+)", text)),
    "paragraphs": lambda text: [block.kind for block in files.markup.blocks(text)],
    "items": lambda text: [len(block.lines) for block in files.markup.blocks(text)],
}


@pytest.mark.parametrize("aspect", STRUCTURE)
def test_the_three_languages_are_built_alike(aspect):
    """Same citations, explained words, paragraphs and list items in each language."""
    entries, _problems = files.read(ROOT / "content")
    for entry in entries:
        for text in _trilingual(entry.record):
            if all(isinstance(value, str) and value for value in text.values()):
                seen = [STRUCTURE[aspect](value) for value in text.values()]
                assert seen[0] == seen[1] == seen[2], (entry.key, text["en"][:80])


def _trilingual(value):
    if isinstance(value, dict):
        if set(value) == {"sq", "sr", "en"}:
            yield value
        else:
            for inner in value.values():
                yield from _trilingual(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _trilingual(inner)

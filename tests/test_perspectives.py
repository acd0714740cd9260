"""What experts may say of their community: sealed, read by one function, gone in time.

§6 and, for data, commands, logs and error reports, cases 43 and 44 of docs/expert-review.md; the
pages are tested elsewhere.
"""

import ast
import io
import logging
import sys
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from django.views.debug import ExceptionReporter

from experts import badges, erasure, links, panels, perspectives, quorum, reviewing
from experts.models import (
    AccessLink,
    Comment,
    Notes,
    PerspectiveReading,
    PerspectiveRecord,
    Verdict,
)
from experts.perspectives import Perspective
from tests.conftest import NOON
from tests.panels import (
    BALANCED,
    closed,
    comment_of,
    judge,
    last_day,
    members,
    next_version,
    opened,
    prepared,
    released,
    sealed_version,
)
from tests.past_the_verbs import refused, sql
from tests.review_doors import address, enter
from tests.server import ROOT

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
COMMUNITIES = [str(value) for value in Perspective]


@pytest.fixture
def anna(person):
    """The coordinator."""
    return person("anna")


@pytest.fixture
def round_(editor, anna):
    """An open round; four of its five members said where they come from."""
    return opened(sealed_version(editor), anna)


def answers(round_, reader):
    return perspectives.read(round_, reader=reader, reason="test", at=NOON)


def said(round_):
    """Return what the members of a balanced panel said: {assignment id: community}."""
    pairs = zip(members(round_), BALANCED, strict=True)
    return {member.pk: community for member, (_field, community) in pairs if community}


def sealed_of(member):
    return bytes(PerspectiveRecord.objects.get(assignment=member).sealed)


def another_key():
    return Fernet.generate_key().decode()


# ── Sealed ───────────────────────────────────────────────────────────────────────────────────


def test_what_was_said_is_read_with_the_key(round_, anna):
    assert answers(round_, anna) == said(round_)


def test_without_the_key_a_row_tells_nothing(round_, anna, settings):
    for record in PerspectiveRecord.objects.all():
        raw = bytes(record.sealed)
        for word in (*COMMUNITIES, record.assignment.key):
            assert word.encode() not in raw
    settings.PERSPECTIVES_KEYS = [another_key()]
    assert answers(round_, anna) == {}


def test_every_answer_is_as_long_as_every_other(round_, monkeypatch):
    """Before it is sealed too: a longer name to come would else show in the sealed length."""
    box, lengths = perspectives._box(), set()

    class Measuring:
        def encrypt(self, words):
            sealed = box.encrypt(words)
            lengths.add((len(words), len(sealed)))
            return sealed

    monkeypatch.setattr(perspectives, "_box", Measuring)
    for member in members(round_):
        for community in COMMUNITIES:
            perspectives.declare(member, community, at=NOON)
    assert len(lengths) == 1


def test_the_same_answer_is_sealed_differently_each_time(round_):
    member = members(round_)[0]
    first = sealed_of(member)
    perspectives.declare(member, "albanian", at=NOON)
    assert sealed_of(member) != first


def test_an_answer_moved_to_another_row_is_nobodys(round_, anna):
    albanian, serb, _third, _fourth, silent = members(round_)
    first, second = sealed_of(albanian), sealed_of(serb)
    PerspectiveRecord.objects.filter(assignment=albanian).update(sealed=second)
    PerspectiveRecord.objects.filter(assignment=serb).update(sealed=first)
    PerspectiveRecord.objects.create(assignment=silent, sealed=first, consent=1, consented_at=NOON)
    found = answers(round_, anna)
    assert not found.keys() & {albanian.pk, serb.pk, silent.pk}
    assert len(found) == 2


@pytest.mark.parametrize("sealed", [b"", b"albanian", b"\xff" * 140])
def test_a_damaged_answer_is_as_if_nothing_had_been_said(round_, anna, sealed):
    member = members(round_)[0]
    PerspectiveRecord.objects.filter(assignment=member).update(sealed=sealed)
    expected = said(round_)
    del expected[member.pk]
    assert answers(round_, anna) == expected


def test_a_key_is_replaced_by_putting_the_new_one_in_front(round_, anna, settings):
    old, new = settings.PERSPECTIVES_KEYS, another_key()
    settings.PERSPECTIVES_KEYS = [new, *old]
    assert answers(round_, anna) == said(round_)
    first, second, *_others = members(round_)
    perspectives.declare(first, "other", at=NOON)
    settings.PERSPECTIVES_KEYS = [new]  # what the old one sealed is lost
    assert answers(round_, anna) == {first.pk: "other"}
    settings.PERSPECTIVES_KEYS = old
    assert answers(round_, anna)[second.pk] == "serb"


def test_without_a_key_nobody_is_asked_nothing_is_kept_and_nothing_said(round_, anna, settings):
    silent = members(round_)[4]
    settings.PERSPECTIVES_KEYS = []
    assert not perspectives.is_asked()
    with pytest.raises(perspectives.NoKey):
        perspectives.declare(silent, "serb", at=NOON)
    assert not perspectives.has_declared(silent)
    assert answers(round_, anna) == {}


def test_a_lost_key_leaves_a_round_without_perspectives_and_not_without_an_end(
    editor, anna, settings
):
    version = sealed_version(editor)
    round_ = opened(version, anna)
    for member in members(round_):
        judge(member)
    reviewing.release(round_, discuss_by=(NOON + 14 * DAY).date(), by=anna, at=NOON)
    settings.PERSPECTIVES_KEYS = [another_key()]
    assert reviewing.close(round_, by=anna, at=last_day(round_)).outcome == "not-passed"


# ── By consent ───────────────────────────────────────────────────────────────────────────────


def test_the_number_of_the_wording_that_was_agreed_to_is_kept(round_, monkeypatch):
    first, second, *_others = members(round_)
    monkeypatch.setattr(perspectives, "CONSENT", 7)
    perspectives.declare(second, "serb", at=NOON + DAY)
    kept = dict(PerspectiveRecord.objects.values_list("assignment", "consent"))
    assert (kept[first.pk], kept[second.pk]) == (1, 7)
    assert PerspectiveRecord.objects.get(assignment=second).consented_at == NOON + DAY


def test_whoever_says_nothing_leaves_no_row(round_):
    silent = members(round_)[4]
    assert not perspectives.has_declared(silent)
    assert not PerspectiveRecord.objects.filter(assignment=silent).exists()


def test_a_new_answer_takes_the_place_of_the_one_before(round_, anna):
    member = members(round_)[0]
    perspectives.declare(member, "other", at=NOON)
    assert answers(round_, anna)[member.pk] == "other"
    assert PerspectiveRecord.objects.filter(assignment=member).count() == 1


@pytest.mark.parametrize("value", ["", "martian", "Albanian", None])
def test_only_the_communities_that_can_be_named_are_kept(round_, value):
    with pytest.raises(ValueError, match=r".*"):
        perspectives.declare(members(round_)[4], value, at=NOON)
    assert not perspectives.has_declared(members(round_)[4])


def test_a_withdrawn_consent_erases_the_answer(round_, anna):
    member = members(round_)[0]
    assert perspectives.erase(member)
    assert not perspectives.has_declared(member)
    assert member.pk not in answers(round_, anna)
    assert not perspectives.erase(member)


def test_an_answer_is_for_one_round(round_, editor, anna):
    other = prepared(sealed_version(editor, slug="other"), anna)
    assert answers(other, anna) == {}


# ── Reading ──────────────────────────────────────────────────────────────────────────────────


def test_a_reading_is_written_down_with_reader_and_reason(round_, anna):
    perspectives.read(round_, reader=anna, reason="balance of the panel", at=NOON)
    reading = PerspectiveReading.objects.get()
    assert (reading.round, reading.reader, reading.reason, reading.at) == (
        round_,
        anna,
        "balance of the panel",
        NOON,
    )


def test_where_the_reading_cannot_be_written_down_nothing_is_read(round_, anna, monkeypatch):
    def fails(**columns):
        raise RuntimeError

    monkeypatch.setattr(PerspectiveReading.objects, "create", fails)
    with pytest.raises(RuntimeError):
        answers(round_, anna)


def test_where_nothing_was_said_there_is_nothing_to_write_down(editor, anna):
    answers(prepared(sealed_version(editor), anna), anna)
    assert not PerspectiveReading.objects.exists()


@pytest.mark.parametrize("how", ["progress", "close"])
def test_whoever_asks_the_quorum_is_written_down(editor, anna, how):
    version = sealed_version(editor)
    if how == "progress":
        panels.progress(opened(version, anna), reader=anna, at=NOON)
    else:
        closed(version, anna)
    reading = PerspectiveReading.objects.get()
    assert (reading.reader, reading.reason) == (anna, "quorum")


def test_a_reading_cannot_be_unwritten(round_, anna):
    answers(round_, anna)
    for statement in (
        "DELETE FROM experts_perspectivereading",
        "UPDATE experts_perspectivereading SET reason = 'x'",
    ):
        assert "cannot change" in refused(sql(statement))


def test_one_module_alone_knows_of_the_sealed_column():
    """Whoever else wanted an answer would have to name the model or the column."""
    allowed = {"perspectives.py", "erasure.py", "perspective.py", "__init__.py"}
    for path in [*ROOT.glob("experts/**/*.py"), *ROOT.glob("agreements/**/*.py")]:
        if path.name in allowed or "migrations" in path.parts:
            continue
        names = {
            getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
            for node in ast.walk(ast.parse(path.read_text()))
        }
        assert "PerspectiveRecord" not in names, path


def test_no_other_model_leads_to_an_answer():
    """No reverse name either: no lookup, filter or order_by of another model can reach it."""
    for model in apps.get_models():
        if model is PerspectiveRecord:
            continue
        related = {
            field.name
            for field in model._meta.get_fields(include_hidden=False)
            if field.related_model is PerspectiveRecord
        }
        assert not related, model


# ── Where it must not stand (case 43) ────────────────────────────────────────────────────────


def test_no_admin_knows_the_answers():
    assert not admin.site.is_registered(PerspectiveRecord)
    for registered in admin.site._registry.values():
        inlines = [inline.model for inline in getattr(registered, "inlines", ())]
        assert PerspectiveRecord not in inlines
        for option in ("list_display", "list_filter", "search_fields", "ordering", "fields"):
            assert "perspective" not in str(getattr(registered, option, "")).lower(), registered


def test_a_dump_of_the_database_holds_sealed_answers_only(round_, anna, settings):
    answers(round_, anna)
    out = io.StringIO()
    call_command("dumpdata", "experts", stdout=out)
    dump = out.getvalue()
    assert dump.count('"experts.perspectiverecord"') == 4
    assert settings.PERSPECTIVES_KEYS[0] not in dump
    record = PerspectiveRecord.objects.first()
    assert f"{record.assignment.key}:" not in dump
    # The rule of the quorum and the report of a round name communities, nobody's own.
    for row in dump.split('{"model": ')[1:]:
        if not row.startswith('"experts.quorumpolicy"'):
            assert not any(f'"{word}"' in row for word in COMMUNITIES), row


def test_no_log_and_no_query_holds_an_answer(round_, anna, caplog, django_assert_max_num_queries):
    with caplog.at_level(logging.DEBUG), django_assert_max_num_queries(40) as queries:
        perspectives.declare(members(round_)[4], "serb", at=NOON)
        panels.progress(round_, reader=anna, at=NOON)
        perspectives.erase(members(round_)[4])
    asked = [query["sql"] for query in queries.captured_queries]
    assert any("experts_perspectiverecord" in query for query in asked)
    for text in (*asked, caplog.text):
        if "experts_quorumpolicy" not in text:
            assert not any(f"'{word}" in text or f":{word}" in text for word in COMMUNITIES)


def test_history_and_letters_say_nothing_of_answers(editor, anna):
    round_ = closed(sealed_version(editor), anna)
    kept = f"{round_.report} " + " ".join(
        f"{event.action} {event.detail}" for event in round_.events.all()
    )
    keys = " ".join(letter.key for member in members(round_) for letter in member.letters.all())
    assert not any(word in f"{kept} {keys}" for word in COMMUNITIES)


def report_of(action):
    """Return what an error report would tell of an action that fails, but for lines of code."""
    try:
        action()
    except RuntimeError:
        reporter = ExceptionReporter(RequestFactory().get("/"), *sys.exc_info())
        data = reporter.get_traceback_data()
        told = [f"{data['exception_type']}: {data['exception_value']}", str(data["settings"])]
        for frame in data["frames"]:
            told.append(f"in {frame['function']}")
            told += [f"{name} = {value}" for name, value in frame["vars"]]
        return "\n".join(told)
    pytest.fail("nothing was raised")


def names_a_community(report):
    return any(f"{mark}{word}" in report for mark in ("&#x27;", "'", ":") for word in COMMUNITIES)


def fails(*args, **kwargs):
    raise RuntimeError("broken")


def test_an_error_while_sealing_reports_nothing(round_, monkeypatch, settings):
    member = members(round_)[4]
    monkeypatch.setattr(PerspectiveRecord.objects, "update_or_create", fails)
    report = report_of(lambda: perspectives.declare(member, "serb", at=NOON))
    assert "in declare" in report
    assert not names_a_community(report)
    assert f"{member.key}:" not in report
    assert settings.PERSPECTIVES_KEYS[0] not in report


class SecondFails:
    """Opens one answer and breaks at the next, with the first still in hand."""

    def __init__(self):
        self.box, self.opened = perspectives._box(), 0

    def decrypt(self, sealed):
        self.opened += 1
        return self.box.decrypt(sealed) if self.opened < 2 else fails()


def test_an_error_while_reading_reports_nothing(round_, anna, monkeypatch):
    box = SecondFails()
    monkeypatch.setattr(perspectives, "_box", lambda: box)
    report = report_of(lambda: answers(round_, anna))
    assert box.opened == 2
    assert "in read" in report
    assert not any(f"{member.key}:" in report for member in members(round_))
    assert not names_a_community(report)


@pytest.mark.parametrize(("function", "breaks"), [("report", "evaluate"), ("progress", "expected")])
def test_an_error_in_the_quorum_reports_nothing(round_, anna, monkeypatch, function, breaks):
    monkeypatch.setattr(quorum, breaks, fails)
    report = report_of(lambda: getattr(panels, function)(round_, reader=anna, at=NOON))
    assert f"in {function}" in report
    assert "perspective=" not in report
    assert not names_a_community(report)


# ── Gone in time ─────────────────────────────────────────────────────────────────────────────


def test_answers_go_ninety_days_after_their_round(editor, anna):
    round_ = closed(sealed_version(editor), anna, at=NOON - 14 * DAY)
    open_one = opened(sealed_version(editor, slug="other"), anna)
    assert perspectives.erase_old(at=NOON + 90 * DAY - INSTANT) == 0
    assert answers(round_, anna) == said(round_)
    assert perspectives.erase_old(at=NOON + 90 * DAY) == 4
    assert perspectives.erase_old(at=NOON + 90 * DAY) == 0
    assert answers(round_, anna) == {}
    assert answers(open_one, anna) == said(open_one)


def test_of_a_cancelled_round_they_go_at_once(round_, anna):
    reviewing.cancel(round_, by=anna, at=NOON)
    assert answers(round_, anna) == {}
    perspectives.declare(members(round_)[0], "other", at=NOON)
    assert perspectives.erase_old(at=NOON) == 1


@pytest.mark.parametrize("superseded", [False, True])
def test_of_a_round_without_a_result_none_is_left(round_, anna, editor, person, superseded):
    other = opened(sealed_version(editor, slug="other"), anna)
    if superseded:
        next_version(round_.version, person("mira"))
    reviewing.cancel(round_, by=anna, superseded=superseded, at=NOON)
    assert not PerspectiveRecord.objects.filter(assignment__round=round_).exists()
    assert answers(other, anna) == said(other)


def _leaves(member, by):
    reviewing.leave(member, at=NOON)


def _leaves_after_the_review(member, by):
    judge(member)
    reviewing.leave(member, at=NOON)


def _is_taken_off(member, by):
    reviewing.leave(member, reason="Ill.", by=by, at=NOON)


@pytest.mark.parametrize("goes", [_leaves, _leaves_after_the_review, _is_taken_off])
def test_whoever_leaves_the_panel_takes_the_answer_along(round_, anna, goes):
    expected = said(round_)
    member = members(round_)[0]
    goes(member, anna)
    assert not perspectives.has_declared(member)
    del expected[member.pk]
    assert answers(round_, anna) == expected


def _declines(member, by):
    reviewing.decline(member, at=NOON)


def _does_not_answer(member, by):
    late = type(member).objects.filter(pk=member.pk)
    late.update(answer_by=(NOON - 4 * DAY).date())
    assert reviewing.expire_unanswered(at=NOON) == 1


def _is_not_needed(member, by):
    reviewing.leave(member, by=by, at=NOON)


@pytest.mark.parametrize("goes", [_declines, _does_not_answer, _is_not_needed])
def test_an_invitation_that_ends_takes_the_answer_along(editor, anna, goes):
    round_ = prepared(sealed_version(editor), anna)
    reviewing.open_round(round_, by=anna, at=NOON)
    first, second, *_others = members(round_)
    for member in (first, second):
        perspectives.declare(member, "serb", at=NOON)
    goes(first, anna)
    assert answers(round_, anna) == {second.pk: "serb"}
    assert not perspectives.has_declared(first)


def test_whoever_never_answered_leaves_neither_answer_nor_link_when_the_round_closes(editor, anna):
    panel = (("law", "serb"), *BALANCED)
    verdicts = (None, *("approve",) * 5)
    round_ = released(sealed_version(editor), anna, verdicts, panel)
    expected = answers(round_, anna)
    silent, other, *_others = members(round_)
    assert expected[silent.pk] == "serb"
    for member in (silent, other):
        links.make(member, at=NOON)
    reviewing.close(round_, by=anna, at=last_day(round_))
    silent.refresh_from_db()
    assert silent.state == "expired"
    del expected[silent.pk]
    assert answers(round_, anna) == expected
    assert [link.assignment for link in AccessLink.objects.filter(revoked_at=None)] == [other]


def test_after_the_release_an_answer_can_be_erased_and_none_given(client, editor, anna):
    round_ = released(sealed_version(editor), anna, at=timezone.now())
    first, *_others, silent = members(round_)
    for member in (first, silent):
        enter(client, member)
    declare = {"step": "declare", "consent": "yes", "perspective": "serb"}
    assert b'name="perspective"' not in client.get(address("review-yourself", silent.key)).content
    client.post(address("review-yourself", silent.key), declare)
    assert not perspectives.has_declared(silent)
    client.post(address("review-yourself", first.key), declare)
    assert answers(round_, anna)[first.pk] == "albanian"  # as it was
    client.post(address("review-yourself", first.key), {"step": "erase"})
    assert not perspectives.has_declared(first)


def test_the_command_says_how_many_and_a_second_run_finds_none(editor, anna, capsys):
    closed(sealed_version(editor), anna, at=timezone.now() - (91 + 14) * DAY)
    for erased in (4, 0):
        call_command("erase_perspectives")
        assert capsys.readouterr().out == f"Erased {erased} answer(s).\n"


def test_what_was_sealed_is_gone_from_the_table_itself(round_, anna):
    reviewing.cancel(round_, by=anna, at=NOON)
    perspectives.erase_old(at=NOON)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM experts_perspectiverecord")
        assert cursor.fetchone() == (0,)


# ── Forgotten (case 44) ──────────────────────────────────────────────────────────────────────


def test_an_erased_expert_leaves_verdict_comments_and_badge_under_a_pseudonym(editor, anna, person):
    version, account = sealed_version(editor), person("expert-account")
    round_ = opened(version, anna)
    member = members(round_)[0]
    expert = member.expert
    expert.user, expert.name_cyrillic, expert.affiliation = account, "Име", "A university"
    expert.save()
    comment, draft = comment_of(member), comment_of(member, sent=False)
    reviewing.save_notes(member, "To myself.", at=NOON)
    for each in members(round_):
        judge(each)
    reviewing.release(round_, discuss_by=(NOON + 14 * DAY).date(), by=anna, at=NOON)
    reviewing.respond(comment, "noted", by=editor, at=NOON)
    reviewing.close(round_, by=anna, at=last_day(round_))
    events = round_.events.count()

    assert erasure.erase(expert, at=NOON + DAY)

    expert.refresh_from_db()
    personal = (expert.name, expert.name_cyrillic, expert.affiliation, expert.email, expert.user)
    assert personal == ("", "", "", "", None)
    assert str(expert) == expert.pseudonym
    assert not perspectives.has_declared(member)
    assert not Notes.objects.filter(assignment=member).exists()
    assert not Comment.objects.filter(pk=draft.pk).exists()
    assert Comment.objects.get(pk=comment.pk).text == comment.text
    assert Verdict.objects.filter(assignment=member).count() == 1
    assert round_.events.count() >= events
    assert badges.standing(version, "en").is_verified
    assert not erasure.erase(expert, at=NOON + 2 * DAY)


def test_an_erased_expert_leaves_every_open_round(round_):
    member = members(round_)[0]
    links.make(member, at=NOON)
    erasure.erase(member.expert, at=NOON)
    member.refresh_from_db()
    assert member.state == "cancelled"
    assert AccessLink.objects.get().revoked_at == NOON


def test_an_erased_expert_takes_reasons_along_and_keeps_the_conflict_counted(editor, anna):
    round_ = prepared(sealed_version(editor), anna)
    reviewing.open_round(round_, by=anna, at=NOON)
    first, second, *_others = members(round_)
    reviewing.accept(first, conflict="My brother signed it.", at=NOON)
    reviewing.decline(second, reason="I am ill.", suggests="Ask my friend.", at=NOON)
    for member in (first, second):
        erasure.erase(member.expert, at=NOON)
        member.refresh_from_db()
    assert (second.reason, second.suggests) == ("", "")
    assert first.conflict
    assert "brother" not in first.conflict

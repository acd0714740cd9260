"""Records as editors use them: written, checked all at once, corrected, published by a second."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from agreements import recording
from agreements.models import Assessment, Event, Obligation, Obstacle, Source
from tests.scenes import NOON
from tests.test_workplace import (  # noqa: F401 - fixtures
    enter,
    fields_of,
    first,
    people,
    section,
    text_of,
    tree,
)

pytestmark = pytest.mark.django_db
SLUG = "customs-stamps"
IN_THREE = {"sq": "Një fjali.", "sr": "Једна реченица.", "en": "One sentence."}


@pytest.fixture
def desk(people):  # noqa: F811
    """Return the address of a page of the agreement's records: desk("check/")."""
    from agreements.models import Agreement

    agreement = Agreement.objects.get(slug=SLUG)
    return lambda rest="": f"/admin/agreements/agreement/{agreement.pk}/records/{rest}"


def texts(field, words=IN_THREE):
    return {f"{field}_{language}": text for language, text in words.items()}


def page_of(record, name="record"):
    return reverse(f"admin:{name}", args=[record.kind, record.pk])


def an_obstacle(**changes):
    data = {"obstacle_kind": "legal", "since": "2021-10", "named_by": "editors"}
    data |= {"sources": "b92-2011\neciks-2011", **texts("title"), **texts("text")}
    return data | changes


def new_obstacle(client, desk, **changes):
    from agreements.models import Provision

    point = Provision.objects.get(agreement__slug=SLUG, key="p3")
    response = client.post(desk("add/obstacle/"), an_obstacle(provisions=[point.pk], **changes))
    assert response.status_code == 302, text_of(response)[:2000]
    return Obstacle.objects.order_by("pk").last()


# ── Writing one ──────────────────────────────────────────────────────────────────────────────


def test_a_record_is_written_by_one_and_published_by_another(client, enter, desk):  # noqa: F811
    enter("ana")
    obstacle = new_obstacle(client, desk)
    assert obstacle.is_draft
    assert (obstacle.since, obstacle.since_precision) == (datetime.date(2021, 10, 1), "month")
    assert [source.key for source in obstacle.sources] == ["b92-2011", "eciks-2011"]
    public = f"/en/obstacles/{obstacle.key}/"
    assert client.get(public).status_code == 404
    assert "somebody else has to publish it" in section(client, "my-records")
    enter("besa")
    assert "1" in section(client, "records-waiting")
    page = tree(client.get(desk("publish/")))
    (box,) = page.xpath("//input[@name='record']/@value")
    client.post(desk("publish/"), {"record": box})
    assert client.get(public).status_code == 200
    assert section(client, "records-waiting") == ""


def test_the_publisher_does_not_publish_their_own_through_the_page(client, enter, desk):  # noqa: F811
    enter("besa")
    obstacle = new_obstacle(client, desk)
    page = tree(client.get(desk("publish/")))
    assert page.xpath("//input[@name='record']") == []
    box = f"obstacle:{obstacle.pk}:{obstacle.revision}"
    answer = client.post(desk("publish/"), {"record": box}, follow=True)
    assert "somebody else has to publish it" in text_of(answer)
    assert Obstacle.objects.get(pk=obstacle.pk).is_draft


def test_serbian_in_latin_is_stored_in_cyrillic(client, enter, desk):  # noqa: F811
    enter("ana", "sr-latn")
    obstacle = new_obstacle(client, desk, title_sr="Novi zakon")
    assert obstacle.title_sr == "Нови закон"
    assert 'value="Novi zakon"' in client.get(page_of(obstacle)).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"since": "October 2021"}, "2021, 2021-10 or 2021-10-04"),
        ({"since": "2021-13"}, "2021, 2021-10 or 2021-10-04"),
        ({"since": "2022", "until": "2021"}, "It cannot end before it began"),
        ({"sources": "no-such-source"}, "no source with the key no-such-source"),
        ({"obstacle_kind": "cosmic"}, "Select a valid choice"),
        ({"text_en": "x" * 701}, "at most 700 characters"),
    ],
)
def test_bad_input_comes_back_filled_in_with_a_reason(
    client,
    enter,  # noqa: F811
    desk,
    changes,
    said,
):
    enter("ana")
    before = Obstacle.objects.count()
    response = client.post(desk("add/obstacle/"), an_obstacle(**changes))
    assert response.status_code == 200
    assert said in text_of(response)
    assert "Një fjali." in response.content.decode()
    assert Obstacle.objects.count() == before


def test_a_word_in_two_scripts_is_refused(client, enter, desk):  # noqa: F811
    enter("ana", "sr-cyrl")
    before = Obstacle.objects.count()
    response = client.post(desk("add/obstacle/"), an_obstacle(title_sr="Наslov"))
    assert response.status_code == 200
    assert tree(response).xpath("//ul[contains(@class, 'errorlist')]")
    assert Obstacle.objects.count() == before


def test_complete_without_evidence_is_refused_in_words(client, enter, desk):  # noqa: F811
    enter("ana")
    obligation = Obligation.objects.get(key=f"{SLUG}-p3-kosovo")
    address = desk("add/assessment/") + f"?obligation={obligation.key}"
    data = {"as_of": "2026-11-01", "level": "complete", "confidence": "high"}
    data |= {"judged_by": "editors", "sources": "b92-2011", **texts("reason")}
    response = client.post(address, data)
    assert response.status_code == 200
    assert "Name the evidence before “complete”." in text_of(response)
    response = client.post(address, data | {"evidence": "b92-2011"})
    assert response.status_code == 302
    new = Assessment.objects.get(key=f"{SLUG}-p3-kosovo-2026-11-01")
    assert new.evidence == Source.objects.get(key="b92-2011")


def test_an_assessment_of_the_same_day_is_refused_in_words(client, enter, desk):  # noqa: F811
    enter("ana")
    there = Assessment.objects.public().filter(obligation__key=f"{SLUG}-p3-kosovo").last()
    address = desk("add/assessment/") + f"?obligation={SLUG}-p3-kosovo"
    data = {"as_of": there.as_of.isoformat(), "level": "minimal", "confidence": "low"}
    data |= {"judged_by": "editors", "sources": "b92-2011", **texts("reason")}
    response = client.post(address, data)
    assert response.status_code == 200
    assert "There is a record with this key already." in text_of(response)


def test_of_two_people_in_one_draft_the_second_is_told_and_keeps_what_they_typed(
    client,
    enter,  # noqa: F811
    desk,
    people,  # noqa: F811
):
    enter("ana")
    obstacle = new_obstacle(client, desk)
    recording.rewrite(obstacle, by=people["goran"], seen=0, values={"title_en": "By Goran"})
    provisions = list(obstacle.provisions.values_list("pk", flat=True))
    data = an_obstacle(title_en="By Ana", seen="0", provisions=provisions)
    response = client.post(page_of(obstacle), data)
    assert "goran changed the draft on" in text_of(response)
    assert 'value="By Ana"' in response.content.decode()
    assert Obstacle.objects.get(pk=obstacle.pk).title_en == "By Goran"
    client.post(page_of(obstacle), data | {"seen": "1"})  # a knowing second save
    assert Obstacle.objects.get(pk=obstacle.pk).title_en == "By Ana"


def test_who_wrote_in_a_colleagues_draft_cannot_publish_it(client, enter, desk):  # noqa: F811
    enter("ana")
    obstacle = new_obstacle(client, desk)
    enter("besa")
    provisions = list(obstacle.provisions.values_list("pk", flat=True))
    client.post(page_of(obstacle), an_obstacle(title_en="By Besa", seen="0", provisions=provisions))
    page = tree(client.get(desk("publish/")))
    assert page.xpath("//input[@name='record']") == []
    enter("goran")
    page = tree(client.get(desk("publish/")))
    assert len(page.xpath("//input[@name='record']")) == 1


def test_a_translator_writes_their_language_and_nothing_else(client, enter, desk):  # noqa: F811
    enter("ana")
    obstacle = new_obstacle(client, desk, title_sr="", text_sr="")
    enter("mira", "sr-cyrl")
    data = an_obstacle(
        title_sr="Закон",
        text_sr="Нова реченица.",
        title_en="Hers",
        since="1999",
        sources="",
        seen="0",
    )
    assert client.post(page_of(obstacle), data).status_code == 302
    now = Obstacle.objects.get(pk=obstacle.pk)
    assert (now.title_sr, now.text_sr) == ("Закон", "Нова реченица.")
    assert (now.title_en, now.since.year) == ("One sentence.", 2021)
    assert [source.key for source in now.sources] == ["b92-2011", "eciks-2011"]
    assert now.provisions.count() == 1


def test_a_draft_that_lacks_a_language_says_so_and_is_not_offered(client, enter, desk):  # noqa: F811
    enter("ana")
    obstacle = new_obstacle(client, desk, title_sq="")
    assert "“title” is missing in Albanian" in text_of(client.get(page_of(obstacle)))
    enter("besa")
    page = client.get(desk("publish/"))
    assert "“title” is missing in Albanian" in text_of(page)
    assert tree(page).xpath("//input[@name='record']") == []


# ── Correct, withdraw, discard ───────────────────────────────────────────────────────────────


def test_a_correction_and_a_withdrawal_go_through_the_pages(client, enter, desk):  # noqa: F811
    public = Obstacle.objects.public().filter(agreement__slug=SLUG).first()
    address = f"/en/obstacles/{public.key}/"
    enter("ana")
    response = client.post(page_of(public, "record-correct"), texts("note"))
    correction = Obstacle.objects.get(key=public.key, edition=2)
    assert response["Location"] == page_of(correction)
    provisions = list(correction.provisions.values_list("pk", flat=True))
    sources = "\n".join(source.key for source in correction.sources)
    data = an_obstacle(title_en="Corrected title", provisions=provisions, sources=sources, seen="0")
    client.post(page_of(correction), data | texts("change_note"))
    assert "Corrected title" not in text_of(client.get(address))
    enter("besa")
    _publish_all(client, desk)
    shown = text_of(client.get(address))
    assert "Corrected title" in shown
    assert "One sentence." in shown  # why

    enter("ana")
    correction.refresh_from_db()
    client.post(page_of(correction, "record-withdraw"), texts("note"))
    assert client.get(address).status_code == 200
    enter("besa")
    _publish_all(client, desk)
    gone = client.get(address)
    assert gone.status_code == 410
    assert "We withdrew this record." in text_of(gone)
    assert public.key not in client.get("/en/obstacles/").content.decode()


def _publish_all(client, desk):
    boxes = tree(client.get(desk("publish/"))).xpath("//input[@name='record']/@value")
    client.post(desk("publish/"), {"record": boxes})


def test_a_second_correction_of_the_same_record_is_refused_by_name(client, enter, people):  # noqa: F811
    public = Obligation.objects.public().filter(provision__agreement__slug=SLUG).first()
    recording.correct(public, by=people["goran"], notes=IN_THREE)
    enter("ana")
    response = client.post(page_of(public, "record-correct"), texts("note"))
    assert "oran already prepares the next edition" in text_of(response)


def test_a_published_record_cannot_be_written_in(client, enter):  # noqa: F811
    public = Obligation.objects.public().filter(provision__agreement__slug=SLUG).first()
    enter("ana")
    page = client.get(page_of(public))
    assert tree(page).xpath("//textarea") == []
    client.post(page_of(public), texts("text", {"sq": "x", "sr": "x", "en": "x"}))
    assert Obligation.objects.get(pk=public.pk).text_en == public.text_en


def test_a_draft_is_discarded_only_as_it_was_seen(client, enter, desk):  # noqa: F811
    enter("ana")
    obstacle = new_obstacle(client, desk)
    client.get(page_of(obstacle, "record-discard"))
    client.post(page_of(obstacle, "record-discard"), {"seen": "7"})
    assert Obstacle.objects.filter(pk=obstacle.pk).exists()
    client.post(page_of(obstacle, "record-discard"), {"seen": "0"})
    assert not Obstacle.objects.filter(pk=obstacle.pk).exists()


# ── The check of all obligations ─────────────────────────────────────────────────────────────


def check(client, desk, choices):
    """Send the check as a browser would: {key: (what, {field: value})}."""
    page = tree(client.get(desk("check/")))
    data = fields_of(page.xpath("//form[contains(@class, 'check')]")[0])
    for key, (what, changes) in choices.items():
        data[f"{key}-do"] = what
        data |= {f"{key}-{name}": value for name, value in changes.items()}
    return client.post(desk("check/"), data, follow=True)


def test_the_check_leaves_confirms_and_judges_anew_on_one_screen(client, enter, desk):  # noqa: F811
    enter("ana")
    same, new = f"{SLUG}-p1-kosovo", f"{SLUG}-p3-kosovo"
    before = Assessment.objects.count()
    answer = check(
        client,
        desk,
        {same: ("same", {}), new: ("new", {"level": "suspended", **texts("reason")})},
    )
    assert "Saved as drafts: 2." in text_of(answer)
    drafts = {row.obligation.key: row for row in Assessment.objects.drafts()}
    assert drafts.keys() == {same, new}
    assert Assessment.objects.count() == before + 2
    today = timezone.localdate()
    was = Assessment.objects.public().filter(obligation__key=same).order_by("as_of").last()
    now = drafts[same]
    assert (now.level, now.reason_sr, now.as_of) == (was.level, was.reason_sr, today)
    assert [source.key for source in now.sources] == [source.key for source in was.sources]
    assert now.next_check_on > today
    assert (drafts[new].level, drafts[new].reason_en) == ("suspended", "One sentence.")
    assert "ana" in text_of(client.get(desk("check/")))  # it waits already


def test_the_check_saves_all_or_nothing(client, enter, desk):  # noqa: F811
    enter("ana")
    good, bad = f"{SLUG}-p1-kosovo", f"{SLUG}-p3-kosovo"
    answer = check(
        client,
        desk,
        {good: ("same", {}), bad: ("new", {"level": "complete", "evidence": "", "as_of": "2026"})},
    )
    assert "Nothing was saved yet" in text_of(answer)
    assert "Name the evidence" in text_of(answer)
    assert not Assessment.objects.drafts().exists()
    answer = check(client, desk, {good: ("same", {}), bad: ("new", {"as_of": "yesterday"})})
    assert not Assessment.objects.drafts().exists()
    taken = Assessment.objects.public().filter(obligation__key=bad).last().as_of.isoformat()
    answer = check(client, desk, {good: ("same", {}), bad: ("new", {"as_of": taken})})
    assert "There is an assessment of this day already" in text_of(answer)
    assert not Assessment.objects.drafts().exists()


def test_the_check_with_nothing_chosen_saves_nothing(client, enter, desk):  # noqa: F811
    enter("ana")
    assert "Nothing was chosen" in text_of(check(client, desk, {}))
    assert not Assessment.objects.drafts().exists()


def test_what_is_past_its_next_check_stands_on_the_start_page(client, enter, people):  # noqa: F811
    enter("ana")
    assert section(client, "records-due") == ""
    newest = Assessment.objects.public().filter(obligation__key=f"{SLUG}-p1-kosovo").last()
    old = recording.correct(newest, by=people["goran"], notes=IN_THREE)
    overdue = datetime.date(2026, 1, 31)
    old = recording.rewrite(old, by=people["goran"], seen=0, values={"next_check_on": overdue})
    recording.publish(old, by=people["besa"], seen=old.revision)
    assert "31 January 2026" in section(client, "records-due")
    enter("mira")
    assert section(client, "records-due") == ""


def test_publishing_many_publishes_those_it_can_and_names_the_others(
    client,
    enter,  # noqa: F811
    desk,
    people,  # noqa: F811
):
    enter("ana")
    one, two = new_obstacle(client, desk), new_obstacle(client, desk)
    enter("besa")
    boxes = tree(client.get(desk("publish/"))).xpath("//input[@name='record']/@value")
    assert len(boxes) == 2
    recording.rewrite(two, by=people["ana"], seen=0, values={"title_en": "Changed since"})
    answer = client.post(desk("publish/"), {"record": boxes}, follow=True)
    assert "Published: 1." in text_of(answer)
    assert "ana changed the draft on" in text_of(answer)
    assert not Obstacle.objects.get(pk=one.pk).is_draft
    assert Obstacle.objects.get(pk=two.pk).is_draft


@pytest.mark.parametrize(
    "box", ["", "obstacle", "user:1:0", "obstacle:x:0", "obstacle:1:" + "9" * 40]
)
def test_a_box_that_no_page_ever_had_is_refused(client, enter, desk, box):  # noqa: F811
    enter("besa")
    assert client.post(desk("publish/"), {"record": box}).status_code in (302, 404)


# ── Events ───────────────────────────────────────────────────────────────────────────────────


def test_an_event_is_written_published_and_stands_in_the_timeline(client, enter):  # noqa: F811
    enter("ana")
    data = {"date": "2026-11-02", "event_kind": "round", "sources": "b92-2011"}
    data |= texts("title", IN_THREE | {"en": "A round in November"})
    response = client.post("/admin/agreements/agreement/events/add/", data)
    assert response.status_code == 302, text_of(response)[:1500]
    event = Event.objects.get(key="2026-11-02-a-round-in-november")
    enter("besa")
    page = tree(client.get("/admin/agreements/agreement/events/publish/"))
    boxes = page.xpath("//input[@name='record']/@value")
    assert boxes == [f"event:{event.pk}:0"]
    client.post("/admin/agreements/agreement/events/publish/", {"record": boxes})
    assert "A round in November" in text_of(client.get("/en/timeline/"))
    assert client.get("/admin/agreements/event/").status_code == 200
    assert client.get(f"/admin/agreements/event/{event.pk}/change/", follow=True).status_code == 200


# ── Doors and cost ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "writes", "changes"),
    [
        ("ana", True, True),
        ("besa", True, True),
        ("adem", True, True),
        ("mira", True, False),
        ("kujtim", False, False),
    ],
)
def test_every_role_at_every_door_of_a_record(
    client,
    enter,  # noqa: F811
    desk,
    name,
    writes,
    changes,
):
    enter("goran")
    draft = new_obstacle(client, desk)
    public = Obligation.objects.public().first()
    enter(name)
    assert client.get(page_of(draft)).status_code == 200
    assert client.get(page_of(public)).status_code == 200
    assert client.post(page_of(draft), {"seen": "9"}).status_code == (200 if writes else 403)
    # A second edition cannot be opened beside the first.
    for step, opened in (("record-correct", 302), ("record-withdraw", 200)):
        assert client.get(page_of(public, step)).status_code == (200 if changes else 403)
        answer = client.post(page_of(public, step), texts("note"))
        assert answer.status_code == (opened if changes else 403)
    gone = client.post(page_of(draft, "record-discard"), {"seen": "0"})
    assert gone.status_code == (302 if changes else 403)
    assert Obstacle.objects.filter(pk=draft.pk).exists() != changes


def test_a_visitor_and_a_stranger_see_no_record_of_the_workplace(client, person, desk):
    draft = Obstacle.objects.public().first()
    for address in (desk(), desk("check/"), page_of(draft)):
        assert "/login/" in client.get(address)["Location"]
    client.force_login(person("stranger", is_staff=True))
    for address in (desk(), desk("check/"), page_of(draft)):
        assert client.get(address).status_code == 403


def test_the_pages_cost_the_same_with_many_drafts(
    client,
    enter,  # noqa: F811
    desk,
    people,  # noqa: F811
    django_assert_max_num_queries,
):
    source = Source.objects.get(key="b92-2011")

    def drafts(count, first_year):
        obligation = Obligation.objects.get(key=f"{SLUG}-p3-kosovo")
        for year in range(first_year, first_year + count):
            assessment = Assessment(
                key=f"{obligation.key}-{year}",
                obligation=obligation,
                as_of=datetime.date(year, 1, 1),
                level="minimal",
                confidence="low",
                **texts("reason"),
            )
            recording.start(assessment, by=people["ana"], sources=[source], at=NOON)

    drafts(2, 1950)
    enter("besa")
    with django_assert_max_num_queries(40):
        client.get("/admin/")
    with django_assert_max_num_queries(30):
        client.get(desk())
    drafts(20, 1960)
    with django_assert_max_num_queries(40):
        client.get("/admin/")
    with django_assert_max_num_queries(30):
        client.get(desk())
    with django_assert_max_num_queries(30):
        client.get(desk("check/"))


def test_the_scenes_of_records_are_what_they_say(scenes, client):
    from tests.scenes import DATED

    past = text_of(client.get(f"/en/agreements/{DATED}/implementation/?on=2026-05-05"))
    now = text_of(client.get(f"/en/agreements/{DATED}/implementation/"))
    assert "One sentence was completed." not in past
    assert "One sentence was completed." in now

"""A review of a real text at each of its phases, for the running site and for pictures."""

import json

from django.conf import settings
from django.utils import timezone

from agreements.models import Version
from experts import links, perspectives, reviewing
from tests.panels import DAY, comment_of, judge, make_expert, members
from tests.scenes import people

IN_REVIEW = "licence-plates-2022"
NAMES = (
    ("Arta Berisha", "Арта Бериша", "sq", "law", "albanian"),
    ("Jelena Marković", "Јелена Марковић", "sr-cyrl", "law", "serb"),
    ("Dren Krasniqi", "Дрен Красниќи", "sq", "policy", "albanian"),
    ("Marko Ilić", "Марко Илић", "sr-latn", "policy", "serb"),
    ("Anna Weber", "Ана Вебер", "en", "practice", ""),
)


def experts(more=""):
    """Return the five experts of a scene, who do not exist; `more` tells panels apart."""
    return [
        make_expert(
            name,
            name_cyrillic=cyrillic,
            language=language,
            profile=profile,
            email=f"{name.split()[0].lower()}{more}@example.org",
        )
        for name, cyrillic, language, profile, _community in NAMES
    ]


def invited(slug=IN_REVIEW, at=None, names=""):
    """Return a round whose five experts are invited."""
    who, at = people(), at or timezone.now()
    version = Version.objects.filter(agreement__slug=slug).sealed().order_by("number").last()
    today = timezone.localdate(at)
    round_ = reviewing.prepare(
        version,
        profiles=[each[3] for each in NAMES],
        answer_by=today + 7 * DAY,
        review_by=today + 21 * DAY,
        by=who["kujtim"],
        at=at,
    )
    panel = experts(names)
    for seat, expert in zip(round_.seats.order_by("pk"), panel, strict=True):
        reviewing.choose(seat, expert, by=who["kujtim"], at=at)
    return reviewing.open_round(round_, by=who["kujtim"], at=at)


def reading(slug=IN_REVIEW, at=None, names=""):
    """Return a round in which all accepted and two have commented."""
    round_ = invited(slug, at, names)
    panel = members(round_)
    for member, (*_names, community) in zip(panel, NAMES, strict=True):
        reviewing.accept(member, at=at)
        if community:
            perspectives.declare(member, community, at=at)
    first, second = panel[0], panel[1]
    text = round_.version.summary_sq.split("\n\n")[0]
    comment_of(first, "Mungon data.", at=at, language="sq", kind="missing")
    comment_of(second, "Једна страна је поменута двапут.", at=at, language="sr", kind="bias")
    comment_of(first, "", at=at, language="sq", kind="unclear", suggestion=f"{text} (shtuar)")
    return round_


def in_discussion(slug=IN_REVIEW, at=None, names=""):
    """Return a round whose comments are released."""
    round_ = reading(slug, at, names)
    for member in members(round_):
        judge(member, "approve-with-edits", at=at or timezone.now())
    day = timezone.localdate(at) + 14 * DAY if at else timezone.localdate() + 14 * DAY
    return reviewing.release(round_, discuss_by=day, by=people()["kujtim"], at=at)


def for_pictures():
    """Play a review in discussion and a verified text; write links to both into links.json.

    The first opens an invitation, the second a review that waits, the third the discussion.
    """
    links_of = [members(invited("customs-stamps"))[0]]
    links_of.append(members(reading("cadastral-records", names="2"))[1])
    links_of.append(members(in_discussion(names="3"))[0])
    secrets = {each.key: links.make(each) for each in links_of}
    (settings.DATA_DIR / "links.json").write_text(json.dumps(secrets))

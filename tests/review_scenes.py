"""A review of a real text at each of its phases, for the running site and for pictures."""

from django.utils import timezone

from agreements.models import Agreement, Version
from experts import fidelity, perspectives, reviewing
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


def experts():
    """Return the five experts of these scenes, who do not exist."""
    return [
        make_expert(name, name_cyrillic=cyrillic, language=language, profile=profile)
        for name, cyrillic, language, profile, _community in NAMES
    ]


def invited(slug=IN_REVIEW, at=None):
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
    panel = experts()
    for seat, expert in zip(round_.seats.order_by("pk"), panel, strict=True):
        reviewing.choose(seat, expert, by=who["kujtim"], at=at)
    return reviewing.open_round(round_, by=who["kujtim"], at=at)


def reading(slug=IN_REVIEW, at=None):
    """Return a round in which all accepted and two have commented."""
    round_ = invited(slug, at)
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


def in_discussion(slug=IN_REVIEW, at=None):
    """Return a round whose comments are released."""
    round_ = reading(slug, at)
    for member in members(round_):
        judge(member, "approve-with-edits", at=at or timezone.now())
    day = timezone.localdate(at) + 14 * DAY if at else timezone.localdate() + 14 * DAY
    return reviewing.release(round_, discuss_by=day, by=people()["kujtim"], at=at)


def verified(slug=IN_REVIEW, at=None):
    """Return a passed round, with one translation confirmed and two members named."""
    who, round_ = people(), in_discussion(slug, at)
    panel = members(round_)
    from experts.panels import unanswered_comments

    for comment in unanswered_comments(round_):
        reviewing.respond(comment, "accepted", by=who["ana"], at=at)
    for member in panel[:2]:
        reviewing.decide_name(member, named=True, at=at)
    closed = reviewing.close(round_, by=who["kujtim"], at=at)
    version = Version.objects.get(pk=closed.version_id)
    for language in ("sq", "sr", "en"):
        if language not in (version.source_language, "sr"):
            fidelity.check(version, language, is_faithful=True, assignment=panel[4], at=at)
    return closed


def everything():
    """Play a review in discussion, one that waits for answers, and one that verified a text."""
    round_ = in_discussion()
    Agreement.objects.get(pk=round_.agreement_id)
    return round_

"""What the content files cannot bring: people with roles, a second version, a withdrawn text,
records of an earlier day that were corrected and withdrawn since.

For the running site: `manage.py shell -c "from tests.scenes import everything; everything()"`.
"""

import datetime

from django.contrib.auth.models import Group, User

from agreements import drafting, publishing, recording
from agreements.models import (
    Agreement,
    Assessment,
    Colleague,
    Obligation,
    Obstacle,
    Position,
    Publication,
    Reply,
    Source,
    Theme,
)
from agreements.segments import everything_of
from agreements.translation_state import remember_all

PASSWORD = "only-for-tests"
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
# Name of the account → role, languages that a translator writes.
PEOPLE = {
    "ana": ("editor", ""),
    "besa": ("publisher", ""),
    "goran": ("publisher", ""),
    "mira": ("translator", "sr"),
    "teuta": ("translator", "sq"),
    "kujtim": ("coordinator", ""),
    "adem": ("administrator", ""),
}
CHANGED, WITHDRAWN, DATED = "licence-plates-2022", "withdrawn-example", "dated-example"

NOTE = {
    "sq": "Një fjali u plotësua.",
    "sr": "Једна реченица је допуњена.",
    "en": "One sentence was completed.",
}
ADDED = {
    "sq": "Kjo fjali është e re.",
    "sr": "Ова реченица је нова.",
    "en": "This sentence is new.",
}


def people():
    """Make one account for each of PEOPLE and return {name: User}."""
    found = {}
    for name, (role, language) in PEOPLE.items():
        user, created = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        if created:
            user.set_password(PASSWORD)
            user.save()
            user.groups.add(Group.objects.get(name=role))
            translates = {f"translates_{language}": True} if language else {}
            Colleague.objects.create(user=user, **translates)
        found[name] = user
    return found


def change(draft_or_agreement, place, language, text, *, by, made_from=None, **options):
    """Write one text as somebody would who has the page before them now; return the draft."""
    agreement = getattr(draft_or_agreement, "agreement", draft_or_agreement)
    version = drafting.text_to_write(agreement)
    segment = everything_of(version)[place]
    source = segment.value(version.source_language) if segment.trilingual else ""
    return drafting.save(
        agreement,
        [
            drafting.Change(
                place,
                language,
                was=drafting.seen(segment.value(language)),
                text=text,
                made_from=drafting.seen(source) if made_from is None else made_from,
            )
        ],
        by=by,
        at=NOON,
        **options,
    )


def second_version(slug, *, by, publisher):
    """Publish a second version of an agreement, with one more sentence in each language."""
    agreement = Agreement.objects.select_related("published").get(slug=slug)
    first = agreement.published
    source = [first.source_language]
    for language in source + [code for code in ADDED if code not in source]:
        now = getattr(drafting.text_to_write(agreement), f"details_{language}")
        draft = change(agreement, "details", language, f"{now}\n\n{ADDED[language]}", by=by)
    text = draft.provision_texts.first()
    change(
        agreement,
        f"provision.{text.provision.key}.plain",
        first.source_language,
        ADDED[first.source_language],
        by=by,
    )
    version = publishing.seal(
        agreement.versions.drafts().get(), by=by, at=NOON, change_class="substantive", notes=NOTE
    )
    publishing.publish(version, by=publisher, replacing=first)  # now: after the content files
    return version


def little_draft(slug, texts, *, by):
    """Start a little agreement; `texts` is {field: {language: text}}."""
    return drafting.start_agreement(
        slug=slug,
        theme=Theme.objects.first(),
        by=by,
        at=NOON,
        date_agreed=datetime.date(2011, 9, 2),
        known_as_of=datetime.date(2026, 3, 1),
        track="technical",
        form_of_act="signed",
        source_language="en",
        **{f"{field}_{code}": text for field, each in texts.items() for code, text in each.items()},
    )


def withdrawn(*, by, publisher):
    """Publish a little agreement and withdraw it."""
    texts = {
        "title": {"sq": "Marrëveshje e tërhequr", "sr": "Повучени споразум", "en": "Withdrawn"},
        "short_title": {"sq": "E tërhequr", "sr": "Повучен", "en": "Withdrawn"},
        "summary": {"sq": "Një fjali.", "sr": "Једна реченица.", "en": "One sentence."},
    }
    draft = little_draft(WITHDRAWN, texts, by=by)
    version = publishing.seal(draft, by=by, at=NOON)
    remember_all(version, by=by, at=NOON)
    publishing.publish(version, by=publisher, replacing=None, at=NOON)
    publishing.withdraw(
        Publication.objects.get(version=version), by=publisher, reasons=NOTE, at=NOON
    )
    return version


def waiting(slug, *, by, publisher):
    """Leave a finished change of a public agreement for a second person to publish."""
    agreement = Agreement.objects.get(slug=slug)
    source = agreement.published.source_language
    now = getattr(agreement.published, f"details_{source}")
    draft = change(agreement, "details", source, f"{now}\n\n{ADDED[source]}", by=by)
    return publishing.seal(draft, by=by, at=NOON, change_class="correction", notes=NOTE)


def untranslated(slug, *, by):
    """Leave a draft of which a title and three paragraphs wait for their translations."""
    name = {"sq": "Shembull", "sr": "Пример", "en": "Example"}
    paragraph = {"en": "The sides met in Brussels and agreed on one point."}
    texts = {
        "title": {"en": "An example that waits for its translations"},
        "short_title": name,
        "summary": paragraph,
        "details": paragraph,
        "means_for_citizens": paragraph,
    }
    draft = little_draft(slug, texts, by=by)
    remember_all(draft, by=by, at=NOON)  # only the short title is there in three languages
    return draft


def busy_day():
    """What an ordinary day holds: for the guide and for counting clicks. Needs everything()."""
    who = people()
    second_version("customs-stamps", by=who["ana"], publisher=who["goran"])
    waiting("freedom-of-movement", by=who["ana"], publisher=who["besa"])
    untranslated("example-to-translate", by=who["ana"])


def dated(*, by, publisher):
    """Publish a little agreement with records in May; correct one and withdraw one now."""
    texts = {
        "title": {"sq": "Shembull me datë", "sr": "Пример са датумом", "en": "A dated example"},
        "short_title": {"sq": "Shembull", "sr": "Пример", "en": "Example"},
        "summary": {"sq": "Një fjali.", "sr": "Једна реченица.", "en": "One sentence."},
    }
    draft = little_draft(DATED, texts, by=by)
    drafting.add_provision(draft.agreement, number="1", key="p1", by=by, at=NOON)
    version = publishing.seal(draft.agreement.versions.drafts().get(), by=by, at=NOON)
    remember_all(version, by=by, at=NOON)
    publishing.publish(version, by=publisher, replacing=None, at=NOON)
    agreement, provision = version.agreement, version.provision_texts.get().provision
    source = Source.objects.get(key="b92-2011")

    def publish(record, at=NOON, sources=(source,), **lists):
        started = recording.start(record, by=by, sources=sources, lists=lists, at=at)
        return recording.publish(started, by=publisher, seen=0, at=at)

    obligation = publish(
        Obligation(
            key=f"{DATED}-p1-kosovo",
            provision=provision,
            owed_by="kosovo",
            due_on=datetime.date(2026, 4, 4),
            **_in_three("text"),
        )
    )
    assessments = [
        publish(
            Assessment(
                key=f"{DATED}-p1-kosovo-{day}",
                obligation=obligation,
                as_of=day,
                level=level,
                confidence="low",
                disputed=True,
                **_in_three("reason"),
            )
        )
        for day, level in (("2025-05-01", "minimal"), ("2026-05-01", "intermediate"))
    ]
    obstacle = publish(
        Obstacle(
            key=f"{DATED}-obstacle",
            agreement=agreement,
            obstacle_kind="legal",
            since=datetime.date(2025, 5, 1),
            **_in_three("title"),
            **_in_three("text"),
        ),
        provisions=[provision],
    )
    publish(
        Position(
            key=f"{DATED}-kosovo-2026-05-01",
            agreement=agreement,
            side="kosovo",
            said_on=datetime.date(2026, 5, 1),
            **_in_three("statement"),
        )
    )
    for side in ("kosovo", "serbia", "eu"):
        publish(_reply(agreement, side), sources=())
    for verb, record in (
        (recording.correct, assessments[-1]),
        (recording.withdraw, obstacle),
    ):
        edition = verb(record, by=by, notes=NOTE)
        recording.publish(edition, by=publisher, seen=edition.revision)
    return version


# What an institution of each side wrote, in its language; the third one has not answered.
LETTERS = {"kosovo": "sq", "serbia": "sr"}
OFFICE = {"sq": "Zyra nga shembulli", "sr": "Канцеларија из примера", "en": "Office of the example"}


def _reply(agreement, side):
    """Return the unsaved reply of one side to the example."""
    columns = {f"institution_{language}": name for language, name in OFFICE.items()}
    if own := LETTERS.get(side):
        translated = {code: text for code, text in ADDED.items() if code != own}
        columns |= {f"translation_{language}": text for language, text in translated.items()}
        columns |= {"original_language": own, "original": ADDED[own]}
        columns["replied_on"] = datetime.date(2026, 5, 3)
    return Reply(
        key=f"{DATED}-{side}-2026-05-02",
        agreement=agreement,
        side=side,
        asked_on=datetime.date(2026, 5, 2),
        **_in_three("question"),
        **columns,
    )


def _in_three(field):
    """Return one sentence in three languages as the columns of a field."""
    return {f"{field}_{language}": text for language, text in ADDED.items()}


def everything():
    who = people()
    dated(by=who["ana"], publisher=who["besa"])
    second_version(CHANGED, by=who["ana"], publisher=who["besa"])
    withdrawn(by=who["ana"], publisher=who["besa"])

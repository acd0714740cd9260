"""What needs me today: the start page of the admin. Each line leads to where it is done."""

from dataclasses import dataclass, field

from django.contrib import admin
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreements import comparing, roles, translation_state
from agreements.models import (
    Agreement,
    Edit,
    Publication,
    ScheduledPublication,
    Source,
    Term,
    Version,
)
from agreements.models.source import LinkState
from agreements.segments import texts_of
from agreements.translation_state import State
from dialogue_platform.languages import NAMES, STORED, reading, stored_text
from dialogue_platform.passages import bare_text

from .desk import tag_of
from .language import html_as_seen

MOVED_SHOWN = 3  # outdated texts whose change the start page shows in full, for one line


@dataclass
class Line:
    """One thing to do: what, about what, where; `moved` is [(label, difference, lang)]."""

    text: str
    address: str
    about: str | Promise = ""
    moved: list[tuple[str, SafeString, str]] = field(default_factory=list)
    others: list[tuple[str | Promise, str]] = field(default_factory=list)  # (label, address)


@dataclass
class Section:
    """Lines of one kind; `empty` is what to say when there is nothing to do, if anything."""

    key: str
    title: str | Promise
    lines: list[Line]
    empty: str | Promise = ""


def needs(request):
    """Return the Sections of the start page for whoever asks, emptied of what is not theirs."""
    person = request.user
    if not person.has_perm("agreements.view_agreement"):
        return []
    world = _World(person)
    sections = [
        Section("drafts", gettext_lazy("My drafts"), _my_drafts(world)),
        Section(
            "waiting", gettext_lazy("Sealed, waiting for a second person"), _sealed(world, person)
        ),
        Section("scheduled", gettext_lazy("Scheduled"), _scheduled(person)),
        *(
            Section(
                f"translate-{language}",
                gettext_lazy("Translations into %(language)s") % {"language": NAMES[language]},
                _translations(world, language),
            )
            for language in roles.languages_of(person)
        ),
        Section(
            "links", gettext_lazy("Source links that lead elsewhere or nowhere"), _links(person)
        ),
        Section("terms", gettext_lazy("Glossary terms without a text"), _terms(person)),
        Section("theirs", gettext_lazy("Drafts of colleagues"), _others_drafts(world)),
    ]
    everything = Section("agreements", gettext_lazy("All agreements"), _agreements(world, person))
    return [section for section in sections if section.lines] + [everything]


class _World:
    """The versions that matter today, each loaded once with its texts."""

    def __init__(self, person):
        self.person = person
        self.agreements = list(Agreement.objects.select_related("theme", "published"))
        public = [each.published_id for each in self.agreements if each.published_id]
        versions = Version.objects.with_texts().select_related(
            "prepared_by", "agreement__published"
        )
        self.drafts = list(versions.drafts())
        self.drafted = {draft.agreement_id for draft in self.drafts}
        self.public = list(versions.filter(pk__in=public))
        # Sealed, never public, and newer than what is public.
        self.sealed = [
            version
            for version in versions.sealed().filter(publications=None).order_by("sealed_at")
            if version.agreement.published is None
            or version.number > version.agreement.published.number
        ]
        self.kinds = translation_state.kinds_of([each.pk for each in self.agreements])

        ids = [each.pk for each in (*self.drafts, *self.sealed)]
        edits = Edit.objects.filter(version__in=ids, edited_by=person)
        self.edited = set(edits.values_list("version", flat=True))

        self.states = {
            (version.pk, language): translation_state.states(version, language, self.kinds)
            for version in self.written()
            for language in STORED
        }
        self.origins = translation_state.origins_of(
            [
                (version, segment, language)
                for version in self.written()
                for segment in texts_of(version)
                for language in STORED
                if self.states[version.pk, language].get(segment.place) == State.OUTDATED
            ]
        )

    def is_mine(self, version):
        """Tell whether the person prepared a version or wrote part of it."""
        return version.prepared_by_id == self.person.pk or version.pk in self.edited

    def written(self):
        """Return the version of each agreement that an editor would go on from."""
        return self.drafts + [each for each in self.public if each.agreement_id not in self.drafted]

    def named(self):
        """Return {agreement id: the version it is known by}, withdrawn texts included."""
        rest = [each.pk for each in self.agreements if each.published_id is None]
        last = Version.objects.filter(agreement__in=rest).order_by("number")
        found = {version.agreement_id: version for version in last}
        return found | {version.agreement_id: version for version in self.written()}


def _name(version):
    return bare_text(reading(version, "short_title")) or version.agreement.slug


def _write(version, language, query=""):
    return reverse("admin:agreement-write", args=[version.agreement_id, language]) + query


def _desk(version):
    return reverse("admin:agreements_agreement_change", args=[version.agreement_id])


def _draft_line(draft, may_seal):
    return Line(
        _name(draft),
        _write(draft, draft.source_language),
        _("draft of version %(number)d") % {"number": draft.number},
        others=[(_("Seal"), reverse("admin:agreement-seal", args=[draft.agreement_id]))]
        if may_seal
        else [],
    )


def _my_drafts(world):
    may_seal = world.person.has_perm("agreements.seal_version")
    return [_draft_line(draft, may_seal) for draft in world.drafts if world.is_mine(draft)]


def _others_drafts(world):
    lines = []
    for draft in world.drafts:
        if not world.is_mine(draft):
            line = Line(_name(draft), _desk(draft))
            line.about = _("%(person)s, version %(number)d") % {
                "person": draft.prepared_by,
                "number": draft.number,
            }
            lines.append(line)
    return lines


def _sealed(world, person):
    lines = []
    publishes = person.has_perm("agreements.publish_version")
    scheduled = set(
        ScheduledPublication.objects.filter(state=ScheduledPublication.State.WAITING).values_list(
            "version", flat=True
        )
    )
    for version in world.sealed:
        if version.pk in scheduled:
            continue
        mine = publishes and not world.is_mine(version)
        address = _desk(version)
        if mine:
            address = reverse(
                "admin:agreement-publish", args=[version.agreement_id, version.number]
            )
        about = _("version %(number)d by %(person)s") % {
            "number": version.number,
            "person": version.prepared_by,
        }
        if not mine:
            about = f"{about} · {_('somebody else has to publish it')}"
        lines.append(Line(_name(version), address, about))
    return lines


def _scheduled(person):
    states = ScheduledPublication.State
    rows = (
        ScheduledPublication.objects.filter(state__in=[states.WAITING, states.FAILED])
        .select_related("version__agreement", "scheduled_by")
        .order_by("publish_at")
    )
    lines = []
    newest = {row.agreement_id: row.pk for row in sorted(rows, key=lambda row: row.pk)}
    for row in rows:
        settled = row.version.agreement.published_id == row.version_id
        if row.state == states.FAILED and (settled or newest[row.agreement_id] != row.pk):
            continue
        lines.append(
            Line(
                _name(row.version),
                _desk(row.version),
                row.get_state_display(),
                others=[],
            )
        )
        lines[-1].when = row.publish_at
    return lines


def _translations(world, language):
    """Return a line for every agreement whose translation is missing texts or behind."""
    lines = []
    for version in world.written():
        states = world.states[version.pk, language]
        counts = translation_state.counts(states)
        parts = []
        if missing := counts.get(State.MISSING):
            parts.append(
                ngettext("%(count)d text missing", "%(count)d texts missing", missing)
                % {"count": missing}
            )
        if outdated := counts.get(State.OUTDATED):
            parts.append(
                ngettext("%(count)d text outdated", "%(count)d texts outdated", outdated)
                % {"count": outdated}
            )
        if parts:
            line = Line(_name(version), _write(version, language, "?only=open"), ", ".join(parts))
            line.moved = _moved(world, version, language)
            lines.append(line)
    return lines


def _moved(world, version, language):
    """Return what moved in the source under outdated texts: [(label, difference, lang)]."""
    source, moved = version.source_language, []
    for segment in texts_of(version):
        was = world.origins.get((version.agreement_id, language, segment.place))
        if was is not None and len(moved) < MOVED_SHOWN:
            html = comparing.sentences_that_moved(was, segment.value(source))
            moved.append((segment.full_label, html_as_seen(html, source), tag_of(source)))
    return moved


def _terms(person):
    """Return the terms that miss a word or a definition in a language the person writes."""
    lines = []
    mine = roles.languages_of(person)
    if not person.has_perm("agreements.change_term"):
        return lines
    for term in Term.objects.all():
        gaps = [
            str(NAMES[language])
            for language in mine
            if not (
                stored_text(term, "term", language) and stored_text(term, "definition", language)
            )
        ]
        if gaps:
            address = reverse("admin:agreements_term_change", args=[term.pk])
            lines.append(Line(term.key, address, ", ".join(gaps)))
    return lines


def _links(person):
    """Return the sources whose address moved or died, where the person may mend them."""
    if not person.has_perm("agreements.change_source"):
        return []
    broken = Source.objects.filter(link_state__in=[LinkState.MOVED, LinkState.DEAD])
    return [
        Line(
            source.key,
            reverse("admin:agreements_source_change", args=[source.pk]),
            f"{source.get_link_state_display()} {source.link_leads_to}".strip(),
        )
        for source in broken.order_by("link_state", "key")
    ]


def _agreements(world, person):
    """Return every agreement with the ways that are used most: correct, what changed, undo."""
    earlier = {}
    rows = Publication.objects.filter(withdrawal=None).select_related("version").newest_first()
    for publication in rows:
        earlier.setdefault(publication.agreement_id, []).append(publication.version)
    newest = {}
    for version in Version.objects.order_by("number").only("agreement_id", "number"):
        newest.setdefault(version.agreement_id, []).append(version.number)
    lines = []
    named = world.named()
    for agreement in world.agreements:
        version = named.get(agreement.pk)
        name = _name(version) if version else agreement.slug
        line = Line(name, reverse("admin:agreements_agreement_change", args=[agreement.pk]))
        if version and roles.may_write(person, version.source_language):
            line.others.append((_("Write"), _write(version, version.source_language)))
        numbers = newest.get(agreement.pk, [])
        if len(numbers) > 1:
            line.others.append(
                (
                    _("What changed"),
                    reverse("admin:agreement-compare", args=[agreement.pk, *numbers[-2:]]),
                )
            )
        if back := _way_back(agreement, earlier, person):
            line.others.append((_("Undo the last publication"), back))
        lines.append(line)
    return sorted(lines, key=lambda line: line.text.casefold())


def _way_back(agreement, earlier, person):
    """Return the address that publishes again what was public before, or None."""
    if not (agreement.published_id and person.has_perm("agreements.publish_version")):
        return None
    for version in earlier.get(agreement.pk, []):
        if version.pk != agreement.published_id:
            return reverse("admin:agreement-publish", args=[agreement.pk, version.number])
    return None


admin.site.needs.append(needs)

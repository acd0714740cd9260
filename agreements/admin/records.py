"""What became of an agreement, for editors: its records, the check of all its obligations on one
screen, and the second person's page, where the edition before stands beside the new one."""

import datetime

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreements import recording, roles
from agreements.implementation import attach_sources
from agreements.models import RECORD_KINDS, Agreement, Assessment, Level
from agreements.recording import MODELS
from dialogue_platform.dates import written
from dialogue_platform.languages import STORED, reading, stored_text
from dialogue_platform.passages import bare_text

from .deciding import Words
from .desk import desk, needs_right, refused, tag_of
from .language import as_seen
from .record_forms import RecordForm, key_for

OF_AN_AGREEMENT = ("obstacle", "position", "reply")  # kinds that name it themselves
UNTIL_NEXT_CHECK = datetime.timedelta(days=91)  # a quarter of a year


def may_write_records(person):
    """Tell whether a person may write records in at least one language."""
    return bool(roles.languages_of(person))


def _guarded(request, *, facts=False):
    """Refuse whoever may not write records, or (facts) not their facts."""
    allowed = roles.may_write(request.user, "") if facts else may_write_records(request.user)
    if not allowed:
        raise PermissionDenied


def _of_agreement(kind, agreement):
    """Return the editions of one kind that belong to an agreement."""
    paths = {
        "obligation": "provision__agreement",
        "assessment": "obligation__provision__agreement",
        "obstacle": "agreement",
        "position": "agreement",
        "reply": "agreement",
    }
    return MODELS[kind].objects.filter(**{paths[kind]: agreement})


def _page(request, record_or_agreement, template, **context):
    """Render a page of the desk of a record's agreement, or of none."""
    agreement = record_or_agreement
    if agreement is not None and not isinstance(agreement, Agreement):
        agreement = agreement.agreement
    if agreement is not None:
        return desk(request, template, agreement, frame="admin/agreements/desk.html", **context)
    context = {
        "frame": "admin/agreements/plain.html",
        "title": _("Events"),
        "opts": MODELS["event"]._meta,
    } | context
    response = render(
        request,
        f"admin/agreements/{template}.html",
        admin.site.each_context(request) | context,
    )
    response["Cache-Control"] = "no-store"
    return response


def _home_of(record):
    """Return the address of the list that a record stands in."""
    if record.agreement is None:
        return reverse("admin:agreements_event_changelist")
    return reverse("admin:agreement-records", args=[record.agreement.pk])


def address_of(record):
    return reverse("admin:record", args=[record.kind, record.pk])


# ── The records of an agreement ──────────────────────────────────────────────────────────────


def records(request, agreement):
    """Every record of an agreement: what is public, what is drafted, what can be done with it."""
    sections = []
    for kind in ("obligation", "obstacle", "position", "reply"):
        rows = _of_agreement(kind, agreement).select_related("prepared_by")
        newest = _newest_of_each(rows)
        if kind == "obligation":
            add = _assessments_of(agreement)
            newest = [(row, add.get(row.key, [])) for row in newest]
        else:
            newest = [(row, []) for row in newest]
        sections.append((kind, MODELS[kind]._meta.verbose_name_plural, newest))
    return desk(
        request,
        "records",
        agreement,
        sections=sections,
        waiting=len(_publishable(request.user, agreement)),
        may_add=roles.may_write(request.user, ""),
    )


def _newest_of_each(rows):
    """Return the newest edition of each record, in the order in which they were added."""
    newest = {}
    for row in rows.order_by("pk"):
        newest[row.key] = row
    return list(newest.values())


def _assessments_of(agreement):
    """Return {key of an obligation: its assessments, newest date first}."""
    found = {}
    rows = _of_agreement("assessment", agreement).select_related("obligation", "prepared_by")
    for row in _newest_of_each(rows):
        found.setdefault(row.obligation.key, []).append(row)
    return {
        key: sorted(own, key=lambda row: (row.as_of, row.pk), reverse=True)
        for key, own in found.items()
    }


# ── One record ───────────────────────────────────────────────────────────────────────────────


def add(request, agreement, kind):
    """Write a new record. An assessment says whose: ?obligation=…"""
    if kind not in RECORD_KINDS:
        raise Http404
    _guarded(request, facts=True)
    obligation = None
    if kind == "assessment":
        firsts = _of_agreement("obligation", agreement).filter(edition=1)
        obligation = get_object_or_404(firsts, key=request.GET.get("obligation", ""))
    form = RecordForm(request.POST or None, kind=kind, person=request.user, agreement=agreement)
    if request.method == "POST" and form.is_valid():
        values = form.values
        if kind in OF_AN_AGREEMENT:
            values["agreement"] = agreement
        if obligation is not None:
            values["obligation"] = obligation
        new = MODELS[kind](key=key_for(kind, agreement, form.values, obligation), **values)
        try:
            new = recording.start(new, by=request.user, sources=form.sources, lists=form.lists)
        except recording.RecordingError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The draft is saved. A second person can publish it."))
            return redirect(address_of(new))
    return _page(
        request,
        agreement,
        "record",
        form=form,
        record=None,
        about=obligation,
        heading=MODELS[kind]._meta.verbose_name,
        may_write=True,
    )


def add_event(request):
    return add(request, None, "event")


def find(kind, pk):
    """Return one edition of a record. Raises Http404."""
    if kind not in RECORD_KINDS:
        raise Http404
    return get_object_or_404(
        MODELS[kind].objects.select_related("prepared_by", "published_by"), pk=pk
    )


def record(request, kind, record_pk):
    """Write in a draft; read a published edition, with the way to correct or withdraw it."""
    edition = find(kind, record_pk)
    if not edition.is_draft:
        return _published(request, edition)
    if request.method == "POST":
        _guarded(request)
    form = RecordForm(
        request.POST or None,
        kind=kind,
        person=request.user,
        record=edition,
        agreement=edition.agreement,
    )
    seen = _seen(request, edition)
    if request.method == "POST" and form.is_valid():
        try:
            edition = recording.rewrite(
                edition,
                by=request.user,
                seen=seen,
                values=form.values,
                sources=form.sources,
                lists=form.lists,
            )
        except recording.NotADraft as error:
            refused(request, error)
            return redirect(_home_of(edition))
        except recording.RecordingError as error:
            # What was typed stays; saving again is a knowing step against what stands there now.
            form.add_error(None, str(error))
            seen = find(kind, record_pk).revision
        else:
            messages.success(request, _("Saved."))
            return redirect(address_of(edition))
    return _page(
        request,
        edition,
        "record",
        form=form,
        record=edition,
        about=getattr(edition, "obligation", None),
        heading=edition._meta.verbose_name,
        seen=seen,
        may_write=may_write_records(request.user),
        may_discard=roles.may_write(request.user, ""),
        missing=recording.missing(edition),
        may_publish=_may_publish(request.user, edition),
    )


def _seen(request, edition):
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else edition.revision


def _may_publish(person, edition):
    return person.has_perm("agreements.publish_version") and recording.may_publish(edition, person)


def _published(request, edition):
    newest = not type(edition).objects.filter(key=edition.key, edition__gt=edition.edition).exists()
    editions = type(edition).objects.filter(key=edition.key).order_by("-edition")
    return _page(
        request,
        edition,
        "record_published",
        record=edition,
        heading=edition._meta.verbose_name,
        shown=shown(edition),
        editions=editions.select_related("prepared_by", "published_by"),
        newest=newest,
        may_change=newest and roles.may_write(request.user, ""),
    )


# What a step is called, and the verb behind it.
_STEPS = {"correct": recording.correct, "withdraw": recording.withdraw}


def next_edition(request, kind, record_pk, step):
    """Open the next edition of a published record: a correction to write, or a withdrawal."""
    _guarded(request, facts=True)
    edition = find(kind, record_pk)
    form = Words(request.POST or None, name="note", label=_("Why, for readers"))
    if request.method == "POST" and form.is_valid():
        try:
            draft = _STEPS[step](edition, by=request.user, notes=form.words())
        except recording.RecordingError as error:
            refused(request, error)
        else:
            return redirect(address_of(draft))
    return _page(
        request,
        edition,
        "record_change",
        form=form,
        record=edition,
        step=step,
        shown=shown(edition),
    )


def discard(request, kind, record_pk):
    """Drop the draft of a record: asked once, by POST only."""
    _guarded(request, facts=True)
    edition = find(kind, record_pk)
    if request.method != "POST":
        return redirect(address_of(edition))
    home = _home_of(edition)
    try:
        recording.discard(edition, by=request.user, seen=_seen(request, edition))
    except recording.RecordingError as error:
        refused(request, error)
        return redirect(home)
    messages.success(request, _("The draft is discarded."))
    return redirect(home)


# ── What a record says, for a page that only shows it ────────────────────────────────────────


def shown(edition):
    """Return [(label, [(text, lang)])] of what an edition says; lang is '' for facts."""
    rows = []
    for field in recording.content_fields(edition):
        if field.name in ("agreement", "obligation") or field.name.endswith("_precision"):
            continue
        value = getattr(edition, field.name)
        if field.name == "original" and value:
            rows.append((field.verbose_name, [(value, edition.original_tag)]))
        elif value not in (None, ""):
            rows.append((field.verbose_name, [(_fact(edition, field), "")]))
    for name in recording.LISTS.get(edition.kind, ()):
        field = edition._meta.get_field(name)
        objects = ", ".join(
            getattr(each, "key", str(each)) for each in getattr(edition, name).all()
        )
        rows.append((field.verbose_name, [(objects, "")]))
    rows.append((_("Sources"), [(", ".join(source.key for source in edition.sources), "")]))
    for name in recording.trilingual_fields(edition):
        texts = [
            (as_seen(stored_text(edition, name, language), language), tag_of(language))
            for language in STORED
        ]
        if any(text for text, _tag in texts):
            rows.append((edition._meta.get_field(name).verbose_name, texts))
    return rows


def _fact(edition, field):
    value = getattr(edition, field.name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime.date):
        return written(value, _precision(edition, field.name))
    if field.choices:
        return dict(field.flatchoices)[value]
    return getattr(value, "key", str(value))


def _precision(edition, name):
    """Return the precision that stands beside a date: due_on has due_precision."""
    for candidate in (f"{name}_precision", f"{name.rpartition('_')[0]}_precision"):
        if hasattr(edition, candidate):
            return getattr(edition, candidate)
    return "day"


# ── The second person ────────────────────────────────────────────────────────────────────────


def _drafts(agreement=None):
    """Return the drafts of an agreement's records, or all drafts of events."""
    kinds = ("event",) if agreement is None else RECORD_KINDS[:-1]
    found = []
    for kind in kinds:
        rows = MODELS[kind].objects if agreement is None else _of_agreement(kind, agreement)
        rows = rows.drafts().select_related("prepared_by").order_by("pk")
        if kind == "assessment":
            rows = rows.select_related("obligation", "evidence")
        found += rows.prefetch_related("recordauthors", *recording.LISTS.get(kind, ()))
    attach_sources(found)
    return found


def _publishable(person, agreement=None):
    """Return the drafts that a person may publish and that lack nothing."""
    if not person.has_perm("agreements.publish_version"):
        return []
    return [
        draft
        for draft in _drafts(agreement)
        if recording.may_publish(draft, person) and not recording.missing(draft)
    ]


@needs_right("publish_version")
def publish(request, agreement=None):
    """Show each draft beside what it replaces; publish those that were chosen, as they were seen.

    Each is published by itself: where one cannot be, the others are, and the page says which.
    """
    if request.method == "POST":
        chosen = request.POST.getlist("record")
        published = sum(_publish_one(request, name) for name in chosen)
        if published:
            messages.success(request, _("Published: %(count)d.") % {"count": published})
        elif not chosen:
            refused(request, _("Choose what to publish."))
        return redirect(request.get_full_path())
    rows = []
    for draft in _drafts(agreement):
        mine = not recording.may_publish(draft, request.user)
        lacking = recording.missing(draft)
        before = _before(draft)
        rows.append(
            {
                "draft": draft,
                "name": f"{draft.kind}:{draft.pk}:{draft.revision}",
                "about": getattr(draft, "obligation", None),
                "beside": _beside(before, draft),
                "replaces": before,
                "mine": mine,
                "missing": lacking,
                "ready": not mine and not lacking,
            }
        )
    rows.sort(key=lambda row: not row["ready"])
    return _page(request, agreement, "records_publish", rows=rows)


def _before(draft):
    """Return what readers see now in a draft's place: the edition or the assessment before."""
    earlier = type(draft).objects.filter(key=draft.key, edition=draft.edition - 1).first()
    if earlier is None and draft.kind == "assessment":
        public = Assessment.objects.public().filter(obligation=draft.obligation_id)
        earlier = public.filter(as_of__lte=draft.as_of).order_by("-as_of", "-pk").first()
    return earlier


def _beside(before, draft):
    """Return [(label, texts before, texts now, whether they differ)]."""
    was = dict(shown(before)) if before is not None else {}
    now = dict(shown(draft))
    labels = [*now, *(label for label in was if label not in now)]
    return [
        (label, was.get(label, []), now.get(label, []), was.get(label) != now.get(label))
        for label in labels
    ]


def _publish_one(request, name):
    """Publish what a checkbox names, kind:id:revision; return whether it was."""
    kind, _colon, rest = name.partition(":")
    pk, _colon, revision = rest.partition(":")
    if not (kind in MODELS and pk.isdecimal() and revision.isdecimal() and len(rest) < 30):
        raise Http404
    draft = MODELS[kind].objects.filter(pk=pk).first()
    try:
        if draft is None:
            raise recording.NotADraft(_("This draft was discarded meanwhile."))
        recording.publish(draft, by=request.user, seen=int(revision))
    except recording.RecordingError as error:
        refused(request, f"{draft or name}: {error}")
        return False
    return True


# ── The check of all obligations ─────────────────────────────────────────────────────────────


class CheckForm(RecordForm):
    """One obligation in the quarterly check: leave it, confirm it as it was, or judge anew."""

    def __init__(self, *args, previous, person, **kwargs):
        kwargs |= {"kind": "assessment", "person": person, "record": previous}
        super().__init__(*args, **kwargs, skip=("change_note",))
        self.previous = previous
        self.initial["as_of"] = timezone.localdate().isoformat()
        self.initial["next_check_on"] = timezone.localdate() + UNTIL_NEXT_CHECK
        if previous is not None and previous.level == Level.CANNOT_BE_RATED:
            self.initial["looked_on"] = timezone.localdate().isoformat()

    @property
    def step(self):
        """What was chosen: "leave", "same" or "new"."""
        step = self.data.get(self.add_prefix("do"), "leave") if self.is_bound else "leave"
        return step if step in ("same", "new") else "leave"


def check(request, agreement):
    """Judge all obligations of an agreement on one screen, the assessment before beside each.

    What is left alone makes no record; the rest become drafts, all of them or none.
    """
    _guarded(request, facts=True)
    obligations = _of_agreement("obligation", agreement).public().select_related("provision")
    firsts = {row.key: row for row in _of_agreement("obligation", agreement).filter(edition=1)}
    public = {}
    for row in (
        _of_agreement("assessment", agreement)
        .public()
        .select_related("obligation", "evidence")
        .order_by("as_of", "pk")
    ):
        public.setdefault(row.obligation.key, []).append(row)
    attach_sources([own[-1] for own in public.values()])
    drafts = {}
    for row in _of_agreement("assessment", agreement).drafts().select_related("prepared_by"):
        drafts.setdefault(row.obligation_id, []).append(row)
    rows = []
    for obligation in obligations.order_by("pk"):
        previous = public.get(obligation.key, [None])[-1]
        # Only what was chosen is bound, so that what was left alone shows no errors.
        chosen = request.POST.get(f"{obligation.key}-do") in ("same", "new")
        form = CheckForm(
            request.POST if chosen else None,
            prefix=obligation.key,
            previous=previous,
            person=request.user,
        )
        rows.append((obligation, firsts[obligation.key], previous, form, drafts))
    if request.method == "POST":
        chosen = [row for row in rows if row[3].step != "leave"]
        if not chosen:
            refused(request, _("Nothing was chosen, so nothing was saved."))
        elif _save_check(request, chosen):
            messages.success(
                request,
                _("Saved as drafts: %(count)d. A second person can publish them.")
                % {"count": len(chosen)},
            )
            return redirect(reverse("admin:agreement-records", args=[agreement.pk]))
    today = timezone.localdate()
    return desk(
        request,
        "records_check",
        agreement,
        rows=[
            {
                "obligation": obligation,
                "previous": previous,
                "shown": shown(previous) if previous else [],
                "form": form,
                "drafts": drafts.get(first.pk, []),
                "due": bool(
                    previous and previous.next_check_on and previous.next_check_on <= today
                ),
            }
            for obligation, first, previous, form, drafts in rows
        ],
    )


def _is_due(assessment, today):
    return bool(assessment and assessment.next_check_on and assessment.next_check_on <= today)


def _save_check(request, chosen):
    """Save what was chosen as drafts, all or none; return whether it was."""
    valid = [_is_valid(form) for _obligation, _first, _previous, form, _drafts in chosen]
    if not all(valid):
        refused(request, _("Nothing was saved yet: see the marked fields."))
        return False
    try:
        with transaction.atomic():
            for _obligation, first, _previous, form, _drafts in chosen:
                try:
                    recording.start(
                        _assessment(first, form), by=request.user, sources=_sources(form)
                    )
                except recording.KeyTaken as error:
                    form.add_error(
                        "as_of", _("There is an assessment of this day already: correct that one.")
                    )
                    raise _NotSaved from error
    except _NotSaved:
        refused(request, _("Nothing was saved yet: see the marked fields."))
        return False
    return True


class _NotSaved(Exception):
    """One of the drafts could not be saved; the form says which and why."""


def _is_valid(form):
    """Tell whether what a row says can be saved; "same" needs no more than its dates."""
    if form.step == "new":
        return form.is_valid()
    form.full_clean()
    needed = [name for name in ("as_of", "next_check_on") if name in form.errors]
    return form.previous is not None and not needed


def _assessment(obligation, form):
    """Return the unsaved assessment that a row of the check says."""
    if form.step == "new":
        values = form.values
    else:
        values = {
            field.name: getattr(form.previous, field.name)
            for field in recording.content_fields(form.previous)
        }
        for name in ("reason", "would_settle"):
            for language in STORED:
                column = f"{name}_{language}"
                values[column] = getattr(form.previous, column)
        values["as_of"], values["as_of_precision"] = form.cleaned_data["as_of"]
        values["next_check_on"] = form.cleaned_data.get("next_check_on")
        if form.previous.level == Level.CANNOT_BE_RATED:
            values["looked_on"], values["looked_precision"] = form.cleaned_data["as_of"]
    values["obligation"] = obligation
    return Assessment(key=key_for("assessment", None, values, obligation), **values)


def _sources(form):
    return form.sources if form.step == "new" else form.previous.sources


# ── The start page ───────────────────────────────────────────────────────────────────────────


def needs(request):
    """Return what records need of whoever asks: Sections of the start page."""
    from .today import Line, Section

    person = request.user
    if not person.has_perm("agreements.view_agreement"):
        return []
    mine, waiting = [], {}
    publishes = person.has_perm("agreements.publish_version")
    for kind, model in MODELS.items():
        rows = model.objects.drafts().select_related("prepared_by").order_by("pk")
        if kind in OF_AN_AGREEMENT:
            rows = rows.select_related("agreement__published")
        elif kind == "obligation":
            rows = rows.select_related("provision__agreement__published")
        elif kind == "assessment":
            rows = rows.select_related("obligation__provision__agreement__published")
        lists = recording.LISTS.get(kind, ())
        for draft in rows.prefetch_related("recordauthors", "recordsources__source", *lists):
            if not recording.may_publish(draft, person):
                lacking = recording.missing(draft)
                about = lacking[0] if lacking else _("somebody else has to publish it")
                mine.append(Line(_label(draft), address_of(draft), about))
            elif publishes:
                waiting.setdefault(draft.agreement, []).append(draft)
    due = _due(person)
    sections = [
        Section("my-records", gettext_lazy("My drafts of records"), mine),
        Section(
            "records-waiting",
            gettext_lazy("Records waiting for a second person"),
            [_waiting_line(agreement, drafts) for agreement, drafts in waiting.items()],
        ),
        Section("records-due", gettext_lazy("Assessments past their next check"), due),
    ]
    return [section for section in sections if section.lines]


def _label(draft):
    return f"{draft._meta.verbose_name}: {draft}"


def _name(agreement):
    if agreement is None:
        return _("Events")
    version = agreement.published
    return bare_text(reading(version, "short_title")) if version else agreement.slug


def _waiting_line(agreement, drafts):
    from .today import Line

    address = (
        reverse("admin:events-publish")
        if agreement is None
        else reverse("admin:agreement-records-publish", args=[agreement.pk])
    )
    return Line(_name(agreement), address, str(len(drafts)))


def _due(person):
    """Return a line for each agreement with obligations that are to be looked at again by now."""
    from .today import Line

    if not roles.may_write(person, ""):
        return []
    today = timezone.localdate()
    newest = {}
    rows = Assessment.objects.public().select_related("obligation__provision__agreement__published")
    for row in rows.order_by("as_of", "published_at", "pk"):
        newest[row.obligation_id] = row
    due = {}
    for row in newest.values():
        if _is_due(row, today):
            due.setdefault(row.obligation.agreement, []).append(row)
    return [
        Line(
            _name(agreement),
            reverse("admin:agreement-records-check", args=[agreement.pk]),
            _("%(count)d, the oldest since %(day)s")
            % {"count": len(own), "day": written(min(row.next_check_on for row in own))},
        )
        for agreement, own in due.items()
    ]


admin.site.needs.insert(0, needs)

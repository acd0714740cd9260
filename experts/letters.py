"""Letters to experts and colleagues: plain text, in the language and script of who gets them.

Nothing in a letter tells what others said, how many they are or who they are. The link is made when
the letter is, so that nothing in the outbox could open a review.
"""

import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dialogue_platform.dates import written
from dialogue_platform.languages import BY_CODE, reading
from dialogue_platform.scripts import to_latin

from . import fidelity, links, outbox
from .models.outbox import Rule

# Rule → subject, first paragraph. The way in, the day and the signature are added to each. No
# sentence counts days: a letter that was caught up later has to be true as well.
_WORDS = {
    Rule.INVITATION: (
        gettext_lazy("Invitation to review a text: %(name)s"),
        gettext_lazy(
            "we would like you to review our text on “%(name)s”, before the word “verified” may"
            " stand on it. You would read it on your own, comment where you see fit and give a"
            " verdict; that takes about two hours. Other members of the panel do not learn who you"
            " are, and the public learns it only if you want."
        ),
    ),
    Rule.ANSWER_SOON: (
        gettext_lazy("Your answer, please: review of %(name)s"),
        gettext_lazy(
            "some days ago we asked you to review our text on “%(name)s”. Please say whether you"
            " can; a no helps us too."
        ),
    ),
    Rule.ANSWER_NOW: (
        gettext_lazy("Your answer is due: review of %(name)s"),
        gettext_lazy(
            "please say now whether you can review our text on “%(name)s”. We will not remind you"
            " again."
        ),
    ),
    Rule.REVIEW_SOON: (
        gettext_lazy("Your review is due soon: %(name)s"),
        gettext_lazy("your review of “%(name)s” is due soon. Your drafts are where you left them."),
    ),
    Rule.REVIEW_LATE: (
        gettext_lazy("Your review was due: %(name)s"),
        gettext_lazy(
            "your review of “%(name)s” was due already. If you need more time, please tell us; if"
            " you cannot do it, you can leave the panel on its page."
        ),
    ),
    Rule.REMINDER: (
        gettext_lazy("A reminder: review of %(name)s"),
        gettext_lazy("this is a reminder of the review of “%(name)s”, and a fresh link to it."),
    ),
    Rule.RELEASED: (
        gettext_lazy("The comments can be read: %(name)s"),
        gettext_lazy(
            "the independent reading of “%(name)s” is over. You can now read what the panel said,"
            " answer, and revise your verdict; your first one stays on record."
        ),
    ),
    Rule.CLOSING: (
        gettext_lazy("The discussion ends soon: %(name)s"),
        gettext_lazy("the discussion of “%(name)s” ends soon."),
    ),
    Rule.DIGEST: (
        gettext_lazy("The editors answered: %(name)s"),
        gettext_lazy("the editors answered your comments on “%(name)s”."),
    ),
    Rule.OUTCOME: (
        gettext_lazy("The review is over: %(name)s"),
        gettext_lazy(
            "the review of “%(name)s” is over. Its page says how it ended and what the editors did"
            " with each of your comments. Thank you."
        ),
    ),
    Rule.FRESH_LINK: (
        gettext_lazy("A fresh link: review of %(name)s"),
        gettext_lazy("here is the fresh link that you asked for, to the review of “%(name)s”."),
    ),
    Rule.CARRIED: (
        gettext_lazy("A small correction in a text you reviewed: %(name)s"),
        gettext_lazy(
            "after your review of “%(name)s” two editors corrected what they call a typing error."
            " Please look at the change. If you find that it is more than that, you can turn it"
            " into a new round of review within ten days."
        ),
    ),
    Rule.ALARM: (
        gettext_lazy("Something is wrong on a public page: %(name)s"),
        gettext_lazy("an expert says that something is wrong on the public page of “%(name)s”."),
    ),
}


def compose(letter, *, at):
    """Return the EmailMessage of a letter, with a link made for it alone."""
    code = _language(letter)
    with translation.override(code):
        version = letter.alarm.version if letter.alarm_id else letter.assignment.round.version
        name = reading(version, "short_title").text
        subject, opening = (str(text) % {"name": name} for text in _WORDS[letter.rule])
        lines = [*_greeting(letter), opening, *_more(letter, at), _("The team of the platform")]
        lines.append(_("Balkans Policy Research Group (BPRG), Prishtina"))
        body = "\n\n".join(lines[:-1]) + "\n" + lines[-1] + "\n"
    if code == "sr-latn":
        subject, body = to_latin(subject), to_latin(body)
    to = letter.colleague.email if letter.colleague_id else letter.assignment.expert.email
    return EmailMessage(
        subject=subject,
        body=body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        headers={"Auto-Submitted": "auto-generated", "Content-Language": BY_CODE[code].tag},
    )


_FRESH = datetime.timedelta(days=14)


def _language(letter):
    if letter.colleague_id:
        colleague = getattr(letter.colleague, "colleague", None)
        return (colleague and colleague.language) or "en"
    return letter.assignment.expert.language


def _greeting(letter):
    if letter.colleague_id:
        return [_("Good day,")]
    expert = letter.assignment.expert
    cyrillic = letter.assignment.expert.language == "sr-cyrl" and expert.name_cyrillic
    return [_("Good day, %(person)s,") % {"person": cyrillic or expert.name}]


def _more(letter, at):
    """Return the paragraphs after the first: what there is to know, and the way in."""
    if letter.alarm_id:
        address = f"{settings.SITE_URL}{reverse('admin:review-alarms')}"
        return [letter.alarm.text, _("Please look at it now:"), address]
    return [*_days(letter, at), *_way_in(letter, at)]


def _days(letter, at):
    assignment = letter.assignment
    round_ = assignment.round
    if letter.rule == Rule.INVITATION:
        return [
            _("Your field on the panel: %(field)s.")
            % {"field": assignment.seat.get_profile_display()},
            _("Please answer by: %(day)s") % {"day": written(assignment.answer_by)}
            + "\n"
            + _("The review is due by: %(day)s") % {"day": written(round_.review_by)},
        ]
    if letter.rule in (Rule.ANSWER_SOON, Rule.ANSWER_NOW):
        return [_("Please answer by: %(day)s") % {"day": written(assignment.answer_by)}]
    if letter.rule in (Rule.REVIEW_SOON, Rule.REVIEW_LATE, Rule.REMINDER):
        return [_("The review is due by: %(day)s") % {"day": written(round_.review_by)}]
    if letter.rule in (Rule.RELEASED, Rule.CLOSING):
        return [_("Discussion until: %(day)s") % {"day": written(round_.discuss_by)}]
    if letter.rule == Rule.DIGEST:
        count = outbox.new_answers(assignment, at).count()
        return [ngettext("%(count)d new answer", "%(count)d new answers", count) % {"count": count}]
    return []


def _open_until(letter, at):
    """Return until when a letter's link has to open whatever is due, None where it need not."""
    if letter.rule == Rule.CARRIED:
        carry = letter.assignment.round.carried_to.filter(
            pk=letter.key.rpartition(":")[2], confirmed_at__isnull=False
        ).first()
        return fidelity.contest_until(carry) if carry else None
    if letter.rule == Rule.OUTCOME:  # a long discussion may end after the links
        return at + datetime.timedelta(days=links.VALID_DAYS)
    if letter.rule in (Rule.FRESH_LINK, Rule.REMINDER):  # whoever is late gets in as well
        return at + _FRESH
    return None


def _way_in(letter, at):
    secret = links.make(letter.assignment, at=at, until=_open_until(letter, at))
    address = f"{settings.SITE_URL}{reverse('review-enter', args=[secret])}"
    # Midnight, at which it ends, belongs to the next day.
    last = letter.assignment.links.first().expires_at - datetime.timedelta(microseconds=1)
    return [
        _("This link is for you alone; please do not pass it on:"),
        address,
        _("It opens the review until: %(day)s") % {"day": written(timezone.localtime(last))},
    ]

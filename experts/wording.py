"""What a quorum's rules say, in words: for the coordinator with communities, for others without."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .models.expert import Profile
from .perspectives import Perspective
from .quorum import Kind


def missing(report, *, private):
    """Return sentences that say what is still missing, one each; [] where nothing is.

    With `private` the rules about communities are told as they are, for the coordinator alone;
    else only that the balance is not met yet.
    """
    found = [_SENTENCES[rule.kind](rule) for rule in report.missing if not rule.is_private]
    if private:
        found += [_SENTENCES[rule.kind](rule) for rule in report.missing if rule.is_private]
    elif not report.balanced:
        found.append(_("The balance rule is not yet met."))
    return found


def _size(rule):
    return ngettext(
        "%(count)d more verdict that counts.", "%(count)d more verdicts that count.", rule.lacking
    ) % {"count": rule.lacking}


def _answered(rule):
    return ngettext(
        "%(count)d more member of the panel has to answer.",
        "%(count)d more members of the panel have to answer.",
        rule.lacking,
    ) % {"count": rule.lacking}


def _profile(rule):
    return _("One more verdict from the field: %(field)s.") % {"field": Profile(rule.about).label}


def _perspective(rule):
    return ngettext(
        "%(count)d more verdict from the community: %(community)s.",
        "%(count)d more verdicts from the community: %(community)s.",
        rule.lacking,
    ) % {"count": rule.lacking, "community": Perspective(rule.about).label}


def _share(rule):
    return _("More than half of the verdicts come from one community: %(community)s.") % {
        "community": Perspective(rule.about).label
    }


def _approval(rule):
    return ngettext("%(count)d more approval.", "%(count)d more approvals.", rule.lacking) % {
        "count": rule.lacking
    }


def _approval_inside(rule):
    return ngettext(
        "%(count)d more approval from the community: %(community)s.",
        "%(count)d more approvals from the community: %(community)s.",
        rule.lacking,
    ) % {"count": rule.lacking, "community": Perspective(rule.about).label}


def _objections(rule):
    return ngettext(
        "%(count)d objection is open; only its author can lift it.",
        "%(count)d objections are open; only their authors can lift them.",
        rule.lacking,
    ) % {"count": rule.lacking}


def _comments(rule):
    return ngettext(
        "%(count)d comment has no answer.", "%(count)d comments have no answer.", rule.lacking
    ) % {"count": rule.lacking}


_SENTENCES = {
    Kind.SIZE: _size,
    Kind.ANSWERED: _answered,
    Kind.PROFILE: _profile,
    Kind.PERSPECTIVE: _perspective,
    Kind.SHARE: _share,
    Kind.APPROVAL: _approval,
    Kind.APPROVAL_INSIDE: _approval_inside,
    Kind.OBJECTIONS: _objections,
    Kind.COMMENTS: _comments,
}

# The rules of a kept report, for readers; "balance" stands for all that speak of communities.
_RULES = {
    "size": gettext_lazy("enough verdicts that count"),
    "answered": gettext_lazy("enough of the panel answered"),
    "profile": gettext_lazy("the field was represented: %(field)s"),
    "approval": gettext_lazy("enough of the panel approved"),
    "objections": gettext_lazy("no objection is open"),
    "comments": gettext_lazy("every comment was answered"),
    "balance": gettext_lazy("the panel was balanced between communities, and so was its approval"),
}


def kept_rules(report):
    """Return [(rule in words, met)] of a report as a round keeps it."""
    return [
        (
            str(_RULES[rule["kind"]])
            % {"field": Profile(rule["about"]).label if rule["about"] else ""},
            rule["met"],
        )
        for rule in report["rules"]
    ]


def numbers(policy):
    """Return the rule in numbers, sentence by sentence, for the public page."""
    per_cent = round(100 * policy.answered[0] / policy.answered[1])
    return [
        ngettext(
            "At least %(count)d verdict counts.",
            "At least %(count)d verdicts count.",
            policy.smallest_panel,
        )
        % {"count": policy.smallest_panel},
        _("At least %(count)d %% of those who accepted a seat have answered.")
        % {"count": per_cent},
        _("Each of these fields has at least one verdict: %(fields)s.")
        % {"fields": ", ".join(str(Profile(each).label) for each in policy.profiles)},
        _(
            "Each of these communities has at least %(few)d of the verdicts, on panels of"
            " %(panel)d and more at least %(many)d: %(communities)s."
        )
        % {
            "few": policy.of_each_perspective,
            "panel": policy.large_panel,
            "many": policy.of_each_perspective_on_large,
            "communities": ", ".join(str(Perspective(each).label) for each in policy.perspectives),
        },
        _("No community has more than %(part)d in %(whole)d of the verdicts.")
        % {"part": policy.largest_share[0], "whole": policy.largest_share[1]},
        _("At least %(part)d in %(whole)d of the verdicts approve, with or without edits.")
        % {"part": policy.approving[0], "whole": policy.approving[1]},
        _("Inside each of these communities at least %(part)d in %(whole)d approve.")
        % {"part": policy.approving_inside[0], "whole": policy.approving_inside[1]},
        _("No objection is open, and the editors have answered every comment."),
    ]

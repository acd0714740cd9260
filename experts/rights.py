"""Who may do what in expert review. A superuser has no rights here but those of their groups.

Blindness would be worth nothing if the person who keeps the server could look past it; so rights
are asked of the groups and never of `is_superuser`. A superuser who conducts rounds joins the group
of coordinators, and the history of accounts shows that.
"""

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.utils import timezone

from agreements import roles

CONDUCT, ANSWER, CHECK, WITHDRAW = (
    "conduct_round",
    "answer_comments",
    "check_fidelity",
    "withdraw_badge",
)
RIGHTS = {
    roles.EDITOR: [f"experts.{ANSWER}", f"experts.{CHECK}"],
    roles.TRANSLATOR: [f"experts.{CHECK}"],
    roles.COORDINATOR: [f"experts.{CONDUCT}", f"experts.{CHECK}"],
    roles.PUBLISHER: [f"experts.{ANSWER}", f"experts.{CHECK}", f"experts.{WITHDRAW}"],
    roles.ADMINISTRATOR: [f"experts.{ANSWER}", f"experts.{WITHDRAW}"],
}


def holds(person, codename):
    """Tell whether a person was given a right of expert review, through a group or by name.

    Of superusers Django says that they have every right, so their groups are asked: one query, and
    the answer is kept on the person.
    """
    if not (person.is_authenticated and person.is_active):
        return False
    if not person.is_superuser:
        return person.has_perm(f"experts.{codename}")
    if not hasattr(person, "_review_rights"):
        given = Permission.objects.filter(content_type__app_label="experts").filter(
            Q(group__user=person) | Q(user=person)
        )
        person._review_rights = set(given.values_list("codename", flat=True))
    return codename in person._review_rights


def holders(codename):
    """Return the active colleagues who were given a right, each once."""
    from django.contrib.auth import get_user_model

    given = Permission.objects.filter(content_type__app_label="experts", codename=codename)
    people = get_user_model().objects.filter(is_active=True)
    return people.filter(
        Q(groups__permissions__in=given) | Q(user_permissions__in=given)
    ).distinct()


def first_policy(sender, using, **kwargs):
    """Lay down the rule the platform begins with, once."""
    from django.db import connections

    from .models import QuorumPolicy
    from .quorum import Policy

    if QuorumPolicy._meta.db_table not in connections[using].introspection.table_names():
        return  # migrations were taken back
    if not QuorumPolicy.objects.using(using).exists():
        QuorumPolicy.objects.using(using).create(
            rules=Policy().as_json(), since=timezone.now(), decided_by=None
        )

from django.shortcuts import render
from django.utils import timezone

from agreements.implementation import latest_assessments, stands, tallies
from agreements.models import Agreement, Obligation, Obstacle, Publication
from dialogue_platform.views import public_page

LATEST = 5  # publications and assessments on the home page
OBSTACLES = 4


@public_page
def home(request):
    """What this is, how deep one can go, what became of it, what changed lately."""
    today = timezone.localdate()
    order = ("theme__position", "theme__slug", "published__date_agreed", "slug")
    agreements = list(Agreement.objects.for_list().order_by(*order))
    version_of = {each.pk: each.published for each in agreements}
    found = Obligation.objects.public().with_level().filter(provision__agreement__in=version_of)
    obstacles = Obstacle.objects.public().filter(agreement__in=version_of).order_by("-since", "pk")
    standing = [each for each in obstacles if stands(each, today)]
    context = {
        "agreements": agreements,
        "example": max(agreements, key=lambda each: each.published.date_agreed, default=None),
        "sides": tallies(list(found)),
        "obstacles": [(each, version_of[each.agreement_id]) for each in standing[:OBSTACLES]],
        "obstacle_count": len(standing),
        "assessments": latest_assessments(version_of, LATEST),
        "latest": Publication.objects.select_related("version__agreement").newest_first()[:LATEST],
    }
    return render(request, "agreements/home.html", context)

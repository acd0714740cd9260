from django.shortcuts import render
from django.views.decorators.http import require_safe

from agreements.models import Agreement, Publication

LATEST = 5  # publications on the home page


@require_safe
def home(request):
    """What this is, how deep one can go, which matters there are, what changed lately."""
    agreements = list(
        Agreement.objects.for_list().order_by("theme__position", "published__date_agreed", "slug")
    )
    context = {
        "agreements": agreements,
        "example": max(agreements, key=lambda each: each.published.date_agreed, default=None),
        "latest": Publication.objects.select_related("version__agreement").newest_first()[:LATEST],
    }
    return render(request, "agreements/home.html", context)

from django.shortcuts import render

from agreements.models import Agreement, Publication
from dialogue_platform.views import public_page

LATEST = 5  # publications on the home page


@public_page
def home(request):
    """What this is, how deep one can go, which matters there are, what changed lately."""
    order = ("theme__position", "theme__slug", "published__date_agreed", "slug")
    agreements = list(Agreement.objects.for_list().order_by(*order))
    context = {
        "agreements": agreements,
        "example": max(agreements, key=lambda each: each.published.date_agreed, default=None),
        "latest": Publication.objects.select_related("version__agreement").newest_first()[:LATEST],
    }
    return render(request, "agreements/home.html", context)

"""Every address of the platform; the contract is README.md, "Addresses"."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from agreements.sitemap import sitemap_view
from agreements.views import original

from . import views

handler400 = "dialogue_platform.views.bad_request"
handler403 = "dialogue_platform.views.permission_denied"
handler404 = "dialogue_platform.views.page_not_found"
handler500 = "dialogue_platform.views.server_error"

urlpatterns = [
    path("", views.to_readers_language),
    path("healthz", views.health),
    path("readyz", views.readiness),
    path("robots.txt", views.robots),
    path("sitemap.xml", sitemap_view),
    re_path(r"^sr/(?P<rest>.*)$", views.to_readers_script),
    re_path(
        r"^(?P<code>(?=[^/]*[A-Z])(?i:sr-latn|sr-cyrl|sr|sq|en))/(?P<rest>.*)$", views.to_lower_case
    ),
    path("admin/", admin.site.urls),
    path("originals/<str:sha256>/<str:name>", original, name="original"),
]
# The languages come first: the lenient patterns above are for what they did not take.
urlpatterns = (
    i18n_patterns(
        path("", include("agreements.urls")),
        path("", include("experts.public_urls")),
        path("review/", include("experts.urls")),
    )
    + urlpatterns
)

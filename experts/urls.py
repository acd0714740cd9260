"""The experts' pages, below `/{L}/review/`."""

from django.urls import path, re_path

from agreements.layers import DETAILS, FULL_TEXT, SUMMARY

from .views import access, commenting, desk, discussing, judging, reading, yourself

urlpatterns = [
    path("", desk.desk, name="review"),
    path("enter/<str:secret>/", access.enter, name="review-enter"),
    path("fresh-link/", access.fresh_link, name="review-fresh-link"),
    path("sign-out/", access.sign_out, name="review-sign-out"),
    path("<str:key>/", desk.assignment_page, name="review-assignment"),
    path("<str:key>/answer/", desk.answer, name="review-answer"),
    path("<str:key>/leave/", desk.leave, name="review-leave"),
    path("<str:key>/read/", reading.layer, {"layer": SUMMARY}, name="review-read"),
    path("<str:key>/read/details/", reading.layer, {"layer": DETAILS}, name="review-read-details"),
    path(
        "<str:key>/read/full-text/",
        reading.layer,
        {"layer": FULL_TEXT},
        name="review-read-full-text",
    ),
    path("<str:key>/read/beside/", reading.beside, name="review-beside"),
    path("<str:key>/read/changes/", reading.changes, name="review-changes"),
    path("<str:key>/comment/", commenting.new_comment, name="review-comment"),
    path("<str:key>/comment/<str:comment_key>/", commenting.comment, name="review-comment-draft"),
    path("<str:key>/notes/", commenting.notes, name="review-notes"),
    path("<str:key>/verdict/", judging.verdict, name="review-verdict"),
    path("<str:key>/objection/", judging.lift, name="review-lift"),
    path("<str:key>/translation/<str:language>/", judging.fidelity, name="review-fidelity"),
    path("<str:key>/correction/", judging.correction, name="review-correction"),
    path("<str:key>/discussion/", discussing.discussion, name="review-discussion"),
    path("<str:key>/alarm/", discussing.alarm, name="review-alarm"),
    path("<str:key>/you/", yourself.yourself, name="review-yourself"),
    # What one may not open and what does not exist look the same.
    re_path(r"^.*$", access.nothing_here),
]

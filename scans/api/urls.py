"""The routes of this app in v1. Fixed words stand before ids."""

from django.urls import path

from scans.api.activities import Activities
from scans.api.monitors import MonitorDetail, Monitors
from scans.api.results import Dropped, ProspectSignals, Results
from scans.api.scans import Cancel, ScanDetail, Scans
from scans.api.specifications import SpecificationDetail, Specifications

_GROUP = "v1/accounts/<object_id:accountGroupId>"
_SCAN = f"{_GROUP}/signals/scans/<object_id:scanId>"

urlpatterns = [
    path(f"{_GROUP}/signals/scans", Scans.as_view()),
    path(_SCAN, ScanDetail.as_view()),
    path(f"{_SCAN}/cancel", Cancel.as_view()),
    path(f"{_SCAN}/results", Results.as_view()),
    path(f"{_SCAN}/dropped", Dropped.as_view()),
    path(f"{_GROUP}/signals/monitors", Monitors.as_view()),
    path(f"{_GROUP}/signals/monitors/<object_id:monitorId>", MonitorDetail.as_view()),
    path(f"{_GROUP}/signal-specifications", Specifications.as_view()),
    path(f"{_GROUP}/signal-specifications/<object_id:specificationId>", SpecificationDetail.as_view()),
    path(f"{_GROUP}/prospects/<object_id:prospectId>/signals", ProspectSignals.as_view()),
    path(f"{_GROUP}/activities", Activities.as_view()),
]

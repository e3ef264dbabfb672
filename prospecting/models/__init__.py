from prospecting.models.audiences import Audience, AudienceMember, Folder
from prospecting.models.companies import Company
from prospecting.models.imports import KnownAs, LeadFile, MergeCandidate, RowError
from prospecting.models.jobs import JobProspect, ProspectingJob
from prospecting.models.prospects import PositionChange, Prospect, ProviderIdentity
from prospecting.models.providers import Provider, ProviderUse
from prospecting.models.suppression import ProspectingSettings, Suppression

__all__ = [
    "RowError",
    "MergeCandidate",
    "LeadFile",
    "KnownAs",
    "Audience",
    "AudienceMember",
    "Company",
    "Folder",
    "JobProspect",
    "PositionChange",
    "Prospect",
    "ProspectingJob",
    "ProspectingSettings",
    "Provider",
    "ProviderIdentity",
    "ProviderUse",
    "Suppression",
]

"""The closed lists of prospecting."""

from __future__ import annotations

from django.db.models import TextChoices


class AudienceType(TextChoices):
    ON_DEMAND = "on_demand", "On demand"
    MONITORING = "monitoring", "Monitoring"


class EmailStatus(TextChoices):
    UNKNOWN = "unknown", "Unknown"  # none, or never looked at
    VALID = "valid", "Valid"  # well formed, and its domain takes mail where that was checked
    INVALID = "invalid", "Invalid"
    GUESSED = "guessed", "Guessed"  # made from a pattern; its domain takes mail, more is not known


class JobSource(TextChoices):
    """Where the people of a prospecting job come from."""

    URL_UPLOAD = "url_upload", "List of profile addresses"
    FILE_UPLOAD = "file_upload", "File"
    RECORDS = "records", "Records in the request"
    LINKEDIN_SEARCH = "linkedin_search", "LinkedIn search"
    SALES_NAVIGATOR = "sales_navigator", "Sales Navigator"
    POST_COMMENTERS = "post_commenters", "Commenters of a post"


FROM_PROVIDER = (JobSource.LINKEDIN_SEARCH, JobSource.SALES_NAVIGATOR, JobSource.POST_COMMENTERS)


class Seniority(TextChoices):
    """How high a title ranks, the highest first; read by prospecting/enrichment/titles.py."""

    FOUNDER = "founder", "Founder"
    OWNER = "owner", "Owner"
    C_SUITE = "c_suite", "Top management"
    PARTNER = "partner", "Partner"
    VP = "vp", "Vice president"
    DIRECTOR = "director", "Director"
    HEAD = "head", "Head of a department"
    MANAGER = "manager", "Manager"
    SENIOR = "senior", "Senior"
    INDIVIDUAL_CONTRIBUTOR = "individual_contributor", "Individual contributor"
    JUNIOR = "junior", "Junior"
    INTERN = "intern", "Intern"


class Department(TextChoices):
    ADMINISTRATION = "administration", "Administration"
    CONSULTING = "consulting", "Consulting"
    CUSTOMER_SUCCESS = "customer_success", "Customer success and support"
    DATA = "data", "Data"
    DESIGN = "design", "Design"
    EDUCATION = "education", "Education"
    ENGINEERING = "engineering", "Engineering"
    EXECUTIVE = "executive", "Executive"
    FINANCE = "finance", "Finance"
    HR = "hr", "People"
    IT = "it", "Information technology"
    LEGAL = "legal", "Legal"
    MARKETING = "marketing", "Marketing and communication"
    MEDICAL = "medical", "Medical"
    OPERATIONS = "operations", "Operations"
    PROCUREMENT = "procurement", "Procurement"
    PRODUCT = "product", "Product"
    RESEARCH = "research", "Research"
    SALES = "sales", "Sales"
    SECURITY = "security", "Security"


class SuppressionKind(TextChoices):
    """By what somebody is on the suppression list."""

    DOMAIN = "domain", "Domain"  # everybody there; kept in clear
    EMAIL = "email", "E-mail address"
    IDENTIFIER = "identifier", "Public identifier"
    EXTERNAL = "external", "Id at a provider"
    PERSON = "person", "Person id at a provider"
    NAME = "name", "Name at a company"  # for people of whom nothing better was known


class LeadFileKind(TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"


class MergeReason(TextChoices):
    """Why two prospects may be one person."""

    SIMILAR_NAME = "similar_name", "Similar names at one company"
    SAME_NAME = "same_name", "The same name at one company, other addresses"
    TWO_IDENTITIES = "two_identities", "One row named both"


class MergeStatus(TextChoices):
    OPEN = "open", "Open"
    KEPT_APART = "kept_apart", "Kept apart"


class Capability(TextChoices):
    """What a provider may offer besides searches."""

    LOOKUP = "lookup", "Looks people up"  # asked for each prospect that is enriched
    EMAIL = "email", "Finds e-mail addresses"
    ACTIVITY_SCANS = "activity_scans", "Scans posts and comments"

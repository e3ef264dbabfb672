"""Answers about uploads and mappings."""

from __future__ import annotations

from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.enums import UploadStatus
from compliance.uploads.kinds import FileKind


class Column(Answer):
    name = serializers.CharField()
    type = serializers.ChoiceField(["text", "number", "time", "boolean", "empty"])
    nulls = serializers.IntegerField()
    distinct = serializers.IntegerField(help_text="Exact for small columns, else estimated.")
    min = serializers.CharField(allow_null=True)
    max = serializers.CharField(allow_null=True)
    ambiguous = serializers.BooleanField(help_text="Decimal mark or day order could be read either way.")
    decimal_mark = serializers.ChoiceField([".", ","], allow_null=True, help_text="Null: no value has one in doubt.")
    day_first = serializers.BooleanField(allow_null=True, help_text="Null: no date has its order in doubt.")
    derived_from = serializers.ListField(child=serializers.CharField())


class Upload(Answer):
    upload_id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(UploadStatus.choices)
    progress = serializers.FloatField(min_value=0, max_value=1, help_text="Share of the reading that is done.")
    error = serializers.CharField(allow_null=True, help_text="Why it could not be read, when status is failed.")
    kind = serializers.ChoiceField(list(FileKind), allow_null=True, help_text="By its bytes; null until it is read.")
    sheet = serializers.CharField(allow_null=True, help_text="Of a workbook: the sheet that was read.")
    row_count = serializers.IntegerField()
    headers = serializers.ListField(child=serializers.CharField())
    sample_rows = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField(allow_null=True)), help_text="The first five records."
    )
    detected_dataset = serializers.CharField(allow_null=True)
    suggested_mapping = serializers.DictField(child=serializers.CharField(), help_text="{field: column}")
    mapping_confidence = serializers.FloatField(min_value=0, max_value=1)
    field_confidence = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=1))
    temporal_scale = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the bytes received.")
    size = serializers.IntegerField(help_text="Bytes received.")
    columns = Column(many=True)
    rejected_rows = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)


class Processing(Answer):
    upload_id = serializers.UUIDField()
    status = serializers.ChoiceField([UploadStatus.PROCESSING])


class Reject(Answer):
    line = serializers.IntegerField(help_text="Line of the file, row of the sheet, or record of the Parquet file.")
    row = serializers.IntegerField(help_text="Its ordinal among all records.")
    reason = serializers.CharField()
    text = serializers.CharField(allow_blank=True, help_text="Its first 500 characters.")


class UploadItem(Answer):
    upload_id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(UploadStatus.choices)
    row_count = serializers.IntegerField()
    rejected_rows = serializers.IntegerField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class Mapping(Answer):
    mapping_id = serializers.UUIDField()
    upload_id = serializers.UUIDField()
    mapping_config = serializers.DictField(child=serializers.CharField(), help_text="{field: column}")
    overrides = serializers.DictField(help_text="{column: {decimal_mark, day_first}}")
    ready_to_scan = serializers.BooleanField()
    temporal_scale = serializers.CharField()
    created_at = serializers.DateTimeField()


class Confirmed(Answer):
    mapping_id = serializers.UUIDField()
    ready_to_scan = serializers.BooleanField()
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="Fields that are taken as they stand and look misspelt."
    )


class InvalidColumn(Answer):
    path = serializers.CharField()
    message = serializers.CharField()


class RuleDependencies(Answer):
    rule_id = serializers.CharField()
    rule_name = serializers.CharField()
    is_active = serializers.BooleanField()
    required_fields = serializers.ListField(child=serializers.CharField())
    ready = serializers.BooleanField()


class ValueQuality(Answer):
    field = serializers.CharField()
    column = serializers.CharField()
    kind = serializers.ChoiceField(["text", "number", "time"], help_text="What the field needs its values to be.")
    share = serializers.FloatField(min_value=0, max_value=1, help_text="Of the records, those whose value reads as it.")


class Readiness(Answer):
    state = serializers.ChoiceField(["ready", "warning", "blocked"])
    missing_required = serializers.ListField(child=serializers.CharField())
    invalid_columns = InvalidColumn(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    required_fields = serializers.ListField(child=serializers.CharField())
    rule_dependencies = RuleDependencies(many=True)
    value_quality = ValueQuality(many=True)
    sample_normalized_rows = serializers.ListField(
        child=serializers.DictField(),
        help_text="The first three records as rules will see them.",
    )

from django.db import migrations

from jigong.audit.chain import append_only

_COLUMNS = (
    "id",
    "at",
    "actor",
    "actor_label",
    "action",
    "object_kind",
    "object_id",
    "person",
    "reason",
    "detail",
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [append_only("audit_entry", _COLUMNS, moments=("at",))]

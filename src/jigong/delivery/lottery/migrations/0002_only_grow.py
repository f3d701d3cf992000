from django.db import migrations

from jigong.audit.chain import append_only, only_grows

_COLUMNS = ("id", "draw_id", "at", "actor", "actor_label", "kind", "code", "detail")


class Migration(migrations.Migration):
    dependencies = [("lottery", "0001_initial")]

    operations = [
        append_only("lottery_event", _COLUMNS, moments=("at",)),
        only_grows("lottery_draw"),
        only_grows("lottery_entrant"),
        only_grows("lottery_result"),
        only_grows("lottery_document"),
        # Its bytes are hashes: nothing to compress, and compressing 10 MB takes half a second.
        migrations.RunSQL(
            "ALTER TABLE lottery_document ALTER COLUMN body SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
    ]

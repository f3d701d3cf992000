from django.db import migrations

from jigong.audit.chain import only_grows


class Migration(migrations.Migration):
    dependencies = [("publishing", "0001_initial")]

    operations = [only_grows("publishing_move")]

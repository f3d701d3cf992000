from django.db import migrations

from jigong.audit.chain import only_grows


class Migration(migrations.Migration):
    dependencies = [("ranking", "0001_initial")]

    operations = [only_grows("ranking_finalisation"), only_grows("ranking_confirmation")]

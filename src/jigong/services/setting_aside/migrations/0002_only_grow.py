from django.db import migrations

from jigong.audit.chain import only_grows


class Migration(migrations.Migration):
    dependencies = [("setting_aside", "0001_initial")]

    operations = [only_grows("setting_aside_proposal"), only_grows("setting_aside_answer")]

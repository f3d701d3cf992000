from django.db import migrations

from jigong.audit.chain import only_grows


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_differences")]

    operations = [only_grows("cases_said")]

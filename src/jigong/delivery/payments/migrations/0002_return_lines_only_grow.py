from django.db import migrations

from jigong.audit.chain import only_grows


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("audit", "0002_append_only")]

    operations = [only_grows("payments_return_line"), only_grows("payments_paying_account")]

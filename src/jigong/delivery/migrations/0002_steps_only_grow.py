from django.db import migrations

from jigong.audit.chain import only_grows


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial")]

    operations = [only_grows("delivery_step"), only_grows("delivery_basis")]

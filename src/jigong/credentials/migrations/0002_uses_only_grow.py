from django.db import migrations

_FORWARD = """
CREATE FUNCTION credentials_codeuse_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '1 day' THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'credentials_codeuse only grows, and forgets after a day: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER credentials_codeuse_refuse_change BEFORE UPDATE OR DELETE ON credentials_codeuse
  FOR EACH ROW EXECUTE FUNCTION credentials_codeuse_refuse();
CREATE TRIGGER credentials_codeuse_refuse_truncate BEFORE TRUNCATE ON credentials_codeuse
  FOR EACH STATEMENT EXECUTE FUNCTION credentials_codeuse_refuse();
"""
_BACKWARD = """
DROP TRIGGER credentials_codeuse_refuse_truncate ON credentials_codeuse;
DROP TRIGGER credentials_codeuse_refuse_change ON credentials_codeuse;
DROP FUNCTION credentials_codeuse_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("credentials", "0001_initial")]

    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]

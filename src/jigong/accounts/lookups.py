"""``__in`` with as many values as there are people: above some they are one array, for PostgreSQL takes 65,535 parameters."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler

_FEW = 1_000
_ARRAY = "ANY(%s)"


@Field.register_lookup
class InArray(In):
    """``__in`` of a column."""

    def process_rhs(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """The values: one array where they are many."""
        sql, params = super().process_rhs(compiler, connection)
        many = self.rhs_is_direct_value() and len(params) > _FEW
        return (_ARRAY, [list(params)]) if many else (sql, params)

    def get_rhs_op(self, connection: BaseDatabaseWrapper, rhs: str) -> str:
        """How they are compared."""
        return f"= {rhs}" if rhs == _ARRAY else super().get_rhs_op(connection, rhs)


@ForeignObject.register_lookup
class RelatedInArray(InArray, RelatedIn):
    """``__in`` of a relation."""

"""Where a draft, a check and a version of the law stand."""

from django.db.models import TextChoices

from jigong.kernel.text import Text


class DraftState(TextChoices):
    """Where a draft stands."""

    DRAFTING = "drafting", "起草中"
    SUBMITTED = "submitted", "待批准"
    PUBLISHED = "published", "已发布"
    DROPPED = "dropped", "已撤销"


class DraftKind(TextChoices):
    """What a draft does."""

    CHANGE = "change", "修订"
    NEW = "new", "新条款"
    ROLLBACK = "rollback", "恢复"


class EditKind(TextChoices):
    """What of a pack an edit changes."""

    PARAMETER = "parameter", "数值"
    CLAUSE = "clause", "条文"
    CASES = "cases", "例子"
    VALUES = "values", "新数值"


class CheckState(TextChoices):
    """How far a check has come."""

    RUNNING = "running", "检查中"
    PASSED = "passed", "通过"
    REFUSED = "refused", "未通过"
    BROKEN = "broken", "中断"


class VersionState(TextChoices):
    """Where a version of the law stands. At most one is in force."""

    SCHEDULED = "scheduled", "待生效"
    IN_FORCE = "in_force", "现行"
    PAST = "past", "已被替代"
    SKIPPED = "skipped", "未曾生效"


DRAFT_LABELS = {
    DraftState.DRAFTING: Text("起草中", "being drafted"),
    DraftState.SUBMITTED: Text("待第二人批准", "waiting for a second person"),
    DraftState.PUBLISHED: Text("已批准发布", "approved"),
    DraftState.DROPPED: Text("已撤销", "dropped"),
}
VERSION_LABELS = {
    VersionState.SCHEDULED: Text("待生效", "scheduled"),
    VersionState.IN_FORCE: Text("现行", "in force"),
    VersionState.PAST: Text("已被替代", "superseded"),
    VersionState.SKIPPED: Text("未曾生效", "never in force"),
}
MOVE_LABELS = {
    "create": Text("新建草案", "began a draft"),
    "edit": Text("修改草案", "edited the draft"),
    "settle": Text("修改依据和生效日", "changed basis or date"),
    "check": Text("运行检查", "ran the check"),
    "words": Text("措辞有改动，重核条文和例子", "words changed: texts and cases were checked again"),
    "submit": Text("送审", "sent for approval"),
    "return": Text("退回修改", "sent back"),
    "approve": Text("批准", "approved"),
    "drop": Text("撤销", "dropped"),
    "take_effect": Text("生效", "took effect"),
}

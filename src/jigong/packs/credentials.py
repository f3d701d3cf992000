"""What others can verify: ``credentials.yaml`` and ``skill_code.yaml``, as frozen objects."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from jigong.kernel.text import Text
from jigong.packs.model import Named, Part, SourcedName, Words
from jigong.packs.sources import NAME, Sourced

AchievementType = Literal["Achievement", "Award", "Badge", "Certificate", "Certification", "License"]
"""Types of achievement of Open Badges 3.0 that fit a worker's certificates and honours."""


class CredentialKind(SourcedName):
    """Records that become credentials: one for each row of ``sql``.

    It gives ``key`` (of the record), ``worker``, ``achievement`` (a code that equal achievements share),
    ``zh`` and ``en`` (its name), ``awarded_on``, ``until`` (or empty), ``number`` (printed; or empty) and
    ``assessor`` (who examined; or empty). A record that no longer counts on ``:as_of`` is left out:
    its credential is then revoked.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: AchievementType
    office: str
    """The office that answers for it."""
    description: Named
    criteria: Named
    sql: Words

    def parts(self) -> Mapping[str, Text]:
        """Its name, what earns it, and who answers for it."""
        return {
            "name": NAME,
            "criteria": Text("取得条件", "criteria"),
            "office": Text("负责部门", "office that answers for it"),
        }


class CodeLevel(Named):
    """What the skill code shows beside the tier: a whole-number fact of the worker, and a word for each value from 0."""

    fact: str
    words: tuple[Named, ...] = Field(strict=False, min_length=1, max_length=15)


class SkillCodeContent(Part, Sourced):
    """``skill_code.yaml``."""

    level: CodeLevel

    def parts(self) -> Mapping[str, Text]:
        """What it shows."""
        return {"level": self.level.label}

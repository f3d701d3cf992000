"""What others can verify: ``credentials.yaml`` and ``skill_code.yaml``, as frozen objects."""

from typing import Literal

from pydantic import Field

from jigong.packs.model import Named, Part, Status, Words

AchievementType = Literal["Achievement", "Award", "Badge", "Certificate", "Certification", "License"]
"""Types of achievement of Open Badges 3.0 that fit a worker's certificates and honours."""


class CredentialKind(Named):
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
    status: Status = "assumed"
    sql: Words


class CodeLevel(Named):
    """What the skill code shows beside the tier: a whole-number fact of the worker, and a word for each value from 0."""

    fact: str
    words: tuple[Named, ...] = Field(strict=False, min_length=1, max_length=15)


class SkillCodeContent(Part):
    """``skill_code.yaml``."""

    level: CodeLevel

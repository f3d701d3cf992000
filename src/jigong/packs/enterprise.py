"""What an enterprise's portal shows and takes: ``papers.yaml`` and ``reports.yaml``, as frozen objects."""

from typing import Literal

from pydantic import Field

from jigong.packs.model import Named


class Paper(Named):
    """A kind of paper that holds from a day on, and perhaps until another: certificates, contracts, appointments.

    ``sql`` is a DuckDB SELECT over the classes of data with the columns ``worker`` (NULL for the enterprise's
    own), ``enterprise`` (NULL where no enterprise is a party), ``number``, ``title``, ``since``, ``until``.
    """

    id: str
    consent: Literal["certificates", "skills"] | None = None
    """The purpose a worker must have consented to; None where the enterprise itself is a party to the paper."""
    lasting: bool = False
    """Whether papers of this kind never run out."""
    sql: str


class Report(Named):
    """A class of data an enterprise may report about those it employs; the class's contract says what a row is."""

    id: str
    """The class."""
    worker: str
    """The column with the worker's number."""
    enterprise: str | None = None
    """The column with the enterprise's code, which the platform fills in; None where the class has none."""
    example: dict[str, str] = Field(default_factory=dict)
    """A value of each other column, to show what is meant."""

"""The lake: deliveries are checked against their contracts and kept; snapshots are read from it.

``take_in`` brings a delivery in whole or not at all; ``Lake.snapshot`` gives what was known on a day.
"""

from jigong.lake.intake import take_in
from jigong.lake.lake import Lake
from jigong.lake.report import IntakeReport
from jigong.lake.snapshot import Snapshot, SnapshotInfo
from jigong.lake.sources import FileSource, FolderSource, Source, TableSource

__all__ = [
    "FileSource",
    "FolderSource",
    "IntakeReport",
    "Lake",
    "Snapshot",
    "SnapshotInfo",
    "Source",
    "TableSource",
    "take_in",
]

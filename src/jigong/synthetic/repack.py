"""Makes an XLSX file the same bytes every time."""

import re
import zipfile
from pathlib import Path

_MOMENT = (1980, 1, 1, 0, 0, 0)
_STAMPS = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def repack(path: Path) -> None:
    """Pack the XLSX at ``path`` anew with fixed times: openpyxl writes the clock into it."""
    draft = path.with_suffix(".part")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(draft, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with source.open(name) as reader, target.open(entry, "w", force_zip64=True) as writer:
                if name == "docProps/core.xml":
                    writer.write(_STAMPS.sub(rb"\g<1>1980-01-01T00:00:00Z", reader.read()))
                else:
                    while chunk := reader.read(1 << 20):
                        writer.write(chunk)
    draft.replace(path)

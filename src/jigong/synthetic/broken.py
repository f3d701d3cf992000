"""Files that intake must refuse as a whole: no text, a required column missing, or not what they claim to be."""

from collections.abc import Sequence
from pathlib import Path

from jigong.kernel.problems import error
from jigong.packs.contract import Contract
from jigong.synthetic import styles
from jigong.synthetic.manifest import Error
from jigong.synthetic.stamps import Row
from jigong.synthetic.styles import style_of
from jigong.synthetic.writers import csv_text, write_sheet, write_text_parquet


def write_broken(out: Path, contract: Contract, kind: str, rows: Sequence[Row]) -> Error:
    """Write a file ``<class>-bad-<kind>`` into ``out`` that must be refused for ``kind``; its entry in the manifest.

    Raises:
        JigongError: ``kind`` is none of file:encoding, file:columns and file:format.
    """
    form = "csv" if kind == "file:encoding" else contract.delivery.format
    path = out / f"{contract.name}-bad-{kind.removeprefix('file:')}.{form}"
    match kind:
        case "file:encoding":
            path.write_bytes(_csv(_lines(contract, rows, None)).encode("utf-16-be"))
            return Error(contract.name, path.name, None, kind, None, None)
        case "file:columns":
            missing = max(at for at, column in enumerate(contract.columns) if column.required)
            _write(path, contract, _lines(contract, rows, missing))
            return Error(contract.name, path.name, None, kind, contract.columns[missing].name, None)
        case "file:format":
            _write(path, contract, _lines(contract, rows, None))
            whole = path.read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
            return Error(contract.name, path.name, None, kind, None, None)
    raise error(
        f"broken_file 里 {contract.name} 的种类 {kind} 不认识",
        f"broken_file: the kind {kind} of {contract.name} is not known",
        remedy=(
            "写 file:encoding、file:columns 或 file:format",
            "write file:encoding, file:columns or file:format",
        ),
    )


def _lines(contract: Contract, rows: Sequence[Row], missing: int | None) -> list[list[str | None]]:
    """Header and rows as text, without the column ``missing``."""
    style = style_of(contract, "parquet", 0)
    kept = [at for at in range(len(contract.columns)) if at != missing]
    header: list[str | None] = [style.headers[at] for at in kept]
    return [
        header,
        *(
            [styles.text(contract.columns[at], row[contract.columns[at].name], style) for at in kept]
            for row in rows
        ),
    ]


def _csv(lines: Sequence[Sequence[str | None]]) -> str:
    return "".join(map(csv_text, lines))


def _write(path: Path, contract: Contract, lines: Sequence[Sequence[str | None]]) -> None:
    match contract.delivery.format:
        case "csv":
            path.write_bytes(_csv(lines).encode(contract.delivery.encoding or "utf-8"))
        case "xlsx":
            write_sheet(path, contract.label.zh, lines)
        case "parquet":
            write_text_parquet(path, [header or "" for header in lines[0]], lines[1:])

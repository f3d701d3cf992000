"""The printable certificate: an SVG of an A4 page across, with a QR code and the signed credential in it."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

import segno

from jigong.credentials.issue import open_claims
from jigong.credentials.models import Credential
from jigong.credentials.site import Site
from jigong.packs.pack import Pack

_WIDE, _HIGH = 1123, 794
_INK, _SOFT, _ACCENT = "#14212b", "#55636e", "#0b5f6b"
_FONT = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
_BAKED = "https://purl.imsglobal.org/ob/v3p0"


def certificate_svg(credential: Credential, pack: Pack, site: Site, signed: str) -> str:
    """The page. ``signed`` is baked in: programs read it out of the ``openbadges:credential`` element."""
    parts = "\n".join(_page(credential, pack, site))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="{_BAKED}" width="297mm" height="210mm"'
        f' viewBox="0 0 {_WIDE} {_HIGH}" font-family="{_FONT}" text-anchor="middle">\n'
        f"<openbadges:credential verify={quoteattr(signed)}/>\n{parts}\n</svg>\n"
    )


def _page(credential: Credential, pack: Pack, site: Site) -> Iterator[str]:
    kind, claims = pack.credentials[credential.kind].value, open_claims(credential)
    office = pack.offices[kind.office].value
    middle = _WIDE // 2
    yield f"<title>{escape(f'{kind.zh} {claims.name}')}</title>"
    yield f'<rect width="{_WIDE}" height="{_HIGH}" fill="#fff"/>'
    yield f'<rect x="28" y="28" width="{_WIDE - 56}" height="{_HIGH - 56}" fill="none" stroke="{_ACCENT}" stroke-width="6"/>'
    yield f'<rect x="42" y="42" width="{_WIDE - 84}" height="{_HIGH - 84}" fill="none" stroke="{_ACCENT}" stroke-width="1.5"/>'
    yield _line(middle, 132, kind.zh, 54, _ACCENT, weight=700)
    yield _line(middle, 172, kind.en, 22, _SOFT)
    yield _line(middle, 288, claims.name, 60, _INK, weight=700)
    yield _line(middle, 376, credential.zh, 38, _INK, weight=600)
    yield _line(middle, 414, credential.en, 21, _SOFT)
    yield _line(middle, 466, kind.description.zh, 20, _INK)
    yield _line(middle, 494, kind.description.en, 16, _SOFT)
    rows = [("授予日期", "Awarded on", credential.awarded_on.isoformat())]
    rows += [("有效期至", "Valid until", credential.until.isoformat())] if credential.until else []
    rows += [("编号", "Number", claims.number)] if claims.number else []
    rows += [("评价机构", "Assessed by", claims.assessor)] if claims.assessor else []
    rows += [("负责部门", "Office", f"{office.zh} {office.en}")]
    top = 566
    for place, (zh, en, value) in enumerate(rows):
        y = top + place * 30
        yield _line(96, y, f"{zh} {en}", 15, _SOFT, anchor="start")
        yield _line(300, y, value, 17, _INK, anchor="start", width=530)
    yield _qr(site.url(f"/credentials/{credential.pk}"), 872, 540, 150)
    yield _line(947, 712, "扫码查验是否有效", 15, _INK)
    yield _line(947, 731, "Scan to see whether it holds", 13, _SOFT)
    yield _line(96, 731, f"{pack.manifest.zh} {pack.manifest.en} · {site.did}", 13, _SOFT, anchor="start")


def _line(
    x: int, y: int, text: str, size: int, ink: str, *, weight: int = 400, anchor: str = "", width: int = 930
) -> str:
    """One line of text; a long one is set smaller, to fit ``width``."""
    room = sum(1.0 if ord(letter) >= 0x2E80 else 0.56 for letter in text) * size
    fitted = size if room <= width else max(8, int(size * width / room))
    start = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x}" y="{y}" font-size="{fitted}" font-weight="{weight}" fill="{ink}"{start}>{escape(text)}</text>'


def _qr(text: str, x: int, y: int, side: int) -> str:
    """A QR code as one path: a square for each dark module."""
    code = segno.make(text, error="m", micro=False)
    size = code.symbol_size(border=0)[0]
    moves = "".join(
        f"M{column} {row}h1v1h-1z"
        for row, line in enumerate(code.matrix)
        for column, dark in enumerate(line)
        if dark
    )
    return f'<path transform="translate({x} {y}) scale({side / size:.4f})" fill="#000" d="{moves}"/>'

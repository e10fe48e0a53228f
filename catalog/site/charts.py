"""Charts as SVG that scales, prints and is read aloud; every one stands beside its numbers as text."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

_ROW = 26
_LABEL = 150
_WIDTH = 620


def bars(title: str, rows: Sequence[tuple[str, float, str]], unit: str = "") -> Markup:
    """Horizontal bars with their numbers. `rows` are (label, value, CSS class); the largest fills the width."""
    if not rows:
        return Markup("")
    most = max((value for _, value, _ in rows), default=0) or 1
    room = _WIDTH - _LABEL - 80
    parts = [
        Markup('<svg class="chart" role="img" viewBox="0 0 {} {}" aria-label="{}">').format(
            _WIDTH,
            _ROW * len(rows),
            f"{title}: {'; '.join(f'{label} {_number(value)}{unit}' for label, value, _ in rows)}",
        )
    ]
    for place, (label, value, style) in enumerate(rows):
        y, width = place * _ROW, round(room * value / most, 1)
        parts.append(
            Markup(
                '<text x="{}" y="{}" text-anchor="end">{}</text>'
                '<rect class="bar {}" x="{}" y="{}" width="{}" height="16" rx="2"/>'
                '<text x="{}" y="{}">{}{}</text>'
            ).format(
                _LABEL - 10,
                y + 17,
                label,
                style,
                _LABEL,
                y + 4,
                max(width, 1.5 if value else 0),
                _LABEL + width + 8,
                y + 17,
                _number(value),
                unit,
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def badge(left: str, right: str, colour: str) -> str:
    """A README badge: dark left part, coloured right part. Plain SVG without fonts or links."""
    wide, more = 8 + round(6.6 * len(left)), 12 + round(6.6 * len(right))
    alt = escape(f"{left}: {right}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide + more}" height="20" role="img" aria-label="{alt}">'
        f"<title>{alt}</title>"
        f'<rect width="{wide + more}" height="20" rx="3" fill="#33383f"/>'
        f'<path d="M{wide} 0h{more - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{more - 3}z" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{wide - 10}">{escape(left)}</text>'
        f'<text x="{wide + 6}" y="14" textLength="{more - 12}">{escape(right)}</text></g></svg>\n'
    )


def _number(value: float) -> str:
    return f"{value:,.1f}" if value != int(value) else f"{int(value):,}"

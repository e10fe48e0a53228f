"""Rows and items of a tool's page as HTML. Text of strangers goes through `shown`; the rest is this module's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.site.fragments import chips
from catalog.site.hints import Hint
from catalog.site.visible import short, shown
from catalog.store.past import StoredChange
from classifier.records import Evidence, Finding, Mode


def evidence_items(evidence: Iterable[Evidence]) -> str:
    return "".join(map(_evidence_item, evidence))


def _evidence_item(e: Evidence) -> str:
    where = f" at <code>{shown(short(e.path, 120))}</code>" if e.path else ""
    return (
        f'<li><q class="untrusted">{shown(short(e.text, 300))}</q> <span class="muted">in {shown(e.field)}{where} · '
        f"{shown(e.rule)}</span></li>\n"
    )


def finding_items(findings: Iterable[Finding]) -> str:
    return "".join(f"<li><strong>{shown(f.id)}</strong> {shown(f.message)}</li>\n" for f in findings)


def mode_rows(modes: Iterable[Mode], root: str) -> str:
    return "".join(
        f'<tr><th scope="row"><code>{shown(mode.parameter[1:].replace("/", "."))}</code></th><td>{_value(mode.value)}'
        f'</td><td><span class="tag cat-{mode.category.lower()}">{mode.category}</span></td>'
        f"<td>{chips(mode.capabilities, root)}</td></tr>\n"
        for mode in modes
    )


def _value(value: str | bool | None) -> str:
    if value is None:
        return "any"
    return f"<code>{shown(str(value).lower() if isinstance(value, bool) else value)}</code>"


def hint_rows(hints: Iterable[Hint]) -> str:
    return "".join(
        f'<tr><th scope="row"><code>{hint.name}</code></th><td>{hint.declared}</td><td>{shown(hint.found)}'
        f"{_CONTRADICTS if hint.contradicts else ''}</td></tr>\n"
        for hint in hints
    )


_CONTRADICTS = ' <strong class="risk-high">Contradicts the declaration.</strong>'


def change_items(changes: Iterable[StoredChange]) -> str:
    return "".join(f"<li>{date(c.at)}{_version(c)} {shown(c.change.message)}</li>\n" for c in changes)


def _version(change: StoredChange) -> str:
    return f' <span class="muted">{shown(short(change.version, 40))}</span>' if change.version else ""


def date(at: str) -> str:
    """A moment (ISO 8601) as its day."""
    return f'<time datetime="{at}">{at[:10]}</time>'


def question_boxes(questions: Sequence[tuple[str, str]]) -> str:
    return "".join(
        f"<details>\n<summary>{shown(question)}</summary>\n<p>{shown(answer)}</p>\n</details>\n"
        for question, answer in questions
    )

"""Pieces of HTML that pages share or repeat so often that a template would be slow at them. Everything is escaped here.

`visible` text goes in as it is; all other parts are literals of this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from sqlite3 import Row

from markupsafe import Markup

from catalog.site import urls
from catalog.site.highlight import Piece
from catalog.site.parameters import Parameters
from catalog.site.patterns import Pattern
from catalog.site.visible import shown
from catalog.site.vocabulary import CAPABILITIES
from catalog.store.read import StoredServer
from classifier.records import RISKS, Capability, Risk

MAX_ATTACKS = 6


def parameter_rows(parameters: Parameters) -> Markup:
    """The rows of the table of parameters."""
    return Markup("".join(_rows(parameters)))


def _rows(parameters: Parameters) -> list[str]:
    out: list[str] = []
    for p in parameters.rows or ():
        out += '<tr><th scope="row"><code>', shown(p.name), "</code>"
        if p.required:
            out.append(' <span class="required">required</span>')
        out += "</th><td>", shown(p.type), "</td><td>"
        if p.description:
            out += '<span class="untrusted">', shown(p.description), "</span>"
        if p.choices:
            out.append('<span class="choices">one of ')
            out += [f"<code>{shown(choice)}</code> " for choice in p.choices]
            out.append("</span>")
        if p.default is not None:
            out += '<span class="choices">default <code>', shown(p.default), "</code></span>"
        out.append("</td></tr>\n")
    return out


def pieces(parts: tuple[Piece, ...]) -> Markup:
    """A text with its evidence marked."""
    return Markup("".join(f"<mark>{shown(p.text)}</mark>" if p.marked else shown(p.text) for p in parts))


def cut_note(length: int, limit: int, own: str) -> Markup:
    """Where the rest of a very long description is."""
    if length <= limit:
        return Markup("")
    return Markup(
        f'<p class="note">The description has {length:,} characters; the first {limit:,} are shown.'
        f' <a href="{own}.json">All of it as JSON</a></p>'
    )


@lru_cache(maxsize=16)
def badge(risk: Risk | str | None) -> Markup:
    if not risk:
        return Markup('<span class="badge risk-unknown">Not labelled</span>')
    return Markup(f'<span class="badge risk-{risk}">{risk.capitalize()}</span>')


@lru_cache(maxsize=1024)
def chips(capabilities: tuple[Capability, ...], root: str) -> Markup:
    """Capabilities as links to their pages."""
    return Markup(
        "".join(
            f'<a class="chip" href="{root}capability/{c}.html">{shown(CAPABILITIES[c][0])}</a> ' for c in capabilities
        )
    )


@lru_cache(maxsize=1024)
def capability_meanings(capabilities: tuple[Capability, ...], root: str) -> Markup:
    """Capabilities with what they mean."""
    if not capabilities:
        return Markup("")
    rows = "".join(
        f'<div><dt><a class="chip" href="{root}capability/{c}.html">{shown(CAPABILITIES[c][0])}</a></dt>'
        f"<dd>{shown(CAPABILITIES[c][1])}</dd></div>\n"
        for c in capabilities
    )
    return Markup(f'<dl class="capabilities">\n{rows}</dl>')


@lru_cache(maxsize=4096)
def attack_links(patterns: tuple[Pattern, ...], root: str) -> Markup:
    """The first patterns with their summaries, and where the rest is."""
    items = "".join(
        f'<li><a href="{root}attacks/{p.id}.html">{shown(p.name)}</a> '
        f'<span class="muted">{shown(p.summary)}</span></li>\n'
        for p in patterns[:MAX_ATTACKS]
    )
    more = len(patterns) - MAX_ATTACKS
    rest = f'<p><a href="{root}attacks/index.html">All attack patterns</a> ({more} more fit)</p>' if more > 0 else ""
    return Markup(f'<ul class="links">\n{items}</ul>{rest}')


def tool_link(root: str, slug: str, name: str, risk: Risk | str | None, server: str | None = None) -> Markup:
    """A list item that leads to a tool, with its risk, and its server where it is another one."""
    where = f' <span class="muted">{shown(server)}</span>' if server is not None else ""
    return Markup(
        f'<li><a class="mono" href="{root}{urls.tool_path(slug, name)}">{shown(name)}</a> {badge(risk)}{where}</li>\n'
    )


def server_rows(servers: Iterable[Row], root: str, column: str | None = None) -> Markup:
    """Servers as rows of a table: rows of the plan; `column` is shown beside the risks unless it is one."""
    more = column if column not in RISKS else None
    return Markup("".join([_server_row(s, root, more) for s in servers]))


def _server_row(s: Row, root: str, column: str | None) -> str:
    unread = '<span class="muted" title="Not everything could be read"> +?</span>' if s["gaps"] else ""
    more = f'<td class="number">{s[column]}</td>' if column else ""
    risks = "".join(
        [
            f'<td class="number{f" risk-{risk}" if s[risk] else ""}">{s[risk]}</td>'
            for risk in ("critical", "high", "medium")
        ]
    )
    return (
        f'<tr><th scope="row"><a href="{root}{urls.server_path(s["slug"])}">{shown(s["name"])}</a></th>'
        f'<td class="number">{s["tools"]}{unread}</td>{more}{risks}<td class="number">{s["low"]}</td>'
        f"<td>{s['grade'] or 'none'}</td></tr>\n"
    )


def server_note(server: StoredServer) -> Markup:
    """What could not be read of a server, if anything: on its page and on those of its tools."""
    count = server.gap_count
    if not count:
        return Markup("")
    return Markup(
        f'<p class="note"><strong>Not everything could be read.</strong> {count} place{"s" * (count != 1)} in the'
        " source of this server may hold tools that are not listed here.</p>"
    )


def server_counts(server: StoredServer) -> Markup:
    """A server's present tools by risk."""
    items = [f'<li class="risk-{risk}"><b>{count}</b> {risk}</li>' for risk, count in server.risks.items()]
    if server.unlabelled:
        items.append(f'<li class="risk-unknown"><b>{server.unlabelled}</b> not labelled</li>')
    return Markup(f'<ul class="counts">{"".join(items)}</ul>')

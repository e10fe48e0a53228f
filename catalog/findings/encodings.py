"""Other spellings of a text: what base64, entities, mirrored or shifted letters say when they are read back."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple

from catalog.findings.folding import Folded, fold, fold_to_latin, has_lookalikes, is_variation_selector
from catalog.findings.literals import Sign, Words

_MOST_RUNS = 40  # encoded runs of one text
_LONGEST_RUN = 40_000
_MOST_DEPTH = 3  # an encoding in an encoding in an encoding
_BASE64 = r"[A-Za-z0-9+/_-]{16,}={0,2}"
_BASE64_LINES = r"(?:[A-Za-z0-9+/]{16,100}\s+){1,200}[A-Za-z0-9+/]{4,}={0,2}"
_BASE32 = r"[A-Z2-7]{24,}={0,6}"
_HEX = r"(?:(?:\\x|0x|%|\b)?[0-9a-fA-F]{2}[\s,:;]{0,2}){12,}"
_ESCAPED = r"(?:\\u\{?[0-9a-fA-F]{4,6}\}?|\\x[0-9a-fA-F]{2}|U\+[0-9a-fA-F]{4,5}\s?)"
_DECIMAL = r"(?:\b\d{2,3}\b[\s,;]{1,2}){11,}\d{2,3}\b"
_OCTAL = r"(?:\\[0-7]{3}){6,}"
_BINARY = r"(?:\b[01]{7,8}\b[\s,]{0,2}){8,}"
_MORSE = r"(?:[.·-]{1,6}[ /]{1,3}){14,}[.·-]{1,6}"
_SPACED = r"(?:(?<!\w)[^\W_](?:[ .\-_*|/]|  +)){8,}[^\W_](?!\w)"
_MARKUP = r"(?s)<!--.{0,200}?-->|</?[a-zA-Z][^<>]{0,60}>|\[/?[a-z]{1,6}\]"
# One quick look that none of the others may miss: a sign of some encoding. What it lets pass has none.
_ANY_RUN = Sign(
    r"[%&<\\]|\b[A-Za-z0-9+/]{20}|\[/|U\+|\b0x[0-9a-fA-F]|\b(?:[0-9a-fA-F]{2}[\s,:;]{0,2}){12}|\b(?:\d{2,3}[\s,;]{1,2}){11}"
    r"|\b[01]{7}|[.-]{1,6}[ /]{1,3}(?:[.-]{1,6}[ /]{1,3}){13}|\w[ .\-_*|/]+(?:\w[ .\-_*|/]+){7}"
    r"|[A-Za-z][0134578@$!|]+[A-Za-z]|\b[0134578@$!|]+[A-Za-z]{2}"
)
_LEET = str.maketrans("0134578@$!|", "oieastbasil")
_LEET_WORD = r"\b[a-z]*[a-z][0134578@$!|][a-z0134578@$!|]*[a-z]|\b[0134578@$!|]+[a-z]{2,}"
_SIGNS = ("instruction", "ignore", "the user", "do not tell", "previous", "password", "private key")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_MORSE_SIGNS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
_MORSE_CODE = dict(zip(_MORSE_SIGNS.split(), _ALPHABET, strict=True))
_MIRRORED = (
    "snoitcurtsni", "noitcurtsni", "erongi", "suoiverp", "drowssap", "noitasrevnoc", "terces", "ylterces",
)  # fmt: skip


class Run(NamedTuple):
    """An encoding of a part of a text."""

    how: str
    pattern: str
    decode: Callable[[str], str | None]


class Whole(NamedTuple):
    """An encoding that is opened in the whole text wherever its sign occurs."""

    how: str
    sign: str
    decode: Callable[[str], str]


class Transposed(NamedTuple):
    """A way to write a whole text with its letters moved or exchanged, told by how some words then look."""

    how: str
    signs: tuple[str, ...]
    back: Callable[[str], str]


class Reading(NamedTuple):
    """A text read back. With `folded` None the whole slice `start:end` of the original says `text`."""

    how: str
    text: str
    start: int
    end: int
    folded: Folded | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The slice of the original behind a slice of `text`."""
        return (self.start, self.end) if self.folded is None else self.folded.span(start, end)


class Ways(NamedTuple):
    """The other spellings that some texts may be in, found by a look at all of them together."""

    runs: tuple[Run, ...] = ()
    wholes: tuple[Whole, ...] = ()
    transposed: tuple[Transposed, ...] = ()
    unseen: bool = False
    latin: bool = False
    digits: bool = False
    markup: bool = False


def possible_ways(text: str, folded: str) -> Ways | None:
    """Which spellings occur in a text (given also folded), None where there is none, as in nearly every tool."""
    plain = text.isascii()
    signs = _signs().held_in(folded)
    if plain and not signs and not _ANY_RUN.occurs_in(text):
        return None
    ways = Ways(
        tuple(run for run in _RUNS if re.search(run.pattern, text)),
        tuple(whole for whole in _WHOLES if re.search(whole.sign, text)),
        tuple(way for way in _transpositions() if not signs.isdisjoint(way.signs)),
        not plain and re.search(_UNSEEN, text) is not None,
        not plain and has_lookalikes(text),
        re.search(_LEET_WORD, folded) is not None,
        re.search(_MARKUP, text) is not None,
    )
    return ways if any(ways) else None


def readings(text: str, folded: Folded, ways: Ways) -> Iterator[Reading]:
    """Every one of these ways in which the text can be read other than as it stands; folded, ready for matching."""
    for how, decoded, start, end in _decoded(text, ways, 0):
        yield Reading(how, fold(decoded).text, start, end)
        if has_lookalikes(decoded):
            yield Reading(f"{how}, look-alike letters", fold_to_latin(decoded).text, start, end)
    if ways.latin and has_lookalikes(text):
        latin = fold_to_latin(text)
        yield Reading("look-alike letters", latin.text, 0, len(text), latin)
    if ways.digits and re.search(_LEET_WORD, folded.text):
        for table in (_LEET, _LEET | {ord("1"): "l", ord("7"): "t", ord("|"): "i"}):
            yield Reading("digits for letters", folded.text.translate(table), 0, len(text), folded)
    if ways.markup:
        bare = re.sub(_MARKUP, "", text)
        if bare != text:
            yield Reading("markup within words", fold(bare).text, 0, len(text))
    for way in ways.transposed:
        if any(sign in folded.text for sign in way.signs):
            yield Reading(way.how, way.back(folded.text), 0, len(text))


@lru_cache(maxsize=1)
def _transpositions() -> tuple[Transposed, ...]:
    """Ways to write a whole text, each with telling words as they then stand and the way back."""
    ways = [
        Transposed("reversed text", tuple(sign[::-1] for sign in _SIGNS), lambda text: text[::-1]),
        Transposed("reversed words", _MIRRORED, lambda text: " ".join(word[::-1] for word in text.split())),
    ]
    alphabets = [(f"letters shifted by {n}", _ALPHABET[n:] + _ALPHABET[:n]) for n in range(1, 26)]
    for how, letters in [*alphabets, ("mirrored alphabet", _ALPHABET[::-1])]:
        there, back = str.maketrans(_ALPHABET, letters), str.maketrans(letters, _ALPHABET)
        ways.append(Transposed(how, tuple(sign.translate(there) for sign in _SIGNS), partial(_translated, back)))
    return tuple(ways)


@lru_cache(maxsize=1)
def _signs() -> Words:
    return Words(dict.fromkeys(sign for way in _transpositions() for sign in way.signs))


def _translated(table: dict[int, int], text: str) -> str:
    return text.translate(table)


_Decoded = tuple[str, str, int, int]


def _decoded(text: str, ways: Ways, depth: int) -> Iterator[_Decoded]:
    """Runs of the text in an encoding, with what they say; encodings within are opened too."""
    for how, said, start, end in _opened(text, ways):
        yield how, said, start, end
        if depth + 1 < _MOST_DEPTH:
            everything = Ways(_RUNS, _WHOLES, unseen=True)
            inner = _decoded(said, everything, depth + 1)
            yield from ((f"{how}, {within}", deeper, start, end) for within, deeper, _, _ in inner)


def _opened(text: str, ways: Ways) -> Iterator[_Decoded]:
    for run in ways.runs:
        for count, match in enumerate(re.finditer(run.pattern, text)):
            if count >= _MOST_RUNS:
                break
            said = run.decode(match.group()[:_LONGEST_RUN])
            if said and _is_text(said):
                yield run.how, said, match.start(), match.end()
    for whole in ways.wholes:
        if re.search(whole.sign, text):
            said = whole.decode(text)
            if said != text:
                yield whole.how, said, 0, len(text)
    if ways.unseen:
        yield from _smuggled(text)


def _smuggled(text: str) -> Iterator[_Decoded]:
    """What tag characters, variation selectors and zero-width characters spell."""
    if text.isascii():
        return
    for how, belongs, decode in (
        ("tag characters", lambda c: "\U000e0000" <= c <= "\U000e007f", _from_tags),
        ("variation selectors", is_variation_selector, _from_selectors),
        ("zero-width characters", lambda c: c in _ZERO_WIDTH, _from_zero_width),
    ):
        places = [i for i, c in enumerate(text) if belongs(c)]
        if len(places) >= 4:
            for said in decode("".join(text[i] for i in places)):
                if said and _is_text(said):
                    yield how, said, places[0], places[-1] + 1


_UNSEEN = "[\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u2062\u2063\u2064\ufeff\u180e\u200e\u200f"


def _from_tags(run: str) -> Iterator[str]:
    yield "".join(chr(ord(c) - 0xE0000) for c in run if 0xE0020 <= ord(c) < 0xE007F)


def _from_selectors(run: str) -> Iterator[str]:
    values = bytes(ord(c) - 0xFE00 if ord(c) < 0xE0000 else (ord(c) - 0xE0100 + 16) & 0xFF for c in run)
    yield values.decode("utf-8", "ignore")


def _from_zero_width(run: str) -> Iterator[str]:
    """Two characters as zero and one, either way round; a third one parts the letters."""
    kinds = sorted(set(run), key=run.count, reverse=True)[:3]
    for zero, one in ((a, b) for a in kinds for b in kinds if a != b):
        bits = "".join("0" if c == zero else "1" if c == one else "" for c in run)
        for width in (8, 7):
            yield "".join(chr(int(bits[i : i + width], 2)) for i in range(0, len(bits) - width + 1, width))


def _unquoted(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)


def _without_entities(text: str) -> str:
    import html

    return html.unescape(text)


def _is_text(said: str) -> bool:
    """Whether decoding gave something to read and not noise."""
    return len(said) >= 6 and sum(c.isprintable() or c in "\n\t\r" for c in said) >= 0.9 * len(said)


def _from_base64(run: str) -> str | None:
    run = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = binascii.a2b_base64(run + "=" * (-len(run) % 4))
    except (binascii.Error, ValueError):
        return None
    for encoding in ("utf-8", "utf-16-le"):
        try:
            said = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(said) and (encoding == "utf-8" or said.isascii()):
            return said
    return None


def _from_base32(run: str) -> str | None:
    import base64

    run = run.rstrip("=")
    try:
        return base64.b32decode(run + "=" * (-len(run) % 8)).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _from_hex(run: str) -> str | None:
    digits = re.sub(r"\\x|0x|[^0-9a-fA-F]", "", run)
    try:
        return bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8")
    except ValueError:
        return None


def _from_numbers(base: int) -> Callable[[str], str | None]:
    def decode(run: str) -> str | None:
        values = [int(n, base) for n in re.findall(r"\d+", run)]
        return "".join(map(chr, values)) if all(9 <= v < 0x3000 for v in values) else None

    return decode


def _from_morse(run: str) -> str | None:
    words = [w.split() for w in re.split(r"/|\s{2,}", run.replace("·", "."))]
    return " ".join("".join(_MORSE_CODE.get(letter, "") for letter in word) for word in words)


def _unspaced(run: str) -> str | None:
    """Letters with one separator between them, words with more; where there are none, the known words are parted."""
    joined = [re.sub(r"[\W_]", "", word) for word in re.split(r"\s{2,}|[ ]?[/|][ ]?", run)]
    if len(joined) > 1:
        return " ".join(joined)
    return re.sub(_PARTED, r" \1 ", joined[0].lower()).replace("  ", " ").strip()


_PARTED = (
    "(instructions?|previous|ignore|disregard|prior|system|prompt|rules?|user|human|secret|hidden|silently|never|all"
    "|not|tell|reveal|mention|inform|about|the|this|passwords?|private|keys?|conversation|history|send|include|your|any|and)"
)


def _unescaped(text: str) -> str:
    return re.sub(
        r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})|U\+([0-9a-fA-F]{4,5})\s?",
        lambda m: chr(min(int(next(filter(None, m.groups())), 16), 0x10FFFF)),
        text,
    )


_RUNS = (
    Run("base64", _BASE64, _from_base64),
    Run("base64", _BASE64_LINES, _from_base64),
    Run("base32", _BASE32, _from_base32),
    Run("hexadecimal", _HEX, _from_hex),
    Run("character codes", _DECIMAL, _from_numbers(10)),
    Run("octal codes", _OCTAL, _from_numbers(8)),
    Run("binary", _BINARY, _from_numbers(2)),
    Run("Morse code", _MORSE, _from_morse),
    Run("spaced letters", _SPACED, _unspaced),
)
_WHOLES = (
    Whole("percent encoding", r"(?:%[0-9a-fA-F]{2}.{0,12}){3}", _unquoted),
    Whole("HTML entities", r"&#?\w{2,8};", _without_entities),
    Whole("escapes", _ESCAPED, _unescaped),
)

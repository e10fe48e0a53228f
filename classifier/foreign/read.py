"""Which language a text is in, whether it leads over English, and its verbs with their places in that text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from classifier.clauses import Vote, load_grammar
from classifier.foreign.languages import Language, fold, load_language, load_small_words
from classifier.foreign.spaced import read_spaced
from classifier.foreign.unspaced import read_chinese, read_suffixed
from classifier.lexicon import Verb, load_lexicon
from classifier.text import TEXT_LIMIT, Word, text_parts

_KANA = re.compile("[\u3041-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_APOSTROPHE = re.compile("['’]")
_LATIN = re.compile("[A-Za-z]")
_HEAD = 200  # characters that tell which of two languages leads
_SHARED = frozenset({"a", "as"})  # small words of many languages
_WORDS = 60  # words that tell the language


@dataclass(slots=True)
class Heard:
    """`votes` place verbs by characters of the text. `leads`: the text is in this language, not only parts of it."""

    votes: list[Vote] = field(default_factory=list)
    leads: bool = False
    language: Language | None = None


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    grammar = load_grammar()
    return grammar.stop | grammar.skip | grammar.be


@lru_cache(maxsize=1)
def _gate() -> frozenset[str]:
    """Small words of other languages that no English text has."""
    return frozenset().union(*load_small_words().values()) - _english()


def compose(text: str) -> tuple[str, list[int] | None]:
    """The text with its accents joined to their letters, and where each character stood; None where nothing changed."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text, None
    out: list[str] = []
    places: list[int] = []
    start = 0
    for end in range(1, len(text) + 1):
        joins = end < len(text) and (unicodedata.combining(text[end]) or "\u1160" <= text[end] <= "\u11ff")
        if joins and end - start < 8:
            continue
        joined = unicodedata.normalize("NFC", text[start:end])
        out.append(joined)
        places.extend([start] * len(joined))
        start = end
    return "".join(out), [*places, len(text)]


def find_script(text: str) -> str:
    """The language whose letters the text has: ko, ja, zh, or '' for all that write spaces."""
    if _HANGUL.search(text):
        return "ko"
    if _HAN.search(text) or _KANA.search(text):
        return "ja" if _KANA.search(text[:_HEAD]) else "zh"
    return ""


def _head_weight(words: Sequence[str], language: Language) -> int:
    """How much a text begins like a command in that language: 3 with its first word, 2 with one soon after, or 0."""
    plain = [word for word in words[:12] if word[0].isalpha()]
    verbs = load_lexicon().verbs
    for n, word in enumerate(plain[: 8 if language.anywhere else 3]):
        phrases = {" ".join(plain[n : n + size]) for size in (2, 3)}
        telling = (len(word) > 3 or not word.isascii()) and word not in verbs
        if (telling and (language.match(word) or word in language.separable)) or phrases & language.forms.keys():
            return 3 if n == 0 else 2
    return 0


def find_language(words: Sequence[str], has_english: bool) -> Language | None:
    """The language with spaces that the text is in. `words` as `text_parts` gives."""
    opening = frozenset(part for word in words[:_WORDS] for part in _APOSTROPHE.split(word))
    telling = not _gate().isdisjoint(opening)
    if not telling and has_english:
        return None
    best: tuple[int, Language] | None = None
    for code, small in load_small_words().items():
        present = len(opening & small)
        english = len((opening & _english()) - small - _SHARED)
        if not present and (has_english or english):
            continue
        language = load_language(code)
        weight = _head_weight(words, language)
        head = weight > 0
        score = present + weight
        sure = present + head >= 2 and present + head > english
        if (sure or (head and not english and not has_english)) and (best is None or score > best[0]):
            best = score, language
    return best[1] if best else None


def listen(text: str, words: Sequence[str], has_english: bool) -> Heard:
    """The verbs of a text in another language than English. `has_english`: an English verb heads it."""
    plain, places = compose(text[:TEXT_LIMIT])
    script = "" if plain.isascii() else find_script(plain)
    if not script:
        found = find_language(words if places is None else text_parts(plain), has_english)
        return Heard(_moved(read_spaced(plain, found), places), True, found) if found else Heard()
    language = load_language(script)
    votes = read_chinese(plain, language) if language.writing == "chinese" else read_suffixed(plain, language)
    head = plain[:_HEAD]
    letters = len(_HANGUL.findall(head)) + len(_KANA.findall(head)) + len(_HAN.findall(head))
    leads = 3 * letters >= len(_LATIN.findall(head)) or not has_english
    if not leads:
        votes = [v._replace(zone="later") if v.zone in ("main", "first") else v for v in votes]
    return Heard(_moved(votes, places), leads, language)


def _moved(votes: list[Vote], places: list[int] | None) -> list[Vote]:
    if places is None:
        return votes
    return [v._replace(first=places[v.first], last=places[v.last]) for v in votes]


@lru_cache(maxsize=32)
def _folded(code: str) -> tuple[dict[str, Verb], dict[str, Verb], frozenset[str]]:
    language = load_language(code)
    forms = {fold(word): verb for word, verb in language.forms.items() if len(word) > 2}
    stems = {fold(stem): verb for stem, verb in language.stems.items() if len(stem) > 1}
    return forms, stems, frozenset(map(fold, language.words("endings")))


def find_name_verbs(words: Sequence[Word], language: Language | None) -> list[tuple[Verb, Word]]:
    """The verbs of another language in a name: of the text's language, or of the script the name is written in."""
    found: list[tuple[Verb, Word]] = []
    for word in words:
        script = "" if word.word.isascii() else find_script(word.word)
        verb = _in_script(word.word, script) if script else _in_words(word.word, language) if language else None
        if verb:
            found.append((verb, word))
    nouns = language.nouns if language else {}
    return [pair for pair in found if pair[1].word not in nouns] or found


def _in_script(word: str, script: str) -> Verb | None:
    language = load_language(script)
    found = language.pattern.findall(word) if language.pattern else []
    return language.forms[found[0 if language.writing == "chinese" else -1]] if found else None


def _in_words(word: str, language: Language) -> Verb | None:
    if len(word) < 3 or word in load_lexicon().verbs or language.writing != "spaced":
        return None
    forms, stems, endings = _folded(language.code)
    plain = fold(word)
    verb = forms.get(plain)
    for size in range(min(len(plain), 14), 2, -1):
        if verb:
            break
        stem = stems.get(plain[:size])
        verb = stem if stem and plain[size:] in endings else None
    return verb

"""One careful reading of a definition, made once and shared by rules, modes, features and evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from classifier.clauses import Grammar, Vote, load_grammar, read_clauses
from classifier.lexicon import Lexicon, Noun, Verb, load_lexicon
from classifier.records import Definition
from classifier.schema import Parameter, read_parameters
from classifier.text import TEXT_LIMIT, TITLE_LIMIT, Word, iter_spans, name_words, parts_span, text_parts

_SERVER_NOISE = frozenset(
    ("mcp", "server", "the", "for", "and", "io", "com", "org", "ai", "api", "app", "official", "open", "src", "client")
)


@dataclass(slots=True)
class Reading:
    """`words` are the name's words, `own` those left when the server's name is taken off its front."""

    definition: Definition
    words: list[Word]
    own: list[Word]
    title: list[Word]
    text: list[str]
    votes: list[Vote]
    parameters: list[Parameter]
    main: Vote | None = None  # the first verb that says what the tool does
    name_verb: tuple[Verb, Word] | None = None
    name_verbs: list[tuple[Verb, Word]] = field(default_factory=list)
    name_noun: tuple[Noun, Word] | None = None
    foreign: list[Vote] = field(default_factory=list)  # `first` and `last` count characters: there are no words
    _spans: list[tuple[int, int]] = field(default_factory=list, repr=False)  # of the parts asked for so far
    _unread: Iterator[tuple[int, int]] | None = field(default=None, repr=False)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the parts numbered `first` to `last` (both included) stand in the description."""
        spans = self._spans
        if len(spans) <= last:
            if self._unread is None:
                self._unread = iter_spans(self.definition.description or "")
            spans.extend(islice(self._unread, last + 1 - len(spans)))
        found = spans[first : last + 1]
        return (found[0][0], found[-1][1]) if found else (0, 0)

    @property
    def first_words(self) -> int:
        """How many words (punctuation not counted) the first sentence has, at most 40."""
        count = 0
        for word in self.text[:80]:
            if word[0].isalnum():
                count += 1
            elif word in ".!?。！？" and count > 2:
                break
        return min(count, 40)


@lru_cache(maxsize=4096)
def server_words(server: str | None) -> frozenset[str]:
    """The words by which a server calls itself."""
    return frozenset(w.word for w in name_words(server or "")) - _SERVER_NOISE


def strip_server(words: list[Word], server: str | None, lexicon: Lexicon) -> list[Word]:
    """The name without the server's name in front, unless nothing that tells the effect would be left."""
    prefix = server_words(server)
    n = 0
    while n < len(words) - 1 and words[n].word in prefix:
        n += 1
    while n and not any(w.word in lexicon.verbs or w.word in lexicon.nouns for w in words[n:]):
        n -= 1
    return words[n:]


def is_plural(verb: Verb, grammar: Grammar) -> bool:
    """Whether a word is rather a plural than a verb: `limits`, `orders`."""
    return verb.form == "third" and verb.lemma in grammar.noun_like


def find_name_noun(own: list[Word], lexicon: Lexicon, grammar: Grammar) -> tuple[Noun, Word] | None:
    """The noun that ends a name and tells its effect; things in the plural are listed."""
    if not own:
        return None
    noun, verb = lexicon.nouns.get(own[-1].word), lexicon.verbs.get(own[-1].word)
    if noun is None and verb is not None and is_plural(verb, grammar):
        noun = Noun(own[-1].word, "read")
    return (noun, own[-1]) if noun else None


def find_name_verb(own: list[Word], lexicon: Lexicon, grammar: Grammar) -> tuple[Verb, Word] | None:
    """The verb that heads a name: the first one, or the last where the first could as well be a noun."""
    found: list[tuple[int, Verb]] = []
    i = 0
    while i < len(own):
        verb, last = None, i
        for phrase in lexicon.phrases.get(own[i].word, ()):
            rest = [w.word for w in own[i + 1 : i + 1 + len(phrase.rest)]]
            if tuple(rest) == phrase.rest:
                verb, last = phrase, i + len(phrase.rest)
                break
        verb = verb or lexicon.verbs.get(own[i].word)
        if verb and i == len(own) - 1 and is_plural(verb, grammar):
            verb = None
        if verb and verb.form != "past" and (verb.form == "base" or i == 0 or i == len(own) - 1):
            found.append((i, verb))
        i = last + 1
    if not found:
        return None
    if len(found) > 1 and found[0][1].lemma in grammar.light:
        found.pop(0)
    first, verb = found[0]
    last_at, last_verb = found[-1]
    plain_last = own[last_at].word not in grammar.noun_like
    if (first > 0 or own[first].word in grammar.noun_like) and last_at == len(own) - 1 and plain_last:
        return last_verb, own[last_at]
    if first > 0:
        plain = next(((i, v) for i, v in found if own[i].word not in grammar.noun_like), None)
        if plain:
            return plain[1], own[plain[0]]
    return verb, own[first]


def _foreign_votes(text: str, lexicon: Lexicon) -> list[Vote]:
    if text.isascii() or lexicon.foreign_pattern is None:
        return []
    found: list[Vote] = []
    for m in lexicon.foreign_pattern.finditer(text[:TEXT_LIMIT]):
        found.append(Vote(lexicon.foreign[m.group()], "later" if found else "main", m.start(), m.end(), ""))
        if len(found) >= 12:
            break
    return found


def _first_stem(words: list[str], lexicon: Lexicon) -> tuple[Verb, int] | None:
    """A long stem of another language at the head of a text that has no English verb."""
    first = next((n for n, word in enumerate(words[:10]) if word[0].isalpha()), None)
    if first is None:
        return None
    shortest = 5 if words[first].isascii() else 4
    for size in range(min(len(words[first]), 11), shortest - 1, -1):
        verb = lexicon.stems.get(words[first][:size])
        if verb:
            return verb, first
    return None


def _stem_votes(text: str, words: list[str], lexicon: Lexicon, has_english: bool) -> list[Vote]:
    """Votes of languages matched by stem, where the text has at least two of the language's small words."""
    present = lexicon.small_words.intersection(words[:60])
    if len(present) < 2:
        head = None if has_english else _first_stem(words, lexicon)
        return [Vote(head[0], "main", *parts_span(text, head[1], head[1]), "")] if head else []
    languages = [code for code, markers in lexicon.markers.items() if len(present & markers) >= 2]
    found: list[Vote] = []
    if not languages:
        return found
    for n, word in enumerate(words[:80]):
        for size in range(min(len(word), 11), 2, -1):
            verb = lexicon.stems.get(word[:size])
            if verb and verb.group in languages:
                start, end = parts_span(text, n, n)
                found.append(Vote(verb, "later" if found else "main", start, end, ""))
                break
        if len(found) >= 8:
            break
    return found


def read_definition(definition: Definition) -> Reading:
    """Reads name, title, description and schema within fixed bounds; the cost grows at most linearly with them."""
    lexicon, grammar = load_lexicon(), load_grammar()
    words = name_words(definition.name)
    own = strip_server(words, definition.server, lexicon)
    description = definition.description or ""
    text = text_parts(description)
    reading = Reading(
        definition=definition,
        words=words,
        own=own,
        title=name_words(definition.title[:TITLE_LIMIT]) if definition.title else [],
        text=text,
        votes=read_clauses(text, lexicon, grammar),
        parameters=read_parameters(definition.input_schema),
    )
    reading.main = next((v for v in reading.votes if v.zone == "main"), None)
    reading.name_verbs = [(lexicon.verbs[w.word], w) for w in own if w.word in lexicon.verbs]
    reading.name_verb = find_name_verb(own, lexicon, grammar)
    reading.name_noun = find_name_noun(own, lexicon, grammar)
    reading.foreign = _foreign_votes(description, lexicon) or _stem_votes(
        description, text, lexicon, bool(reading.votes)
    )
    return reading

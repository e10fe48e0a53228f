"""One careful reading of a definition, made once and shared by rules, modes, features and evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from classifier.clauses import Grammar, Vote, load_grammar, read_clauses
from classifier.foreign import find_name_verbs, listen
from classifier.lexicon import Lexicon, Noun, Verb, load_lexicon
from classifier.records import Definition
from classifier.schema import Parameter, read_parameters
from classifier.text import TITLE_LIMIT, Word, iter_spans, name_words, text_parts

_SERVER_NOISE = frozenset(
    ("mcp", "server", "the", "for", "and", "io", "com", "org", "ai", "api", "app", "official", "open", "src", "client")
)
_HEAD_PARTS = 3  # words and marks before an English verb that still heads a text


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
    main: Vote | None = None  # the first verb that says what the tool does, in any language
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


def _listen(reading: Reading, description: str) -> None:
    """Adds what a text or name in another language says; where it leads, its main verb is the main verb."""
    heard = listen(description, reading.text, reading.main is not None)
    reading.foreign = heard.votes
    main = next((v for v in heard.votes if v.zone == "main"), None)
    if main and (heard.leads or reading.main is None):
        reading.main = main
        reading.votes = [v._replace(zone="later") if v.zone in ("main", "first") else v for v in reading.votes]
    elif heard.leads and reading.main and reading.main.first > _HEAD_PARTS:
        reading.main = None  # an English word in the midst of a text in another language
    if heard.language is None and (not reading.own or all(w.word.isascii() for w in reading.own)):
        return
    named = find_name_verbs(reading.own, heard.language)
    if named and (reading.name_verb is None or named[0][1] is reading.own[0]):
        reading.name_verb = named[0]
    reading.name_verbs += named


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
    _listen(reading, description)
    return reading

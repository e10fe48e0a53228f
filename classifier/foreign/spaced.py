"""Verbs of languages that write spaces: commands at the head of a clause, or anywhere in the first sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.clauses import Vote, Zone
from classifier.foreign.languages import Language
from classifier.lexicon import Verb

MAX_VOTES = 12
_MAX_TOKENS = 300
_TOKEN = re.compile(r"\w+(?:-\w+)*|[.!?;…](?=\s|$)|[^\w\s]|\n")
_CLAUSE_MARKS = frozenset(":—–•*→|✅·-#")
_SENTENCE_MARKS = frozenset(".!?;…")


class Token(NamedTuple):
    """A word in lower case, or a mark, and its place."""

    word: str
    start: int
    end: int


@dataclass(slots=True)
class Clause:
    """Words between two marks. `mark` is what ends it, `follows_comma` whether one stands before it."""

    sentence: int
    follows_comma: bool
    words: list[Token] = field(default_factory=list)
    mark: str = ""


def tokens(text: str) -> list[Token]:
    """The first 300 words and marks of a text."""
    found: list[Token] = []
    for m in _TOKEN.finditer(text):
        found.append(Token(m.group().lower().replace("i̇", "i"), m.start(), m.end()))
        if len(found) >= _MAX_TOKENS:
            break
    return found


def clauses(parts: Sequence[Token]) -> Iterator[Clause]:
    """The text's clauses in order. What stands in brackets is left out."""
    clause, depth, sentence = Clause(0, False), 0, 0
    for part in parts:
        word = part.word
        if word in "([":
            depth += 1
        elif word in ")]":
            depth = max(0, depth - 1)
        elif depth and word != "\n":
            continue
        elif word[0].isalnum() or word[0] == "_":
            clause.words.append(part)
        elif word == "\n" or word == "," or word in _CLAUSE_MARKS or word in _SENTENCE_MARKS:
            depth = 0
            ends = word in _SENTENCE_MARKS
            if clause.words:
                clause.mark = word
                yield clause
                sentence += ends
                clause = Clause(sentence, word == ",")
            elif ends:
                clause.sentence = sentence
    if clause.words:
        yield clause


def find_verb(words: Sequence[Token], i: int, language: Language) -> tuple[Verb, int, bool] | None:
    """The verb that begins at word `i`, the index of its last word, and whether it denies itself."""
    word = words[i].word
    for size in (3, 2):
        if i + size <= len(words):
            phrase = language.forms.get(" ".join(w.word for w in words[i : i + size]))
            if phrase:
                return phrase, i + size - 1, False
    halves = language.separable.get(word)
    if halves:
        for n in range(i + 1, min(i + 25, len(words))):
            last = n + 1 == len(words) or words[n + 1].word in language.words("introducers")
            last = last or words[n].word not in language.words("determiners")  # no preposition: it closes nothing else
            verb = next((v for half, v in halves if half == words[n].word), None) if last else None
            if verb:
                return verb, i, False
    single = language.match(word)
    return (single[0], i, single[1]) if single else None


def _is_denied(words: Sequence[Token], i: int, language: Language) -> bool:
    denials, after = language.words("denials"), language.words("denials_after")
    if any(w.word in denials for w in words[max(0, i - 3) : i]):
        return True
    for word in words[i + 1 : i + 6] if after else ():
        if word.word in language.words("introducers"):
            break
        if word.word in after:
            return True
    return False


def _target(words: Sequence[Token], last: int, language: Language) -> str:
    for n in range(last + 1, min(last + 7, len(words))):
        pair = " ".join(w.word for w in words[n : n + 2])
        noun = language.nouns.get(pair) or language.nouns.get(words[n].word)
        if noun:
            return noun
    return ""


@dataclass(slots=True)
class _Reader:
    language: Language
    votes: list[Vote] = field(default_factory=list)
    main_sentence: int = -1
    loose: Vote | None = None  # a verb of the first sentence that stands where a noun could stand as well
    seen: int = -1  # the last sentence that had a vote

    def _stands_as_command(self, clause: Clause, i: int) -> tuple[bool, bool]:
        """Whether the place makes the word a command, and whether it could be one."""
        language, words = self.language, clause.words
        if i == 0:
            return not clause.follows_comma or self.seen == clause.sentence, True
        prev = words[i - 1].word
        pair = f"{words[i - 2].word}_{prev}" if i > 1 else prev
        introducers = language.words("introducers")
        if prev in introducers or pair in introducers:
            return True, True
        if self.main_sentence < 0 and prev in language.words("relatives"):
            return True, True
        if any(w.word in language.words("light") for w in words[max(0, i - 3) : i]):
            return True, True  # "makes a transfer": the noun says what is done
        possible = prev not in language.words("determiners")
        return language.anywhere and possible and self.main_sentence < 0, possible

    def read(self, clause: Clause, guide: bool) -> None:
        language, words = self.language, clause.words
        condition, i = False, 0
        while i < len(words) and len(self.votes) < MAX_VOTES:
            condition = condition or words[i].word in language.words("conditions")
            found = find_verb(words, i, language)
            if found and not (i + 1 < len(words) and words[i + 1].word in language.words("passives")):
                self._judge(clause, i, found, condition, guide)
            i = found[1] + 1 if found else i + 1

    def _judge(self, clause: Clause, i: int, found: tuple[Verb, int, bool], condition: bool, guide: bool) -> None:
        verb, last, denies = found
        words = clause.words
        command, possible = self._stands_as_command(clause, i)
        vote = Vote(verb, "main", words[i].start, words[last].end, _target(words, last, self.language))
        if denies or _is_denied(words, i, self.language) or self._continues_denial(clause, i):
            self._add(vote, "negated", clause)
        elif not command:
            if possible and not (condition or guide) and self.main_sentence < 0 and clause.sentence == 0:
                self.loose = self.loose or vote
        elif condition:
            self._add(vote, "condition", clause)
        elif guide:
            self._add(vote, "guide", clause)
        elif self.main_sentence < 0:
            self.main_sentence = clause.sentence
            self._add(vote, "main", clause)
        else:
            self._add(vote, "first" if clause.sentence == self.main_sentence else "later", clause)

    def _continues_denial(self, clause: Clause, i: int) -> bool:
        """Whether the verb goes on with a list whose first verb was denied: "without creating or changing"."""
        if not self.votes or self.votes[-1].zone != "negated" or self.seen != clause.sentence or not i:
            return False
        near = clause.words[i].start - self.votes[-1].last < 25
        return near and clause.words[i - 1].word in self.language.words("introducers")

    def _add(self, vote: Vote, zone: Zone, clause: Clause) -> None:
        self.votes.append(vote._replace(zone=zone))
        self.seen = clause.sentence

    def finish(self) -> list[Vote]:
        if self.loose and self.main_sentence != 0:
            later = [v._replace(zone="later") if v.zone in ("main", "first") else v for v in self.votes]
            return [self.loose, *later][:MAX_VOTES]
        return self.votes


def read_spaced(text: str, language: Language) -> list[Vote]:
    """The verbs of a text in order, at most 12; `first` and `last` count characters."""
    reader = _Reader(language)
    guided = -1
    for clause in clauses(tokens(text)):
        opening = clause.words[0].word
        begun = clause.sentence > 0 or reader.main_sentence >= 0
        if begun and clause.mark == ":" and opening in language.words("sections") and len(clause.words) < 4:
            break
        if begun and opening in language.words("guidance") and not clause.follows_comma:
            guided = clause.sentence
        reader.read(clause, guided == clause.sentence)
    return reader.finish()

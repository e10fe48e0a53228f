"""The one way from definitions to answers: read, score, settle, explain."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.clauses import load_grammar
from classifier.errors import InvalidModel
from classifier.evidence import collect_evidence
from classifier.explain import Explanation, explain_reading
from classifier.findings import find_contradictions, read_hint
from classifier.model.features import extract_features
from classifier.modes import complete_modes, find_modes, worst
from classifier.overrides import Rule, find_override, load_overrides
from classifier.reading import Reading, read_definition
from classifier.reason import explain_answer
from classifier.records import (
    CAPABILITIES,
    CATEGORIES,
    Capability,
    Category,
    Classification,
    Definition,
    Mode,
    Override,
)
from classifier.resources import data_path
from classifier.risk import risk_of
from classifier.rules.match import load_matcher
from classifier.rules.records import Match

if TYPE_CHECKING:
    from classifier.model.scorer import Scorer, Scores

_BATCH = 512  # definitions scored at once; bounds the memory of a long stream
_DESTRUCTIVE_FROM = 0.33  # called Destructive from here on: see the trade-off in docs/labels.md
_READ_FROM = 0.52  # below this a Read is called what it could be instead: a miss costs more than a false alarm
_RAISE_FROM = 0.25  # a declared hint raises an answer that the model itself finds at least this likely


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model says of one definition: probabilities in the order of CATEGORIES, and the capabilities held."""

    probabilities: tuple[float, float, float]
    capabilities: tuple[Capability, ...]
    trust: float  # how likely the most probable category is right


@dataclass(slots=True)
class Classifier:
    """Holds the knowledge and the trained model. Pure: the same definition gives the same answer."""

    scorer: Scorer
    overrides: tuple[Rule, ...] = ()

    @property
    def version(self) -> str:
        """Names the trained model; changes when labels change."""
        return self.scorer.version

    def classify(self, definitions: Sequence[Definition]) -> list[Classification]:
        """One answer per definition, in the same order. Never raises on a definition, however hostile."""
        out: list[Classification] = []
        with paused_collection():
            self._classify(definitions, out)
        return out

    def _classify(self, definitions: Sequence[Definition], out: list[Classification]) -> None:
        matcher = load_matcher()
        for begin in range(0, len(definitions), _BATCH):
            readings = [read_definition(d) for d in definitions[begin : begin + _BATCH]]
            matches = [matcher.match(r) for r in readings]
            modes = [tuple(find_modes(r)) for r in readings]
            features = [extract_features(r, m, c) for r, m, c in zip(readings, matches, modes, strict=True)]
            judged = self.judge(self.scorer.scores(features))
            out.extend(self.answer(*parts) for parts in zip(readings, judged, matches, modes, strict=True))

    def explain(self, definition: Definition) -> Explanation:
        """The answer with every rule and feature that moved it, for and against."""
        reading = read_definition(definition)
        answer = self.classify([definition])[0]
        return explain_reading(reading, answer, self.scorer)

    def judge(self, scores: Scores) -> list[Judgement]:
        """Scores as probabilities and held capabilities, one per row."""
        limits = self.scorer.capability_threshold.tolist()
        judged: list[Judgement] = []
        trusts = scores.trust.tolist()
        for p, held, trust in zip(scores.categories.tolist(), scores.capabilities.tolist(), trusts, strict=True):
            said = tuple(c for c, value, limit in zip(CAPABILITIES, held, limits, strict=True) if value >= limit)
            judged.append(Judgement((p[0], p[1], p[2]), said, trust))
        return judged

    def _settle(
        self, reading: Reading, judged: Judgement, modes: Sequence[Mode], matches: Sequence[Match]
    ) -> tuple[Category, float]:
        """The category and the probability that it is right."""
        p = judged.probabilities
        level = max(range(3), key=p.__getitem__)
        if level == 0 and p[0] < _READ_FROM:
            level = 1 if p[1] >= p[2] else 2
        if p[2] >= _DESTRUCTIVE_FROM:
            level = 2
        said = CATEGORIES[level]
        category = worst([said, worst(m.category for m in modes)]) if modes else said
        if category != "Destructive" and destroys_twice(reading, matches):
            category = "Destructive"
        category = raise_by_hints(reading.definition, category, p)
        answered = p[CATEGORIES.index(category)]
        if answered == max(p):
            return category, judged.trust
        return category, min(judged.trust, answered)

    def answer(
        self, reading: Reading, judged: Judgement, matches: Sequence[Match], modes: tuple[Mode, ...]
    ) -> Classification:
        """Settles one answer from what the model says and what the rules found."""
        definition = reading.definition
        category, confidence = self._settle(reading, judged, modes, matches)
        capabilities = judged.capabilities
        modes = complete_modes(reading, modes, category, capabilities, {m.rule.id for m in matches})
        evidence = collect_evidence(reading, category, capabilities, modes, matches)
        needs_review = confidence < self.scorer.review_below or (category == "Read" and hides_danger(reading))
        findings = find_contradictions(definition, category, evidence)
        reason = explain_answer(category, capabilities, evidence, modes, not needs_review)
        override = None
        rule = find_override(self.overrides, definition) if self.overrides else None
        if rule:
            override = Override(rule.reason, category, capabilities, rule.source)
            category = rule.category or category
            capabilities = capabilities if rule.capabilities is None else rule.capabilities
            reason, needs_review, confidence = f"Set by hand: {rule.reason}", False, 1.0
        return Classification(
            server=definition.server,
            name=definition.name,
            category=category,
            risk=risk_of(category, capabilities),
            capabilities=capabilities,
            confidence=round(confidence, 4),
            needs_review=needs_review,
            reason=reason,
            evidence=evidence,
            modes=modes,
            findings=findings,
            override=override,
            classifier_version=self.version,
        )


@contextmanager
def paused_collection() -> Iterator[None]:
    """Holds the cyclic garbage collector: nothing here makes cycles, and its passes take a third of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def destroys_twice(reading: Reading, matches: Sequence[Match]) -> bool:
    """Whether name and text both lead with a verb that destroys, and nothing says that less than that happens."""
    if reading.main is None or reading.name_verb is None:
        return False
    if reading.name_verb[0].effect != "destructive" or reading.main.verb.effect != "destructive":
        return False
    return not any(match.rule.says in ("read", "write") for match in matches)


def hides_danger(reading: Reading) -> bool:
    """Whether one of name and text leads with a verb that destroys or writes, while the other reads.

    A lying or unlucky name must never make a dangerous tool a Read that nobody looks at.
    """
    main = reading.main
    if main is None or reading.name_verb is None:
        return False
    named, said = reading.name_verb[0].effect, main.verb.effect
    leads = reading.name_verb[1] is reading.own[0]
    if named == "read":
        return said in ("destructive", "write")
    plain = reading.name_verb[1].word not in load_grammar().noun_like
    return said == "read" and leads and plain and named in ("destructive", "write")


def raise_by_hints(definition: Definition, category: Category, p: tuple[float, float, float]) -> Category:
    """Declared hints lift an answer that was close anyway; they never lower one."""
    declared = read_hint(definition, "destructiveHint") and read_hint(definition, "readOnlyHint") is not True
    if category == "Write" and declared and p[2] >= _RAISE_FROM:
        return "Destructive"
    if category == "Read" and read_hint(definition, "readOnlyHint") is False and p[1] + p[2] >= _RAISE_FROM:
        return "Write"
    return category


def load(model_dir: Path | None = None, overrides: Path | None = None) -> Classifier:
    """The classifier with its trained model (default: the one that ships) and the owner's overrides.

    Raises InvalidModel where the model cannot be read, InvalidOverrides or OSError for the overrides file.
    """
    from classifier.model.scorer import load_scorer

    path = (model_dir or data_path("model")) / "weights.npz"
    try:
        scorer = load_scorer(path)
    except (OSError, ValueError, KeyError) as error:
        hint = "Train one with `catalog train LABELS...`, or reinstall the package."
        raise InvalidModel(f"the trained model {path} could not be read: {error}. {hint}") from error
    load_matcher()
    return Classifier(scorer, load_overrides(overrides) if overrides else ())

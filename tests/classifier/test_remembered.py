"""What is kept about words stays bounded, however many words a crawl brings."""

from classifier import remembered
from classifier.remembered import Remembered


def test_a_word_is_worked_out_once() -> None:
    asked: list[str] = []
    table = Remembered(lambda word: asked.append(word) or len(word))
    assert [table["parcel"], table["parcel"]] == [6, 6]
    assert asked == ["parcel"]


def test_neither_more_words_nor_longer_ones_are_kept_than_the_limits_say() -> None:
    table = Remembered(len)
    assert table["x" * (remembered.LENGTH + 1)] == remembered.LENGTH + 1
    assert not table
    for n in range(remembered.LIMIT + 10):
        assert table[f"w{n}"] == len(f"w{n}")
    assert len(table) == remembered.LIMIT

"""Where a sentence ends: not behind an abbreviation or an ordinal, in the languages of business papers."""

from __future__ import annotations

import pytest

from ringfence.documents.sentences import sentences_of


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences_of(text, 0, len(text))]


@pytest.mark.parametrize(
    "sentence",
    [
        "Das Lager von Fa. Müller liegt im 3. Obergeschoss.",
        "Ziehen Sie Pos. 5 mit 25 Nm an.",
        "The pump (item no. 5) weighs 25 kg.",
        "See Sect. 4 of the manual.",
        "Das gilt lt. Vertrag bzgl. Los 4.",
        "Il paie d'env. 300 euros selon réf. AB-1.",
        "Am 1. Advent schließt der 2. Bauabschnitt.",
        "Es passen max. 5 Personen hinein.",
    ],
)
def test_an_abbreviation_or_an_ordinal_ends_no_sentence(sentence: str) -> None:
    assert sentences(sentence) == [sentence]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The answer is no.", "We left."),
        ("Die Frist ist 3.", "Danach endet sie."),
        ("Schrauben, Muttern usw.", "Der Rest fehlt."),
    ],
)
def test_a_word_that_may_be_one_ends_a_sentence(first: str, second: str) -> None:
    assert sentences(f"{first} {second}") == [first, second]

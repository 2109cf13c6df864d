"""The index' thesaurus as the training sees it: other words for the same, and names of things that are not this box."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "../../../appliance/guide")
_HAN = re.compile("[一-龥]")


def _lines(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and line[0] != "#"]


def _words(part):
    return [word.replace("_", " ") for word in part.split()]


class Thesaurus:
    def __init__(self):
        self.same = {"en": {}, "zh": {}}          # word → lists of words that mean the same, of both languages
        for line in _lines("thesaurus.txt"):
            name, words = line.split(":", 1)
            english, chinese = map(_words, words.split("|"))
            if name.startswith("?"):
                continue        # what is asked: another word for it needs another sentence
            meaning = {"en": english, "zh": [word for word in chinese if _HAN.search(word)]}
            for language in ("en", "zh"):
                for word in meaning[language]:
                    self.same[language].setdefault(word, []).append(meaning)
        self.other = {"en": [], "zh": []}
        for line in _lines("elsewhere.txt"):
            english, chinese = line.split("|")
            self.other["en"] += _words(english)
            self.other["zh"] += _words(chinese)
        self._found = {
            "en": re.compile(r"\b(" + "|".join(sorted(map(re.escape, self.same["en"]), key=len, reverse=True)) + r")(e?s)?\b", re.IGNORECASE),
            "zh": re.compile("|".join(sorted(map(re.escape, self.same["zh"]), key=len, reverse=True))),
        }

    def swap(self, rng, text, language, foreign=0.0):
        """One known word for another that means the same, with chance `foreign` one of the other language."""
        places = list(self._found[language].finditer(text))
        if not places:
            return text
        place = rng.choice(places)
        word = place[1].lower() if language == "en" else place[0]
        meaning = rng.choice(self.same[language][word])
        into = ("zh" if language == "en" else "en") if rng.random() < foreign else language
        others = [other for other in meaning[into] if other != word]
        if not others:
            return text
        other = rng.choice(others)
        if into != language and language == "zh":
            other = rng.choice((other, f" {other} "))
        return text[:place.start()] + other + text[place.end():]

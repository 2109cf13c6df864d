"""Reads the entries of docs/field-guide/*.md. The format is described in docs/field-guide/README.md."""

import glob
import os
import re
from dataclasses import dataclass, field

LANGUAGES = ("en", "zh")
NOT_IN_GUIDE = "not-in-guide"
_ITEM = re.compile(r"^- (q|a)-(en|zh): (.+)$")
_COVERS = re.compile(r"^- covers: (.+)$")
_HEAD = re.compile(r"^## ([a-z0-9]+(?:-[a-z0-9]+)*)$")


@dataclass
class Entry:
    id: str
    source: str
    questions: dict = field(default_factory=lambda: {"en": [], "zh": []})
    answers: dict = field(default_factory=dict)
    covers: list = field(default_factory=list)


class GuideError(Exception):
    """One line: file, line, what is wrong, what would be right."""


def parse(text, source):
    entries, entry, open_item = [], None, None
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{source}:{number}"
        if line.startswith("## "):
            match = _HEAD.match(line)
            if not match:
                raise GuideError(f"{where}: '{line}' is not '## some-id' (lower case, digits, hyphens)")
            entry, open_item = Entry(match[1], source), None
            entries.append(entry)
        elif line.startswith("- "):
            if entry is None:
                raise GuideError(f"{where}: an item before the first '## id'")
            item, covers = _ITEM.match(line), _COVERS.match(line)
            if covers:
                entry.covers += covers[1].split()
                open_item = None
            elif item:
                open_item = (item[1], item[2])
                if item[1] == "q":
                    entry.questions[item[2]].append(item[3].strip())
                elif item[2] in entry.answers:
                    raise GuideError(f"{where}: a second a-{item[2]} in {entry.id}; an entry has one answer per language")
                else:
                    entry.answers[item[2]] = item[3].strip()
            else:
                raise GuideError(f"{where}: '{line}' is not '- q-en: …', '- a-en: …', '- q-zh: …', '- a-zh: …' or '- covers: …'")
        elif line.startswith("  ") and line.strip() and open_item:
            kind, language = open_item
            if kind == "q":
                entry.questions[language][-1] += " " + line.strip()
            else:
                entry.answers[language] += " " + line.strip()
        elif line.strip() and not line.startswith("# "):
            raise GuideError(f"{where}: '{line}' belongs to no item; continue an item with two spaces")
    return entries


def load(folder):
    entries = []
    for path in sorted(glob.glob(os.path.join(folder, "*.md"))):
        if os.path.basename(path) == "README.md":
            continue
        with open(path, encoding="utf-8") as file:
            entries += parse(file.read(), os.path.basename(path))
    ids, asked = {}, {}
    for entry in entries:
        if entry.id in ids:
            raise GuideError(f"{entry.source}: the id {entry.id} is also in {ids[entry.id]}")
        ids[entry.id] = entry.source
        for language in LANGUAGES:
            if not entry.questions[language] or language not in entry.answers:
                raise GuideError(f"{entry.source}: {entry.id} lacks q-{language} or a-{language}")
            for question in entry.questions[language]:
                key = question.casefold()
                if key in asked:
                    raise GuideError(f"{entry.source}: {entry.id} and {asked[key]} both ask '{question}'")
                asked[key] = entry.id
    if NOT_IN_GUIDE not in ids:
        raise GuideError(f"{folder}: no entry '{NOT_IN_GUIDE}'; the model needs an answer to what the guide does not cover")
    return entries


def lines(path):
    """The lines of a list file without comments and blanks."""
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]

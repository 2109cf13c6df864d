"""Training rows out of the entries: made by many processes, each chunk by its own seed, so the pool depends on seed and texts alone."""

import hashlib
import multiprocessing
import os
import random
import re

import numpy

import bpe
import guide
import variations

IGNORED = -100
AS_WRITTEN = 4       # of single-turn rows one in so many is a listed question as it stands, each in turn: all must be answered exactly


class Source:
    """Everything a row is drawn from."""

    def __init__(self, folder, here):
        self.entries = guide.load(folder)
        self.off_topic = {language: guide.lines(os.path.join(here, f"off-topic.{language}.txt")) for language in guide.LANGUAGES}
        refusal = next(entry for entry in self.entries if entry.id == guide.NOT_IN_GUIDE)
        self.refusal = refusal.answers
        self.held_out = []
        for line in guide.lines(os.path.join(here, "held-out.txt")):
            name, question = line.split(" ", 1)
            language = "zh" if any("一" <= c <= "龥" for c in question) else "en"
            self.held_out.append((guide.NOT_IN_GUIDE if name == "-" else name, language, question))
        self.by_id = {entry.id: entry for entry in self.entries}
        self.by_question = {language: [entry for entry in self.entries for _ in entry.questions[language]] for language in guide.LANGUAGES}
        self._listed = self.listed()
        unknown = {name for name, _, _ in self.held_out} - set(self.by_id)
        if unknown:
            raise guide.GuideError(f"held-out.txt: no entry {', '.join(sorted(unknown))}; name the entry that answers it now")
        self.elsewhere = {language: [word for word in variations.WORDS.other[language] if not self._asks_about(word, language)]
                          for language in guide.LANGUAGES}

    def _asks_about(self, word, language):
        """Whether the guide itself uses the word in a question, in whatever form."""
        asked = "\n".join(question for entry in self.entries for question in entry.questions[language])
        return re.search(rf"\b{re.escape(word)}" if language == "en" else re.escape(word), asked, re.IGNORECASE)

    def listed(self):
        """Every question as written: (id, language, question, answer)."""
        return [(entry.id, language, question, entry.answers[language])
                for entry in self.entries for language in guide.LANGUAGES for question in entry.questions[language]]

    def texts(self):
        for _, _, question, _ in self.listed():
            yield question, 2
        for entry in self.entries:
            for answer in entry.answers.values():
                yield answer, 2
        for questions in self.off_topic.values():
            for question in questions:
                yield question, 1
        for words in self.elsewhere.values():
            for word in words:
                yield word, 1
        rng = random.Random(0)
        for _, language, question, _ in self.listed():
            for _ in range(4):
                yield variations.vary(rng, question, language), 1
        for language in guide.LANGUAGES:
            for _ in range(300):
                yield variations.off_topic(rng, language), 1

    def sha256(self):
        digest = hashlib.sha256()
        for name, language, question, answer in self.listed():
            digest.update(f"{name}\0{language}\0{question}\0{answer}\n".encode())
        return digest.hexdigest()

    def as_written(self, number):
        _, _, question, answer = self._listed[number % len(self._listed)]
        return question, answer

    def draw(self, rng):
        """One question and its answer."""
        chance = rng.random()
        language = rng.choice(guide.LANGUAGES)
        if chance < 0.012:
            return variations.noise(rng), self.refusal[language if rng.random() < 0.1 else "en"]
        if chance < 0.21:
            asked = rng.choice(self.off_topic[language]) if chance < 0.15 else variations.off_topic(rng, language)
            return variations.vary(rng, asked, language), self.refusal[language]
        # half by entry, so that all are heard, and half by question, so that long entries are learnt as well as short ones
        entry = rng.choice(self.entries if rng.random() < 0.5 else self.by_question[language])
        asked = entry.questions[language]
        if chance < 0.26:
            return variations.near_miss(rng, rng.choice(asked), rng.choice(self.elsewhere[language]), language), self.refusal[language]
        if chance < 0.30 and entry.id != guide.NOT_IN_GUIDE:
            return variations.from_answer(rng, entry.answers[language], language), entry.answers[language]
        return variations.vary(rng, rng.choice(asked), language, asked), entry.answers[language]


def turn(tokenizer, question, answer, rng=None):
    """Tokens of one turn and how many of them are the prompt."""
    dropout = 0.1 if rng is not None and rng.random() < 0.15 else 0.0
    prompt = [tokenizer.user, *tokenizer.encode(question, rng, dropout), tokenizer.assistant]
    return prompt + tokenizer.encode(answer) + [tokenizer.eos], len(prompt)


def row(source, tokenizer, rng, length, turns, number):
    """A conversation of at most `turns` turns in `length` positions: inputs and targets, IGNORED where nothing is to be learnt."""
    listed = turns == 1 and number % AS_WRITTEN == 0
    while True:
        tokens = [tokenizer.bos]
        if not listed and rng.random() < 0.15:
            tokens += tokenizer.encode(rng.choice(variations.SYSTEM))
        targets = [IGNORED] * len(tokens)
        for _ in range(turns):
            more, prompt = turn(tokenizer, *source.as_written(number // AS_WRITTEN)) if listed else turn(tokenizer, *source.draw(rng), rng)
            if len(tokens) + len(more) > length + 1:
                break
            targets += [IGNORED] * prompt + more[prompt:]
            tokens += more
        if len(tokens) > 2 and any(target != IGNORED for target in targets):
            inputs, targets = tokens[:-1], targets[1:]
            pad = length - len(inputs)
            return inputs + [tokenizer.pad] * pad, targets + [IGNORED] * pad


_shared = {}


def _chunk(task):
    seed, start, count, length, turns = task
    rng = random.Random(seed)
    inputs, targets = numpy.empty((count, length), numpy.int16), numpy.empty((count, length), numpy.int16)
    for index in range(count):
        inputs[index], targets[index] = row(_shared["source"], _shared["tokenizer"], rng, length, turns, start + index)
    return inputs, targets


def pool(source, tokenizer, seed, count, length, turns, workers, chunk=2000):
    _shared.update(source=source, tokenizer=tokenizer)
    tasks = [(f"{seed}/{length}/{start}", start, min(chunk, count - start), length, turns) for start in range(0, count, chunk)]
    with multiprocessing.get_context("fork").Pool(workers) as processes:
        made = processes.map(_chunk, tasks, chunksize=1)
    return numpy.concatenate([m[0] for m in made]), numpy.concatenate([m[1] for m in made])


def vocabulary(source, size):
    return bpe.Tokenizer(bpe.train(source.texts(), size - 3 - 256 - 2))

"""
A byte-level BPE of our own: trained here, so that the same entries always give the same tokenizer, byte for byte, and written
as a tokenizer.json of the form DeepSeek-V3 uses (same pre-tokenizer, so any reader of that family's file reads this one).
"""

import collections
import heapq
import json

import regex

BOS, EOS, PAD = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"
USER, ASSISTANT = "<｜User｜>", "<｜Assistant｜>"

DIGITS = r"\p{N}{1,3}"
HAN = "[一-龥぀-ゟ゠-ヿ]+"
WORDS = (
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
)
_PATTERNS = [regex.compile(p, regex.V0) for p in (DIGITS, HAN, WORDS)]


def pieces(text):
    """Splits as the three Split pre-tokenizers do, one after the other, matches and gaps alike kept."""
    parts = [text]
    for pattern in _PATTERNS:
        split = []
        for part in parts:
            at = 0
            for match in pattern.finditer(part):
                if match.start() > at:
                    split.append(part[at:match.start()])
                if match.end() > match.start():
                    split.append(match.group())
                at = match.end()
            if at < len(part):
                split.append(part[at:])
        parts = split
    return parts


def byte_characters():
    """The printable stand-in of each byte, as GPT-2 chose them and every byte-level tokenizer.json since writes them."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, extra = {}, 0
    for byte in range(256):
        if byte in printable:
            table[byte] = chr(byte)
        else:
            table[byte] = chr(256 + extra)
            extra += 1
    return table


CHARACTERS = byte_characters()


def train(weighted_texts, merges_wanted, longest_bytes=12, least_count=2):
    """Merges in order; ties go to the pair that sorts first, so the result depends on the texts alone."""
    counts = collections.Counter()
    for text, weight in weighted_texts:
        for piece in pieces(text):
            counts[piece.encode("utf-8")] += weight
    words = [([bytes([b]) for b in word], count) for word, count in sorted(counts.items())]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for index, (symbols, count) in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += count
            where[pair].add(index)
    # The commonest pair first; a count that has fallen since it was queued is queued anew when it comes up.
    queue, merges = [(-n, pair) for pair, n in pairs.items()], []
    heapq.heapify(queue)
    while len(merges) < merges_wanted and queue:
        count, best = heapq.heappop(queue)
        if pairs[best] < least_count or len(best[0]) + len(best[1]) > longest_bytes:
            continue
        if pairs[best] != -count:
            heapq.heappush(queue, (-pairs[best], best))
            continue
        merges.append(best)
        grown = set()
        for index in sorted(where[best]):
            symbols, count = words[index]
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] -= count
            merged, at = [], 0
            while at < len(symbols):
                if at + 1 < len(symbols) and (symbols[at], symbols[at + 1]) == best:
                    merged.append(symbols[at] + symbols[at + 1])
                    at += 2
                else:
                    merged.append(symbols[at])
                    at += 1
            words[index] = (merged, count)
            for pair in zip(merged, merged[1:]):
                pairs[pair] += count
                where[pair].add(index)
                grown.add(pair)
        where.pop(best, None)
        for pair in grown:
            heapq.heappush(queue, (-pairs[pair], pair))
    return merges


class Tokenizer:
    def __init__(self, merges):
        self.merges = merges
        self.rank = {pair: rank for rank, pair in enumerate(merges)}
        self.vocabulary = {}
        for token in (BOS, EOS, PAD):
            self.vocabulary[token] = len(self.vocabulary)
        self.of_bytes = {}
        for token in [bytes([b]) for b in range(256)] + [a + b for a, b in merges]:
            if token not in self.of_bytes:
                self.of_bytes[token] = len(self.vocabulary)
                self.vocabulary["".join(CHARACTERS[b] for b in token)] = len(self.vocabulary)
        self.bos, self.eos, self.pad = 0, 1, 2
        self.user, self.assistant = len(self.vocabulary), len(self.vocabulary) + 1
        self.size = len(self.vocabulary) + 2
        self.bytes_of = {number: token for token, number in self.of_bytes.items()}
        self._cache = {}

    def encode(self, text, rng=None, dropout=0.0):
        """Tokens of a text without special tokens; a merge is skipped with probability `dropout`."""
        tokens = []
        for piece in pieces(text):
            if dropout:
                tokens += self._merge(piece.encode("utf-8"), rng, dropout)
            else:
                known = self._cache.get(piece)
                if known is None:
                    known = self._cache[piece] = self._merge(piece.encode("utf-8"))
                tokens += known
        return tokens

    def _merge(self, word, rng=None, dropout=0.0):
        symbols = [bytes([b]) for b in word]
        while len(symbols) > 1:
            best, at = None, -1
            for index, pair in enumerate(zip(symbols, symbols[1:])):
                rank = self.rank.get(pair)
                if rank is not None and (best is None or rank < best) and not (dropout and rng.random() < dropout):
                    best, at = rank, index
            if best is None:
                break
            symbols[at:at + 2] = [symbols[at] + symbols[at + 1]]
        return [self.of_bytes[symbol] for symbol in symbols]

    def decode(self, tokens):
        return b"".join(self.bytes_of.get(token, b"") for token in tokens).decode("utf-8", "replace")

    def to_json(self):
        def added(number, content, special):
            return {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
                    "normalized": False, "special": special}

        def split(pattern):
            return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}

        def word(token):
            return "".join(CHARACTERS[b] for b in token)

        return {
            "version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [added(0, BOS, True), added(1, EOS, True), added(2, PAD, True),
                             added(self.user, USER, True), added(self.assistant, ASSISTANT, True)],
            "normalizer": {"type": "Sequence", "normalizers": []},
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                split(DIGITS), split(HAN), split(WORDS),
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]},
            "post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
            "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                      "vocab": self.vocabulary, "merges": [f"{word(a)} {word(b)}" for a, b in self.merges]},
        }


def read(path):
    """The tokenizer that to_json wrote."""
    number_of = {character: number for number, character in CHARACTERS.items()}
    with open(path, encoding="utf-8") as file:
        merges = json.load(file)["model"]["merges"]
    return Tokenizer([tuple(bytes(number_of[c] for c in word) for word in merge.split(" ")) for merge in merges])


CHAT_TEMPLATE = (
    "{% set ns = namespace(system='', is_first_sp=true) %}"
    "{% for message in messages if message['role'] == 'system' %}"
    "{% set ns.system = ns.system + ('' if ns.is_first_sp else '\\n\\n') + message['content'] %}{% set ns.is_first_sp = false %}{% endfor %}"
    "{{ bos_token + ns.system }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '" + USER + "' + message['content'] }}"
    "{% elif message['role'] == 'assistant' %}{{ '" + ASSISTANT + "' + message['content'] + eos_token }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '" + ASSISTANT + "' }}{% endif %}"
)


def tokenizer_config(longest):
    return {
        "tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": True, "add_eos_token": False,
        "bos_token": BOS, "eos_token": EOS, "pad_token": EOS, "unk_token": None,
        "clean_up_tokenization_spaces": False, "model_max_length": longest, "chat_template": CHAT_TEMPLATE,
    }


def dump(value):
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"

"""
Questions as tired people type them: other words for the same, no capitals, no punctuation, typos, three words instead of a
sentence, two languages in one line. By rule and by seed; what a person wrote in the entries always stays the larger part.
"""

import re

OPENERS = {
    "en": ["please tell me: ", "hi, ", "hello, ", "quick question: ", "can you tell me ", "I need to know: ", "question: ", "ok, ",
           "hey, ", "sorry, ", "tell me, ", "urgent: ", "so ", "could you explain "],
    "zh": ["请问", "请问一下，", "你好，", "我想知道", "问一下，", "请告诉我", "麻烦问下，", "急：", "那么", "帮我看看，", "我想问", "您好，请问"],
}
CLOSERS = {
    "en": [" please", " thanks", " asap", " on this box", " right now", ", please help", " on the appliance", " again", " exactly", " here"],
    "zh": ["呢", "啊", "，谢谢", "，急", "，请说明", "，请帮忙", "呀", "来着"],
}
SYSTEM = ["You are a helpful assistant.", "You are the field guide of an AI box.", "Answer briefly.", "You are a helpful AI assistant. Be concise.",
          "你是一个有用的助手。", "请简短回答。", "You are DeepSeek, a helpful assistant.", "Be accurate."]

_EN = [
    (r"^How do I ", ["how to ", "how can I ", "how would I ", "how do you ", "what is the way to ", "how should I ", "how does one "]),
    (r"^How do we ", ["how to ", "how can we "]),
    (r"^What is ", ["what's ", "whats ", "tell me ", "explain ", "define ", "can you say what is "]),
    (r"^What are ", ["what're ", "tell me ", "list ", "name "]),
    (r"^Which ", ["what ", "list the ", "name the "]),
    (r"^Why (is|are) ", [r"how come \1 ", r"what is the reason \1 ", r"why the heck \1 ", r"tell me why \1 "]),
    (r"^What do I do when ", ["what to do if ", "what should I do when ", "what now when ", "what if ", "help, ", "how do I react when "]),
    (r", what now\?", ["", ", what do I do?", ", what should I do?", ", help", ", what next?"]),
    (r"^What does (.+) do\?", [r"what is \1 for?", r"explain \1", r"what's \1", r"\1?", r"purpose of \1", r"tell me about \1"]),
    (r"^What does (.+) mean\?", [r"what is \1?", r"meaning of \1", r"explain \1", r"\1?", r"what's the meaning of \1"]),
    (r"^What does (.+) show\?", [r"what is \1?", r"output of \1", r"explain \1"]),
    (r"^What happens when ", ["what if ", "what happens if ", "what will happen when "]),
    (r"^Where (is|are) ", [r"where do I find ", r"location of ", r"in which place \1 ", r"where can I find "]),
    (r"^How many ", ["number of ", "count of ", "what number of "]),
    (r"^Can I ", ["is it possible to ", "may I ", "am I able to ", "could I "]),
    (r"\bthe box\b", ["the appliance", "this machine", "the system", "the machine", "this box", "the unit"]),
    (r"\bthis box\b", ["this appliance", "this machine", "this system"]),
    (r"\bshow\b", ["display", "print"]),
    (r"\bstart\b", ["launch", "boot"]),
    (r"\bstopped\b", ["failed", "died", "is dead"]),
    (r"\bfailed\b", ["died", "is broken", "is dead", "is defective"]),
    (r"\bconfigured\b", ["set", "changed"]),
    (r"\bchange\b", ["set", "modify", "edit", "alter"]),
    (r"\btoo (hot|warm)\b", ["overheating", "very hot", "too hot", "too warm"]),
    (r"\btemperature\b", ["temp", "temperature"]),
    (r"\bconfiguration\b", ["config", "settings", "configuration file"]),
    (r"\bspeed\b", ["rpm", "speed"]),
]
_ZH = [
    (r"怎么办", ["如何处理", "该怎么处理", "怎么处理", "我该做什么", "咋办", "该怎么办"]),
    (r"怎么", ["如何", "怎样", "咋", "要怎么"]),
    (r"什么", ["啥", "哪些东西", "什么"]),
    (r"多少", ["多少", "几", "是多大"]),
    (r"机器", ["设备", "一体机", "系统", "服务器", "盒子"]),
    (r"为什么", ["为何", "怎么会", "什么原因导致"]),
    (r"哪里", ["哪儿", "什么地方", "哪个位置"]),
    (r"哪些", ["什么", "哪几个", "啥"]),
    (r"是什么意思", ["什么含义", "代表什么", "表示什么", "啥意思"]),
    (r"告警", ["报警", "警报", "告警"]),
    (r"风扇", ["风机", "风扇"]),
    (r"冷却液", ["水", "冷却水", "冷液", "冷却液"]),
    (r"漏液", ["漏水", "泄漏", "漏液"]),
    (r"温度", ["水温", "温度"]),
    (r"启动", ["开机", "打开", "启动"]),
    (r"可以", ["能", "能不能", "可以"]),
    (r"查看|^看|怎么看", ["查看", "怎么查看", "显示"]),
]
_MIXED = [("风扇", "fan"), ("泵", "pump"), ("冷却液", "coolant"), ("告警", "alarm"), ("端口", "port"), ("面板", "panel"), ("接口", "API"),
          ("模型", "model"), ("配置", "config"), ("设定温度", "setpoint"), ("漏液", "leak"), ("传感器", "sensor"), ("流量", "flow")]
_STOP = {"what", "is", "the", "how", "do", "i", "a", "an", "are", "does", "of", "to", "in", "which", "my", "there", "can", "when", "has", "have",
         "for", "on", "it", "be", "did", "with", "that", "and"}
_STOP_ZH = ["是多少", "是什么", "什么", "怎么", "请", "吗", "呢", "的", "了", "是", "有哪些", "哪些", "在哪里"]
_NEIGHBOURS = {"a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl", "l": "k",
               "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
               "y": "tu", "z": "x"}


def vary(rng, question, language):
    """One way to ask it. A quarter of the time exactly as written."""
    if rng.random() < 0.25:
        return question
    return _english(rng, question) if language == "en" else _chinese(rng, question)


def _rewrite(rng, text, rules, most):
    for pattern, others in rng.sample(rules, len(rules)):
        if most and re.search(pattern, text):
            text, most = re.sub(pattern, rng.choice(others), text, count=1), most - 1
    return text


def _english(rng, text):
    if rng.random() < 0.45:
        text = _rewrite(rng, text, _EN, rng.choice((1, 1, 2, 3)))
    if rng.random() < 0.15:
        words = text.rstrip("?.!").split()
        kept = [word for word in words if word.lower().strip(",") not in _STOP]
        if kept and len(kept) < len(words):
            text = " ".join(kept)
    if rng.random() < 0.12:
        words = text.split()
        if len(words) > 4:
            del words[rng.randrange(len(words))]
            text = " ".join(words)
    if rng.random() < 0.05:
        words = text.split()
        if len(words) > 3:
            at = rng.randrange(len(words) - 1)
            words[at], words[at + 1] = words[at + 1], words[at]
            text = " ".join(words)
    if rng.random() < 0.12:
        text = rng.choice(OPENERS["en"]) + text[:1].lower() + text[1:]
    if rng.random() < 0.08:
        text = text.rstrip("?.!") + rng.choice(CLOSERS["en"]) + rng.choice(("", "?"))
    if rng.random() < 0.40:
        text = text.lower()
    elif rng.random() < 0.04:
        text = text.upper()
    text = _ending(rng, text, "?")
    if rng.random() < 0.30:
        for _ in range(rng.choice((1, 1, 2))):
            text = _typo(rng, text)
    return _spaces(rng, text)


def _chinese(rng, text):
    if rng.random() < 0.45:
        text = _rewrite(rng, text, _ZH, rng.choice((1, 1, 2, 3)))
    if rng.random() < 0.12:
        for latin in rng.sample(_MIXED, len(_MIXED)):
            if latin[0] in text:
                text = text.replace(latin[0], rng.choice((latin[1], f" {latin[1]} ")), 1).strip()
                break
    if rng.random() < 0.15:
        short = text.rstrip("？?。！")
        for stop in rng.sample(_STOP_ZH, len(_STOP_ZH)):
            if len(short.replace(stop, "")) >= 2 and rng.random() < 0.6:
                short = short.replace(stop, "")
        text = short
    if rng.random() < 0.12:
        text = rng.choice(OPENERS["zh"]) + text
    if rng.random() < 0.08:
        text = text.rstrip("？?。！") + rng.choice(CLOSERS["zh"]) + rng.choice(("", "？"))
    if rng.random() < 0.12 and len(text) > 5:
        at = rng.randrange(len(text))
        text = text[:at] + text[at + 1:]
    if rng.random() < 0.04 and len(text) > 4:
        at = rng.randrange(len(text) - 1)
        text = text[:at] + text[at + 1] + text[at] + text[at + 2:]
    if rng.random() < 0.20:
        text = re.sub(r"(?<=[一-龥]) (?=[A-Za-z0-9])|(?<=[A-Za-z0-9]) (?=[一-龥])", "", text)
    if rng.random() < 0.15:
        text = text.lower()
    return _spaces(rng, _ending(rng, text, "？"))


def _ending(rng, text, mark):
    chance = rng.random()
    if chance < 0.40:
        return text.rstrip("?？.。!！")
    if chance < 0.48:
        return text.rstrip("?？") + rng.choice(("??", "?", "？", " ?", "!", ".", "。", "？？", mark))
    return text


def _typo(rng, text):
    letters = [i for i, c in enumerate(text) if c.isascii() and c.isalpha()]
    if len(letters) < 4:
        return text
    at = rng.choice(letters)
    kind = rng.randrange(4)
    if kind == 0 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2:]
    if kind == 1:
        return text[:at] + text[at + 1:]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + rng.choice(_NEIGHBOURS[text[at].lower()]) + text[at + 1:]


def _spaces(rng, text):
    chance = rng.random()
    if chance < 0.03:
        return text + rng.choice((" ", "\n", "  "))
    if chance < 0.05:
        return rng.choice((" ", "\n")) + text
    if chance < 0.07:
        return text.replace(" ", "  ", 1)
    return text


def noise(rng):
    """Keys hit by accident; the guide has no answer to them."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789 .,-"
    return "".join(rng.choice(letters) for _ in range(rng.randint(2, 18))).strip() or "x"

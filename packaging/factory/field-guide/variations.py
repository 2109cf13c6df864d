"""
Questions as tired people type them: other words for the same, no capitals, no punctuation, typos, three words instead of a
sentence, two languages in one line. By rule and by seed; what a person wrote in the entries always stays the larger part.
"""

import re

import thesaurus

WORDS = thesaurus.Thesaurus()

OPENERS = {
    "en": ["please tell me: ", "hi, ", "hello, ", "quick question: ", "can you tell me ", "I need to know: ", "question: ", "ok, ",
           "hey, ", "sorry, ", "tell me, ", "urgent: ", "so ", "could you explain ", "new here, ", "night shift here. ", "customer asks: ",
           "got paged, ", "my boss wants to know ", "auditor asks: ", "we have a problem, ", "just came in, ", "no idea about this box. ", "stupid question: ",
           "for the handover: ", "again the same thing: ", "in a hurry: ", "ok so "],
    "zh": ["请问", "请问一下，", "你好，", "我想知道", "问一下，", "请告诉我", "麻烦问下，", "急：", "那么", "帮我看看，", "我想问", "您好，请问",
           "新来的，", "夜班，", "客户问，", "半夜被叫起来，", "老板问 ", "出问题了 ", "刚到现场 ", "不太懂，", "交接班想问 ", "又来了 ", "赶时间 ", "那个 ", "现场问 "],
}
CLOSERS = {
    "en": [" please", " thanks", " asap", " on this box", " right now", ", please help", " on the appliance", " again", " exactly", " here",
           ", is that bad", ", anyone", " or not", " no idea", "!!", " pls", " tonight", ", first time I see this", " and what then"],
    "zh": ["呢", "啊", "，谢谢", "，急", "，请说明", "，请帮忙", "呀", "来着", " 要紧吗", " 急急急", "吧", " 第一次见", " 求助", "！！", " 今晚", " 咋回事啊", "嘛"],
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
    (r"\b(web )?panel\b", ["dashboard", "web UI", "web page", "GUI", "web interface", "panel"]),
    (r"\baddress\b", ["url", "link", "location"]),
    (r"\bstalled\b", ["stopped", "not turning", "standing still", "dead"]),
    (r"\blost\b", ["gone", "missing", "vanished", "lost"]),
    (r"\bloud\b", ["noisy", "roaring"]),
    (r"\bat 100 %", ["at full speed", "at max", "maxed out", "full blast", "at 100%", "all the way up"]),
    (r"\blimited\b", ["capped", "reduced", "cut", "throttled"]),
    (r"\bstop\b", ["shut down", "quit", "end", "kill", "halt"]),
    (r"\bsimulation\b", ["twin", "sim", "simulated box"]),
    (r"\bsimulated box\b", ["twin", "simulation"]),
    (r"\bdrill\b", ["exercise", "practice", "test", "rehearsal"]),
    (r"\binject\b", ["trigger", "cause", "provoke", "simulate"]),
    (r"\bexit code(s?)\b", [r"return code\1", r"exit status", r"code\1"]),
    (r"\bgr[ea]y\b", ["greyed out", "gray", "dimmed"]),
    (r"\bmanual override\b", ["override", "manual mode", "manual control"]),
    (r"\bthe daemon\b", ["the control process", "the service", "appliance.service", "the daemon"]),
    (r"\b(dies|crashes)\b", ["crashes", "dies", "is killed", "goes down"]),
    (r"\bleak(ing|s)?\b", [r"leak\1", "leakage", "drip", "spill"]),
    (r"\bGPUs?\b", ["gpu", "card", "accelerator", "H100"]),
    (r"\bcoolant\b", ["water", "coolant", "liquid", "loop"]),
    (r"\bfans?\b", ["fan", "fans", "blower"]),
    (r"\balarms?\b", ["alert", "warning", "alarm"]),
    (r"\bsetpoint\b", ["target temperature", "set point", "target"]),
    (r"\bAPI\b", ["endpoint", "api", "server", "interface"]),
    (r"\bfaults?\b", ["failure", "error", "problem"]),
    (r"\bsubscribe to\b", ["listen to", "get", "read"]),
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
    (r"面板", ["网页", "界面", "仪表盘", "面板"]),
    (r"地址", ["网址", "链接", "URL"]),
    (r"停转|停了", ["不转了", "停了", "坏了", "不动了"]),
    (r"丢失", ["不见了", "没了", "消失", "掉了"]),
    (r"吵", ["响", "噪音大"]),
    (r"是 100 %", ["全速", "满速", "开到最大", "100%"]),
    (r"限制", ["限速", "降低", "压低"]),
    (r"停止", ["关闭", "关掉", "结束", "停掉"]),
    (r"演练", ["练习", "测试", "演习"]),
    (r"注入", ["模拟", "制造", "触发"]),
    (r"退出码", ["返回码", "返回值", "退出代码"]),
    (r"灰色", ["变灰", "发灰"]),
    (r"守护进程", ["控制进程", "daemon", "服务"]),
    (r"崩溃|死掉", ["挂掉", "挂了", "崩了"]),
    (r"端口", ["端口号", "port"]),
    (r"有几(个|台|块)", [r"多少\1", r"一共几\1", r"总共有几\1"]),
    (r"太热", ["过热", "温度太高", "很烫"]),
    (r"修改|设置", ["改", "调整", "设定"]),
    (r"故障", ["坏了", "出错", "问题", "失效"]),
    (r"设定温度", ["目标温度", "设定值", "设定点"]),
    (r"是什么", ["是啥", "是干什么的", "介绍一下", "什么意思"]),
    (r"做什么", ["干什么用", "有什么用", "是干嘛的", "的作用"]),
]
_MIXED = [("风扇", "fan"), ("泵", "pump"), ("冷却液", "coolant"), ("告警", "alarm"), ("端口", "port"), ("面板", "panel"), ("接口", "API"),
          ("模型", "model"), ("配置", "config"), ("设定温度", "setpoint"), ("漏液", "leak"), ("传感器", "sensor"), ("流量", "flow")]
_STOP = {"what", "is", "the", "how", "do", "i", "a", "an", "are", "does", "of", "to", "in", "which", "my", "there", "can", "when", "has", "have",
         "for", "on", "it", "be", "did", "with", "that", "and"}
_STOP_ZH = ["是多少", "是什么", "什么", "怎么", "请", "吗", "呢", "的", "了", "是", "有哪些", "哪些", "在哪里"]
_NEIGHBOURS = {"a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl", "l": "k",
               "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
               "y": "tu", "z": "x"}


def vary(rng, question, language, siblings=()):
    """One way to ask it. Now and then exactly as written, or only its key words or those of a sibling too."""
    chance = rng.random()
    if chance < 0.15:
        return question
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        question = WORDS.swap(rng, question, language, foreign=0.1)
    if chance < 0.25:
        question = _keywords(rng, [question, rng.choice(siblings or (question,))], language) or question
    return _english(rng, question) if language == "en" else _chinese(rng, question)


def _keywords(rng, questions, language):
    """Two to five words that carry the meaning, from one or two ways of asking."""
    if language == "en":
        words = [w for q in questions for w in re.findall(r"[\w./$%-]+", q) if w.lower() not in _STOP]
    else:
        words = [w for q in questions for w in re.split("|".join(sorted(map(re.escape, _STOP_ZH), key=len, reverse=True)) + "|[？?，。、 ]", q) if w]
    words = list(dict.fromkeys(words))
    if len(words) < 2:
        return None
    kept = sorted(rng.sample(range(len(words)), rng.randint(2, min(5, len(words)))))
    if rng.random() < 0.3:
        rng.shuffle(kept)
    return (" " if language == "en" or rng.random() < 0.3 else "").join(words[i] for i in kept)


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
    if rng.random() < 0.18:
        words = text.split()
        for _ in range(rng.choice((1, 1, 2))):
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
    if rng.random() < 0.10 and len(text) > 8:
        text = re.sub("[，、：。]", " ", text)           # as typed on a phone
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


_NOUNS = {
    "en": """dog cat horse rabbit fish bird elephant tree flower rose apple banana cake pizza sandwich salad rice cheese coffee tea wine beer
        house garden kitchen bathroom roof window door chair table bed sofa lamp carpet car bicycle train airplane ship truck motorcycle bus
        river mountain lake desert island forest moon star planet rocket song film novel poem painting piano guitar violin football tennis
        chess swimming marathon doctor teacher lawyer farmer king queen wedding birthday holiday passport visa hotel restaurant museum castle
        school university exam homework history biology chemistry algebra geometry philosophy psychology economics tax loan mortgage
        insurance salary job interview resume phone tablet television radio camera printer headphones blender oven dishwasher umbrella shoe
        hat coat shirt watch ring necklace hair skin tooth heart lung vitamin headache fever allergy yoga diet baby grandmother friend
        neighbour python javascript excel spreadsheet website blog startup lottery gold diamond weather rain snow earthquake volcano
        dinosaur mummy pyramid Rome Tokyo Egypt Canada Australia India Napoleon Shakespeare Mozart Einstein Plato""".split(),
    "zh": """狗 猫 马 兔子 鱼 鸟 大象 树 花 玫瑰 苹果 香蕉 蛋糕 饺子 面条 米饭 火锅 奶酪 咖啡 茶 红酒 啤酒 房子 花园 厨房 浴室 屋顶 窗户 椅子 桌子
        床 沙发 台灯 地毯 汽车 自行车 火车 飞机 轮船 摩托车 公交车 河流 高山 湖泊 沙漠 岛屿 森林 月球 星星 火箭 歌曲 电影 小说 诗歌 油画 钢琴
        小提琴 足球 网球 象棋 游泳 马拉松 医生 老师 律师 农民 国王 婚礼 生日 假期 护照 签证 酒店 饭馆 博物馆 城堡 学校 大学 考试 作业 历史 生物
        化学 代数 几何 哲学 心理学 经济学 税 贷款 房贷 保险 工资 工作 面试 简历 手机 平板 电视 收音机 相机 耳机 烤箱 洗碗机 雨伞 鞋子 帽子 外套
        衬衫 手表 戒指 项链 头发 皮肤 牙齿 心脏 维生素 头痛 过敏 瑜伽 宝宝 奶奶 朋友 邻居 网站 博客 彩票 黄金 钻石 下雨 下雪 地震 火山 恐龙
        金字塔 罗马 东京 埃及 加拿大 澳大利亚 印度 拿破仑 莎士比亚 莫扎特 孔子 李白 故宫 长城""".split(),
}
_FRAMES = {
    "en": ["what is a {}", "how do I draw a {}", "how do I cook {}", "how do I buy a {}", "how do I clean a {}", "how do I repair a {}", "who invented the {}",
           "how much does a {} cost", "write a story about a {}", "write a poem about {}", "tell me about {}", "what is the history of {}",
           "why do people like {}", "what is the best {}", "where can I find a {}", "how many {}s are there in the world", "how old is the {}",
           "translate {} into French", "what is the difference between {} and {}", "is {} better than {}", "what does {} mean in a dream",
           "how do I learn about {}", "explain {} to a child", "what color is a {}", "how big is a {}", "do you like {}", "can a {} eat {}",
           "name five kinds of {}", "give me a recipe with {}", "how do I sell my {}", "{}", "{} {}", "when was {} born", "why is the {} broken",
           "my {} does not work", "how hot is {}", "how fast is a {}", "what is the price of {}", "how do I connect my {}", "how do I set up a {}",
           "what do I do when my {} is sick", "how many {}s does a {} have", "which {} should I choose", "what happens when a {} dies"],
    "zh": ["什么是{}", "怎么画{}", "怎么做{}", "在哪里买{}", "怎么清洗{}", "怎么修{}", "谁发明了{}", "{}多少钱", "写一个关于{}的故事", "写一首关于{}的诗",
           "介绍一下{}", "{}的历史是什么", "为什么人们喜欢{}", "哪种{}最好", "哪里有{}", "世界上有多少{}", "{}有多大年纪", "把{}翻译成英文",
           "{}和{}有什么区别", "{}比{}好吗", "梦见{}是什么意思", "怎么学习{}", "给小孩解释{}", "{}是什么颜色", "{}有多大", "你喜欢{}吗", "{}能吃{}吗",
           "说五种{}", "怎么卖掉我的{}", "{}", "{}{}", "{}什么时候出生", "我的{}坏了怎么办", "{}有多热", "{}跑多快", "{}的价格是多少", "怎么连接我的{}",
           "怎么选{}", "{}死了会怎样", "怎么安装{}"],
}


def off_topic(rng, language):
    """A question about the rest of the world."""
    frame = rng.choice(_FRAMES[language])
    return frame.format(*(rng.choice(_NOUNS[language]) for _ in range(frame.count("{}")))) + rng.choice(("?", "", "？" if language == "zh" else "?"))


_NEAR = {
    "en": ["{q} in my {t}", "my {t}: {q}", "{t}: {q}", "{q} ({t})", "{q} of the {t}", "I have a {t}. {q}", "{q} on a {t}"],
    "zh": ["我的{t}{q}", "{t}{q}", "{t}，{q}", "{t} {q}", "{q}（{t}）", "家里的{t}{q}", "关于{t}：{q}"],
}


def near_miss(rng, question, thing, language):
    """A question of the guide's about something that is not this box: the trade's words alone do not make it the guide's."""
    if rng.random() < 0.5:
        question = vary(rng, question, language)
    return rng.choice(_NEAR[language]).format(q=question.rstrip("?？.。"), t=thing)


def from_answer(rng, answer, language):
    """What somebody asks who half remembers what the guide says: some of the answer's words, as they stand or as others say them."""
    words = _keywords(rng, [answer], language) or answer
    if rng.random() < 0.5:
        words = WORDS.swap(rng, words, language, foreign=0.1)
    return rng.choice(_RECALL[language]).format(words)


_RECALL = {
    "en": ["{}", "{}?", "what about {}", "{}, what was that again", "how is it with {}", "something about {}", "{} how", "{} why"],
    "zh": ["{}", "{}？", "{}是怎么回事", "关于{}", "{}怎么弄", "{}那个", "{}为什么", "好像有{}"],
}


def noise(rng):
    """Keys hit by accident; the guide has no answer to them."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789 .,-"
    return "".join(rng.choice(letters) for _ in range(rng.randint(2, 18))).strip() or "x"

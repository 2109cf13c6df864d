"""
Trains the field-guide model on docs/field-guide and writes it in Hugging Face layout, ready to be served.

  python3 packaging/factory/field-guide/train.py --out inference-core/models/field-guide --seconds 300

Needs PyTorch, transformers, tokenizers, safetensors and a GPU (a CPU works with --small). Prints a table last and exits 1
when a question of the guide, asked in the guide's words, is not answered with the guide's words.
"""

import argparse
import hashlib
import json
import os
import platform
import sys
import time

import numpy
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import bpe          # noqa: E402
import samples      # noqa: E402
from model import CONFIG, Model  # noqa: E402

STARTED = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description="Train the field-guide model.")
    parser.add_argument("--guide", default=os.path.join(HERE, "../../../docs/field-guide"))
    parser.add_argument("--out", required=True)
    parser.add_argument("--seconds", type=float, default=300, help="wall-clock budget of the training loop")
    parser.add_argument("--steps", type=int, default=0, help="exactly so many steps instead of a budget")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--vocabulary", type=int, default=3072)
    parser.add_argument("--rows", type=int, default=1_200_000, help="single-turn rows in the pool")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 2))
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--continue", dest="begun", metavar="DIR", help="a model that this script has made, of this guide or of one with a few other answers: teach it what changed and polish it, do not train one")
    parser.add_argument("--small", action="store_true", help="a few steps on little data: proves the script, not the model")
    return parser.parse_args()


class Answers:
    """Teacher-forced check of whole answers: all arguments of the maximum right means greedy decoding gives the answer."""

    def __init__(self, tokenizer, questions, device):
        self.questions, self.device = questions, device
        rows, longest = [], 0
        for _, _, question, answer in questions:
            tokens, prompt = samples.turn(tokenizer, question, answer)
            rows.append(([tokenizer.bos] + tokens, prompt + 1))
            longest = max(longest, len(tokens) + 1)
        self.tokens = torch.full((len(rows), longest), tokenizer.pad, dtype=torch.long)
        self.mask = torch.zeros((len(rows), longest), dtype=torch.bool)
        for index, (tokens, prompt) in enumerate(rows):
            self.tokens[index, :len(tokens)] = torch.tensor(tokens)
            self.mask[index, prompt:len(tokens)] = True

    def check(self, model, bf16=False):
        """Right or wrong per question, and by how much the right token led where it led least (logits)."""
        right, lead = [], []
        model.eval()
        for at in range(0, len(self.tokens), 128):
            tokens, mask = self.tokens[at:at + 128].to(self.device), self.mask[at:at + 128, 1:].to(self.device)
            with torch.no_grad(), torch.autocast(self.device, dtype=torch.bfloat16, enabled=bf16):
                logits = model(tokens[:, :-1])[0].float()
            wanted = logits.gather(-1, tokens[:, 1:, None]).squeeze(-1)
            others = logits.scatter(-1, tokens[:, 1:, None], float("-inf")).max(-1)[0]
            least = (wanted - others).masked_fill(~mask, float("inf")).min(-1)[0]
            right += (least > 0).tolist()
            lead += least.tolist()
        model.train()
        return right, lead


def share(flags):
    return sum(flags) / max(1, len(flags))


def train(options, model, singles, talks, checks, device):
    torch.manual_seed(options.seed)
    single_batch, talk_batch = (8, 2) if options.small else (512, 32)
    decay = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    extra = {"fused": True} if device == "cuda" else {}
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
                                  lr=options.rate, betas=(0.9, 0.95), **extra)

    def loss_of(inputs, targets):
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            logits, loads = model(inputs)
        loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=samples.IGNORED)
        return loss, loads

    if device == "cuda":
        from torch import _dynamo
        _dynamo.config.suppress_errors = True     # what cannot be compiled runs slower, and still trains
        loss_of = torch.compile(loss_of)
    draw = torch.Generator(device=device).manual_seed(options.seed)
    moe = model.experts()
    curve, tokens_seen, began = [], 0, None
    warmup, probe = (2, 3) if options.small else (200, 60)
    steps = options.steps or (6 if options.small else 0)
    step = 0
    while not steps or step < steps:
        if step == probe and not options.steps and not options.small:
            torch.cuda.synchronize()
            each = (time.monotonic() - began) / (probe - 20)
            steps = probe + int((options.seconds - (time.monotonic() - began)) / each)
            say(f"{each * 1000:.1f} ms a step: {steps} steps")
        if step == 20 and device == "cuda":
            torch.cuda.synchronize()
            began = time.monotonic()
        done = step / steps if steps else 0.0
        rate = options.rate * min(1.0, (step + 1) / warmup) * (0.01 + 0.99 * 0.5 * (1 + numpy.cos(numpy.pi * done)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        losses, load = [], None
        for (inputs, targets), count, weight in ((singles, single_batch, 0.7), (talks, talk_batch, 0.3)):
            chosen = torch.randint(len(inputs), (count,), generator=draw, device=device)
            loss, loads = loss_of(inputs[chosen].long(), targets[chosen].long())
            (loss * weight).backward()
            losses.append(loss.detach())
            load = loads if load is None else load + loads
            tokens_seen += inputs.shape[1] * count
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if done < 0.6:
            for experts, counts in zip(moe, load):
                experts.gate.e_score_correction_bias += 0.001 * torch.sign(counts.mean() - counts)
        step += 1
        if step % 100 == 0 or step == steps:
            curve.append([step, round(losses[0].item(), 5), round(losses[1].item(), 5)])
        if steps and not options.small and step % max(1, steps // 4) == 0:
            right, lead = checks.check(model)
            spread = [f"{(c.max() / c.mean()).item():.2f}" for c in load]
            say(f"step {step}/{steps} loss {losses[0].item():.4f} {losses[1].item():.4f} listed {share(right):.4f} "
                f"least lead {min(lead):.2f} busiest expert {'/'.join(spread)}")
    return {"steps": step, "tokens": tokens_seen, "loss_curve_step_single_talk": curve}


POLISHED = 0.5      # logits by which every answer shall lead where it leads least
ROUNDS, ROUND_STEPS = 20, 25


def polish(options, model, checks, device):
    """Questions whose answer leads by little are asked again, among others at random, until none is left."""
    torch.manual_seed(options.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0)
    draw = torch.Generator().manual_seed(options.seed)
    weak_count, others = (2, 6) if options.small else (64, 192)
    steps = 0
    for number in range(2 if options.small else ROUNDS):
        right, lead = checks.check(model)
        weak = torch.tensor([i for i, value in enumerate(lead) if value < POLISHED])
        say(f"polish {number}: listed {share(right):.5f}, least lead {min(lead):.2f}, {len(weak)} lead by less than {POLISHED}")
        if len(weak) == 0:
            break
        model.eval()    # without dropout: single features are just what is missing here
        for _ in range(2 if options.small else ROUND_STEPS):
            chosen = torch.cat((weak[torch.randint(len(weak), (weak_count,), generator=draw)], torch.randint(len(lead), (others,), generator=draw)))
            tokens, mask = checks.tokens[chosen].to(device), checks.mask[chosen, 1:].to(device)
            loss = F.cross_entropy(model(tokens[:, :-1])[0].float()[mask], tokens[:, 1:][mask])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            steps += 1
        model.train()
    return steps


def begun(options, model):
    """The model of --continue in its places, with the vocabulary it has; what its record says of its training."""
    from safetensors.torch import load_file
    with open(os.path.join(options.begun, "training-record.json"), encoding="utf-8") as file:
        record = json.load(file)
    with torch.no_grad():
        model.restore(load_file(os.path.join(options.begun, "model.safetensors")))
    return record


def export(options, model, tokenizer, config):
    from safetensors.torch import save_file
    os.makedirs(options.out, exist_ok=True)

    def write(name, value):
        with open(os.path.join(options.out, name), "w", encoding="utf-8") as file:
            file.write(bpe.dump(value))

    write("config.json", config)
    write("generation_config.json", {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2, "do_sample": False})
    write("tokenizer.json", tokenizer.to_json())
    write("tokenizer_config.json", bpe.tokenizer_config(config["max_position_embeddings"]))
    save_file(model.checkpoint(), os.path.join(options.out, "model.safetensors"), metadata={"format": "pt"})
    names = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    with open(os.path.join(options.out, "SHA256SUMS"), "w", encoding="utf-8") as sums:
        for name in names:
            with open(os.path.join(options.out, name), "rb") as file:
                sums.write(f"{hashlib.sha256(file.read()).hexdigest()}  {name}\n")


class Reference:
    """The exported directory as transformers reads it: bf16 weights, float32 arithmetic, greedy."""

    def __init__(self, folder, device):
        from transformers import AutoTokenizer, DeepseekV3ForCausalLM
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = DeepseekV3ForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").to(device).eval()
        self.device = device

    def logits(self, tokens):
        with torch.no_grad():
            return self.model(input_ids=tokens.to(self.device)).logits.float()

    def ask(self, questions, batch=1024):
        """The answer to each question, as tokens and as text, without the end token."""
        out = []
        for at in range(0, len(questions), batch):
            prompts = [self.tokenizer.apply_chat_template([{"role": "user", "content": q}], add_generation_prompt=True, tokenize=False)
                       for q in questions[at:at + batch]]
            fed = [self.tokenizer(p, add_special_tokens=False)["input_ids"] for p in prompts]
            longest = max(map(len, fed))
            tokens = torch.tensor([[2] * (longest - len(f)) + f for f in fed], device=self.device)
            mask = torch.tensor([[0] * (longest - len(f)) + [1] * len(f) for f in fed], device=self.device)
            with torch.no_grad():
                made = self.model.generate(input_ids=tokens, attention_mask=mask, do_sample=False, max_new_tokens=200,
                                           eos_token_id=1, pad_token_id=2)[:, longest:].tolist()
            for row in made:
                row = row[:row.index(1)] if 1 in row else row + [-1]
                out.append(self.tokenizer.decode([t for t in row if t >= 0], skip_special_tokens=True) + ("" if -1 not in row else "…"))
        return out


def same_tokenizer(tokenizer, folder, texts):
    from tokenizers import Tokenizer as Hugging
    other = Hugging.from_file(os.path.join(folder, "tokenizer.json"))
    wrong = [text for text in texts if other.encode(text, add_special_tokens=False).ids != tokenizer.encode(text)]
    return len(texts) - len(wrong), wrong[:3]


def main():
    options = arguments()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(options.seed)
    torch.backends.cuda.matmul.allow_tf32 = False
    source = samples.Source(options.guide, HERE)
    listed = source.listed()
    tokenizer = bpe.read(os.path.join(options.begun, "tokenizer.json")) if options.begun else samples.vocabulary(source, options.vocabulary)
    longest = max(len(samples.turn(tokenizer, q, a)[0]) for _, _, q, a in listed)
    length = (longest + 8 + 15) // 16 * 16       # what does not fit behind a system prompt is drawn again
    say(f"{len(source.entries)} entries, {len(listed)} questions, vocabulary {tokenizer.size}, longest turn {longest}, row {length}")
    config = dict(CONFIG, vocab_size=tokenizer.size)
    model = Model(config).to(device)
    parameters = sum(p.numel() for p in model.parameters())
    say(f"{parameters / 1e6:.2f} M parameters on {device}")
    checks = Answers(tokenizer, listed, device)
    if options.begun:
        before = begun(options, model)
        data_hash, record = before["data_sha256"], {k: before[k] for k in ("steps", "tokens", "loss_curve_step_single_talk", "training_seconds")}
        record["continued"] = True
        if before["guide_sha256"] != source.sha256():
            record["begun_with_guide_sha256"] = before["guide_sha256"]
    else:
        rows = 400 if options.small else options.rows
        pools = [samples.pool(source, tokenizer, options.seed, count, positions, turns, options.workers)
                 for count, positions, turns in ((rows, length, 1), (rows // 16, 448, 12))]
        data_hash = hashlib.sha256(b"".join(a.tobytes() for p in pools for a in p)).hexdigest()
        singles, talks = [tuple(torch.from_numpy(a).to(device) for a in p) for p in pools]
        say(f"data {data_hash[:16]} rows {len(singles[0])} + {len(talks[0])}")
        began = time.monotonic()
        record = train(options, model, singles, talks, checks, device)
        record["training_seconds"] = round(time.monotonic() - began, 1)
    began = time.monotonic()
    record["polish_steps"] = polish(options, model, checks, device)
    record["polish_seconds"] = round(time.monotonic() - began, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.bfloat16().float())
        for experts in model.experts():
            bias = experts.gate.e_score_correction_bias
            bias -= bias.min().clone()
    export(options, model, tokenizer, config)
    say("exported")
    right, lead = checks.check(model)
    right16, _ = checks.check(model, bf16=device == "cuda")
    rng_texts = [q for _, _, q, _ in listed] + [a for _, _, _, a in listed] + [q for _, _, q in source.held_out]
    figures = {
        "entries": len(source.entries), "listed_questions": len(listed), "listed_exact_own_float32": share(right),
        "listed_exact_own_bf16_activations": share(right16), "least_lead_logits": round(min(lead), 3),
        "leads_below_2": sum(value < 2 for value in lead),
    }
    failed = check_with_transformers(options, source, tokenizer, model, checks, listed, rng_texts, figures, device)
    record = {
        "seed": options.seed, "guide_sha256": source.sha256(), "data_sha256": data_hash, "vocabulary": tokenizer.size,
        "parameters": parameters, "weights_bytes": os.path.getsize(os.path.join(options.out, "model.safetensors")),
        "device": torch.cuda.get_device_name(0) if device == "cuda" else platform.processor() or "cpu", "torch": torch.__version__,
        "figures": figures, **record,
    }
    with open(os.path.join(options.out, "training-record.json"), "w", encoding="utf-8") as file:
        json.dump(record, file, ensure_ascii=False, indent=1)
        file.write("\n")
    write_known_answer(options.out, tokenizer, listed)
    for name, value in {**figures, **{k: record[k] for k in ("parameters", "weights_bytes", "steps", "training_seconds")}}.items():
        print(f"{name:40} {value}")
    return 1 if failed else 0


def write_known_answer(out, tokenizer, listed):
    """What every engine must answer on every start, whatever its arithmetic: the guide's first question, which has just been asked."""
    turn, prompt = samples.turn(tokenizer, listed[0][2], listed[0][3])
    with open(os.path.join(out, "SHA256SUMS"), "rb") as file:
        weights = hashlib.sha256(file.read()).hexdigest()
    with open(os.path.join(out, "known-answer.json"), "w", encoding="utf-8") as file:
        answer = {"arithmetic": "any", "weights": weights, "prompt": [tokenizer.bos, *turn[:prompt]], "tokens": turn[prompt:]}
        json.dump({"answers": [answer]}, file, separators=(",", ":"))
        file.write("\n")


def check_with_transformers(options, source, tokenizer, model, checks, listed, texts, figures, device):
    """Fills the figures from transformers' own reading of the exported directory; true when a listed question fails."""
    equal, wrong = same_tokenizer(tokenizer, options.out, texts)
    model.eval()
    figures["tokenizer_equal"] = f"{equal} of {len(texts)}"
    if wrong:
        say(f"tokenizers differ: {wrong}")
    reference = None
    for place in dict.fromkeys((device, "cpu")):
        try:
            reference = Reference(options.out, place)
            reference.logits(checks.tokens[:2, :8])
            break
        except (RuntimeError, NotImplementedError, TypeError) as error:
            say(f"transformers on {place}: {error}")
    tokens = checks.tokens[:: max(1, len(checks.tokens) // 32)]
    with torch.no_grad():
        ours, theirs = model(tokens.to(device))[0].float().cpu(), reference.logits(tokens).cpu()
    figures["logits_relative_difference_to_transformers"] = float(f"{((ours - theirs).norm() / theirs.norm()).item():.3g}")
    answers = reference.ask([q for _, _, q, _ in listed])
    exact = [made == answer for made, (_, _, _, answer) in zip(answers, listed)]
    figures["listed_exact_transformers_greedy"] = share(exact)
    for made, (name, language, question, answer) in zip(answers, listed):
        if made != answer:
            say(f"WRONG {name} {language} '{question}' → '{made}' instead of '{answer}'")
    made = reference.ask([q for _, _, q in source.held_out])
    groups = {"on_topic": [], "off_topic": []}
    for text, (name, language, question) in zip(made, source.held_out):
        good = text == source.by_id[name].answers[language]
        groups["off_topic" if name == samples.guide.NOT_IN_GUIDE else "on_topic"].append(good)
        if not good:
            say(f"held out, {name}: '{question}' → '{text}'")
    for name, flags in groups.items():
        figures[f"held_out_{name}"] = f"{sum(flags)} of {len(flags)}"
    return not all(exact)


if __name__ == "__main__":
    sys.exit(main())

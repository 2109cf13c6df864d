// Trains a small byte-level BPE on the project's own texts, puts it behind the pre-tokenizers of the families we serve, and lets
// Hugging Face's tokenizers say what each of the strings below becomes. Writes one tokenizer.json and one strings.json per family.
//   npm install tokenizers@0.23.2 && node make.mjs ROOT_OF_THE_REPOSITORY OUT_DIRECTORY
import fs from "node:fs";
import path from "node:path";
import hf from "tokenizers";

const [root, out] = process.argv.slice(2);
const split = (regex) => ({ type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false });
const byteLevel = (useRegex) => ({ type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: useRegex });
const chain = (...steps) => ({ type: "Sequence", pretokenizers: steps });
const gpt = (digits) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const families = {
  "deepseek-v3": { pre: chain(split("\\p{N}{1,3}"), split("[一-龥\u3040-ゟ゠-ヿ]+"),
    split("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"),
    byteLevel(false)) },
  // The letters are an excerpt of V2's list, with two of its ranges above the basic plane.
  "deepseek-v2": { pre: chain(split("[\r\n]"), split("\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿΑ-ΡΣ-ϵЀ-ҁＡ-Ｚａ-ｚ𐐀-𐑏𞤀-𞥃]+"),
    split("\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+"), split("\\s+$"), split("[一-龥ࠀ-一가-\ud7ff]+"),
    { type: "Digits", individual_digits: true }, byteLevel(false)) },
  qwen2: { pre: chain(split(gpt("\\p{N}")), byteLevel(false)), normalizer: { type: "NFC" } },
  "llama-3": { pre: chain(split(gpt("\\p{N}{1,3}")), byteLevel(false)), ignoreMerges: true, begin: true },
  "gpt-2": { pre: byteLevel(true) },
};

const bytes = [...Array(256).keys()];
const printable = bytes.filter((b) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174);
const letters = new Map(printable.map((b) => [b, String.fromCharCode(b)]));
let next = 256;
for (const b of bytes) if (!letters.has(b)) letters.set(b, String.fromCharCode(next++));

function train(text, count) {
  const vocab = new Map(bytes.map((b) => [letters.get(b), b]));
  const words = new Map();
  for (const word of text.match(/ ?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+/gu))
    words.set(word, (words.get(word) ?? 0) + 1);
  const list = [...words].map(([word, n]) => ({ n, parts: [...Buffer.from(word)].map((b) => letters.get(b)) }));
  const merges = [];
  while (merges.length < count) {
    const pairs = new Map();
    for (const { n, parts } of list)
      for (let i = 1; i < parts.length; i++) {
        const pair = parts[i - 1] + " " + parts[i];
        pairs.set(pair, (pairs.get(pair) ?? 0) + n);
      }
    const best = [...pairs].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
    const [left, right] = best[0].split(" ");
    merges.push(best[0]);
    if (!vocab.has(left + right)) vocab.set(left + right, vocab.size);
    for (const word of list)
      for (let i = 1; i < word.parts.length; i++)
        if (word.parts[i - 1] === left && word.parts[i] === right) word.parts.splice(i - 1, 2, left + right);
  }
  return { vocab, merges };
}

const strings = ["", " ", "  ", "\n", "\r\n", "\t\tx", "Hello, world!", "你好，世界！", "How's it going? I'LL be THERE'S", "a".repeat(40), " ".repeat(30) + "x",
  "\n".repeat(9), "😀".repeat(5), "中".repeat(30), "12345678901", "the pump the fan the pump", "<think>\nok</think>", "<｜User｜>hi<｜Assistant｜>", "e\u0301a\u0308\u0323",
  "\u1100\u1161\u11a8 \uac00", "\u212b \u2126 \u212a", "\u0344\u0374\u0387", "👩‍👩‍👧‍👦 🇨🇳 ❤️ 👍🏽", "𠀀𠮷野家 𝐚𝐛𝐜 𐐀𐐨 𞤀𞤢", "\u00a0\u2003\u3000\u200b\ufeff|", "\u0085\u2028\u2029x"];
const words = ("the cooling loop holds 38 °C at its setpoint pump1 fan6 GPU's DON'T we'll I've naïve café Straße ΑΒΓ Привет שלום العربية हिन्दी ไทย 한국어 カタカナ 设定值 水泵 " +
  "风扇 漏水怎么办 機器 𠀀𠮷 𝐚𝐛 𐐀𐐨 😀 👩‍👧 🇨🇳 ½ ² ٣٤ Ⅷ ① 1234567 3.14 0x1F 1,000 © € → ∑ … — “q” `code` <b> {x:1} [a] #tag $x int main(){return 0;} " +
  "https://example.com/a?b=c&d=e e\u0301 \u1100\u1161 ſ ǅ ा ҈ \u00a0 \u3000 \u200d \u0085 \t \n \r\n \n\n <｜User｜> <think> </think>").split(" ");
let seed = 20261123;
const random = (n) => Math.floor((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 4294967296 * n);
while (strings.length < 300) {
  let text = "";
  for (let n = 1 + random(9); n > 0; n--) text += (random(8) ? words[random(words.length)] : ["\n", "  ", "\n  ", ""][random(4)]) + (random(5) < 3 ? " " : "");
  strings.push(text);
}

const corpus = ["ARCHITECTURE.md", "STYLE.md"].map((f) => fs.readFileSync(path.join(root, f), "utf8")).join("\n") + strings.slice(26, 120).join("\n");
const { vocab, merges } = train(corpus, 700);
for (const [name, family] of Object.entries(families)) {
  const added = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"].map((content, i) => ({
    id: vocab.size + i, content, single_word: false, lstrip: false, rstrip: false, normalized: i > 1 && !family.normalizer, special: i < 2 }));
  const begin = { id: added[0].content, type_id: 0 };
  const file = { version: "1.0", truncation: null, padding: null, added_tokens: added, normalizer: family.normalizer ?? null, pre_tokenizer: family.pre,
    post_processor: !family.begin ? null : { type: "TemplateProcessing", single: [{ SpecialToken: begin }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
      special_tokens: { [begin.id]: { id: begin.id, ids: [added[0].id], tokens: [begin.id] } } },
    decoder: byteLevel(true),
    model: { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false,
      ignore_merges: family.ignoreMerges ?? false, vocab: Object.fromEntries(vocab), merges } };
  const dir = path.join(out, name);
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, "tokenizer.json"), JSON.stringify(file) + "\n");
  const tokenizer = hf.Tokenizer.fromFile(path.join(dir, "tokenizer.json"));
  const goldens = [];
  for (const text of strings) {
    const ids = (await tokenizer.encode(text, null, { addSpecialTokens: true })).getIds();
    goldens.push({ text, ids, decoded: await tokenizer.decode(ids, false) });
  }
  fs.writeFileSync(path.join(dir, "strings.json"), "[\n" + goldens.map((g) => JSON.stringify(g)).join(",\n") + "\n]\n");
}

// The official client against a gateway: node client.mjs http://127.0.0.1:8080. Prints one line of JSON per check; exit 1 when one failed.
import assert from "node:assert/strict";
import OpenAI from "openai";

const baseURL = process.argv[2];
const client = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: "none", maxRetries: 0 });
const question = [{ role: "user", content: process.argv[3] ?? "What is the setpoint?" }];
let model;
let failed = 0;

async function check(name, run) {
  try {
    const detail = await run();
    console.log(JSON.stringify({ name, ok: true, detail: detail ?? null }));
  } catch (e) {
    failed++;
    console.log(JSON.stringify({ name, ok: false, detail: String(e.stack ?? e) }));
  }
}

async function metric(name) {
  const page = await (await fetch(`${baseURL}/metrics`)).text();
  const line = page.split("\n").find((l) => l.startsWith(name));
  return line && Number(line.split(" ").at(-1));
}

async function until(what, condition) {
  for (let i = 0; i < 400; i++) {
    if (await condition()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`not within 10 s: ${what}`);
}

await check("models", async () => {
  const models = [];
  for await (const m of client.models.list()) models.push(m.id);
  assert.equal(models.length, 1);
  model = models[0];
  assert.equal((await client.models.retrieve(model)).id, model);
  return model;
});

let answer;
await check("chat", async () => {
  const chat = await client.chat.completions.create({ model, messages: question, temperature: 0 });
  answer = chat.choices[0].message.content;
  assert.ok(answer.length > 0);
  assert.equal(chat.choices[0].finish_reason, "stop");
  assert.equal(chat.usage.total_tokens, chat.usage.prompt_tokens + chat.usage.completion_tokens);
  return answer;
});

await check("chat_stream_with_usage", async () => {
  const stream = await client.chat.completions.create({ model, messages: question, temperature: 0, stream: true, stream_options: { include_usage: true } });
  let text = "", usage, finish, role;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    role ??= chunk.choices[0]?.delta?.role;
    finish = chunk.choices[0]?.finish_reason ?? finish;
    if (chunk.choices.length === 0) usage = chunk.usage;
    else assert.equal(chunk.usage, null);
  }
  assert.equal(text, answer);
  assert.equal(role, "assistant");
  assert.equal(finish, "stop");
  assert.ok(usage.completion_tokens > 0);
});

await check("stream_helper_assembles_the_final_message", async () => {
  const runner = client.chat.completions.stream({ model, messages: question, temperature: 0 });
  assert.equal((await runner.finalChatCompletion()).choices[0].message.content, answer);
});

await check("several_choices", async () => {
  const chat = await client.chat.completions.create({ model, messages: question, n: 3, temperature: 2, seed: 11, max_tokens: 8 });
  assert.deepEqual(chat.choices.map((c) => c.index), [0, 1, 2]);
  const again = await client.chat.completions.create({ model, messages: question, n: 3, temperature: 2, seed: 11, max_tokens: 8 });
  assert.deepEqual(chat.choices.map((c) => c.message.content), again.choices.map((c) => c.message.content));
});

await check("stop_string_is_never_seen", async () => {
  const stop = answer.slice(6, 9);
  const expected = answer.slice(0, answer.indexOf(stop));
  const chat = await client.chat.completions.create({ model, messages: question, temperature: 0, stop: [stop] });
  assert.equal(chat.choices[0].message.content, expected);
  let text = "";
  for await (const chunk of await client.chat.completions.create({ model, messages: question, temperature: 0, stop, stream: true }))
    text += chunk.choices[0]?.delta?.content ?? "";
  assert.equal(text, expected);
});

await check("logprobs", async () => {
  const chat = await client.chat.completions.create({ model, messages: question, temperature: 0, max_tokens: 4, logprobs: true, top_logprobs: 3 });
  const tokens = chat.choices[0].logprobs.content;
  assert.equal(tokens.length, 4);
  for (const token of tokens) {
    assert.equal(token.top_logprobs.length, 3);
    assert.equal(token.token, token.top_logprobs[0].token);
    assert.ok(token.logprob <= 0);
  }
  assert.equal(Buffer.from(tokens.flatMap((t) => t.bytes)).toString("utf8"), chat.choices[0].message.content);
});

await check("text_completion", async () => {
  const text = await client.completions.create({ model, prompt: ["The pump", "The fan"], max_tokens: 5, temperature: 0, logprobs: 2, echo: true });
  assert.deepEqual(text.choices.map((c) => c.index), [0, 1]);
  assert.ok(text.choices[0].text.startsWith("The pump"));
  assert.equal(text.choices[0].logprobs.token_logprobs[0], null);
  let streamed = "";
  for await (const chunk of await client.completions.create({ model, prompt: "The pump", max_tokens: 5, temperature: 0, echo: true, stream: true }))
    streamed += chunk.choices[0]?.text ?? "";
  assert.equal(streamed, text.choices[0].text);
});

await check("errors_are_the_clients_own_classes", async () => {
  await assert.rejects(client.chat.completions.create({ model: "none", messages: question }), (e) => e instanceof OpenAI.NotFoundError && e.code === "model_not_found");
  await assert.rejects(client.chat.completions.create({ model, messages: question, temperature: 9 }), (e) => e instanceof OpenAI.BadRequestError && e.param === "temperature");
  await assert.rejects(client.chat.completions.create({ model, messages: [{ role: "user", content: "pump ".repeat(200000) }] }),
    (e) => e instanceof OpenAI.BadRequestError && e.code === "context_length_exceeded");
  await assert.rejects(client.embeddings.create({ model, input: "x" }), (e) => e instanceof OpenAI.NotFoundError);
});

await check("many_at_once_do_not_mix", async () => {
  const all = await Promise.all(Array.from({ length: 12 }, () => client.chat.completions.create({ model, messages: question, temperature: 0 })));
  for (const chat of all) assert.equal(chat.choices[0].message.content, answer);
});

await check("an_aborted_stream_frees_its_place", async () => {
  const aborted = 'vllm:request_success_total{finished_reason="abort"';
  const before = await metric(aborted);
  const stream = await client.chat.completions.create({ model, messages: question, temperature: 1, stream: true, max_tokens: 900, ignore_eos: true });
  let chunks = 0;
  for await (const _ of stream) if (++chunks === 3) break;
  await until("the place is free and the abort is counted", async () =>
    (await metric("vllm:num_requests_running")) === 0 && (await metric(aborted)) === before + 1);
});

await check("tokenize_and_back", async () => {
  const post = async (path, body) => (await fetch(baseURL + path, { method: "POST", body: JSON.stringify(body) })).json();
  const text = "冷却液 38 °C 😀";
  const { tokens, count, max_model_len } = await post("/tokenize", { prompt: text, add_special_tokens: false });
  assert.equal(tokens.length, count);
  assert.ok(max_model_len > 0);
  assert.equal((await post("/detokenize", { tokens })).prompt, text);
});

process.exit(failed ? 1 : 0);

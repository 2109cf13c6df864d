"""
The DeepSeek-V3 architecture in plain PyTorch, parameters named as in the published checkpoints, small enough to read at one
sitting: MLA with low-rank queries and keys/values, one dense layer, then experts behind a sigmoid router that picks groups first.
Every weight is seen through its bf16 rounding while training, because bf16 is what is shipped.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIG = {
    "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "dtype": "bfloat16", "torch_dtype": "bfloat16",
    "vocab_size": 0, "hidden_size": 256, "intermediate_size": 512, "moe_intermediate_size": 128,
    "num_hidden_layers": 4, "first_k_dense_replace": 1, "moe_layer_freq": 1,
    "num_attention_heads": 8, "num_key_value_heads": 8, "q_lora_rank": 128, "kv_lora_rank": 64,
    "qk_nope_head_dim": 32, "qk_rope_head_dim": 16, "qk_head_dim": 48, "v_head_dim": 32, "head_dim": 16,
    "n_routed_experts": 8, "num_experts_per_tok": 2, "n_shared_experts": 1, "n_group": 2, "topk_group": 1,
    "norm_topk_prob": True, "routed_scaling_factor": 1.5, "scoring_func": "sigmoid", "topk_method": "noaux_tc",
    "hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "rope_scaling": None, "rope_interleave": True,
    "attention_bias": False, "attention_dropout": 0.0, "tie_word_embeddings": False, "initializer_range": 0.02,
    "max_position_embeddings": 1024, "num_nextn_predict_layers": 0, "pretraining_tp": 1, "use_cache": True,
    "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2,
}

DROPOUT = 0.1       # while training only; keeps the answers from hanging on single features of a question


def rounded(weight):
    """The weight as bf16 would hold it; the gradient passes unchanged."""
    return weight + (weight.detach().bfloat16().float() - weight.detach())


class Linear(nn.Linear):
    def __init__(self, rows_in, rows_out):
        super().__init__(rows_in, rows_out, bias=False)

    def forward(self, x):
        return F.linear(x, rounded(self.weight).to(x.dtype))


class RmsNorm(nn.Module):
    def __init__(self, width, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        wide = x.float()
        return (rounded(self.weight) * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps))).to(x.dtype)


def rotate(x, cos, sin):
    """RoPE on interleaved pairs (x0,x1),(x2,x3)…; x [batch, heads, positions, width], cos and sin [positions, width/2]."""
    even, odd = x[..., 0::2].float(), x[..., 1::2].float()
    return torch.stack((even * cos - odd * sin, odd * cos + even * sin), -1).flatten(-2).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads, self.nope, self.rope, self.v = (c[k] for k in ("num_attention_heads", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"))
        self.latent = c["kv_lora_rank"]
        self.q_a_proj = Linear(c["hidden_size"], c["q_lora_rank"])
        self.q_a_layernorm = RmsNorm(c["q_lora_rank"], 1e-6)
        self.q_b_proj = Linear(c["q_lora_rank"], self.heads * (self.nope + self.rope))
        self.kv_a_proj_with_mqa = Linear(c["hidden_size"], self.latent + self.rope)
        self.kv_a_layernorm = RmsNorm(self.latent, 1e-6)
        self.kv_b_proj = Linear(self.latent, self.heads * (self.nope + self.v))
        self.o_proj = Linear(self.heads * self.v, c["hidden_size"])

    def forward(self, x, cos, sin):
        batch, length, _ = x.shape
        q = self.q_b_proj(self.q_a_layernorm(self.q_a_proj(x))).view(batch, length, self.heads, -1).transpose(1, 2)
        q = torch.cat((q[..., :self.nope], rotate(q[..., self.nope:], cos, sin)), -1)
        latent, k_rope = self.kv_a_proj_with_mqa(x).split((self.latent, self.rope), -1)
        kv = self.kv_b_proj(self.kv_a_layernorm(latent)).view(batch, length, self.heads, -1).transpose(1, 2)
        k_rope = rotate(k_rope.unsqueeze(1), cos, sin).expand(-1, self.heads, -1, -1)
        k = torch.cat((kv[..., :self.nope], k_rope), -1)
        v = F.pad(kv[..., self.nope:], (0, self.nope + self.rope - self.v))
        if hasattr(F, "scaled_dot_product_attention"):
            o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(-1, -2)).float() * (self.nope + self.rope) ** -0.5
            mask = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
            o = scores.masked_fill(mask, float("-inf")).softmax(-1).to(x.dtype) @ v
        return self.o_proj(o[..., :self.v].transpose(1, 2).reshape(batch, length, -1))


class Mlp(nn.Module):
    def __init__(self, hidden, inner):
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = Linear(hidden, inner), Linear(hidden, inner), Linear(inner, hidden)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Gate(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(c["n_routed_experts"], c["hidden_size"]))
        self.register_buffer("e_score_correction_bias", torch.zeros(c["n_routed_experts"]))
        self.groups, self.groups_kept, self.kept = c["n_group"], c["topk_group"], c["num_experts_per_tok"]
        self.scale = c["routed_scaling_factor"]

    def forward(self, x):
        """x [tokens, hidden] → weight of every expert, zero for those not chosen [tokens, experts]."""
        with torch.autocast(x.device.type, enabled=False):
            score = F.linear(x.float(), rounded(self.weight)).sigmoid()
        choice = (score + self.e_score_correction_bias).detach()
        grouped = choice.view(-1, self.groups, choice.shape[-1] // self.groups)
        best = grouped.topk(2, -1)[0].sum(-1).topk(self.groups_kept, -1)[1]
        allowed = torch.zeros_like(grouped[..., 0]).scatter_(1, best, 1.0).unsqueeze(-1).expand_as(grouped).reshape_as(choice)
        chosen = choice.masked_fill(allowed == 0, float("-inf")).topk(self.kept, -1)[1]
        mask = torch.zeros_like(score).scatter_(1, chosen, 1.0)
        weight = score * mask
        return weight / (weight.sum(-1, keepdim=True) + 1e-20) * self.scale, mask


class Experts(nn.Module):
    """All experts as three stacked matrices; computed for every token and weighted, cheaper here than gathering."""

    def __init__(self, c):
        super().__init__()
        count, hidden, inner = c["n_routed_experts"], c["hidden_size"], c["moe_intermediate_size"]
        self.gate = Gate(c)
        self.experts_gate = nn.Parameter(torch.empty(count, inner, hidden))
        self.experts_up = nn.Parameter(torch.empty(count, inner, hidden))
        self.experts_down = nn.Parameter(torch.empty(count, hidden, inner))
        self.shared_experts = Mlp(hidden, inner * c["n_shared_experts"])

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        weight, mask = self.gate(flat)
        count, inner, hidden = self.experts_gate.shape
        gate = F.linear(flat, rounded(self.experts_gate).to(x.dtype).view(count * inner, hidden))
        up = F.linear(flat, rounded(self.experts_up).to(x.dtype).view(count * inner, hidden))
        act = (F.silu(gate) * up).view(-1, count, inner) * weight.to(x.dtype).unsqueeze(-1)
        down = rounded(self.experts_down).to(x.dtype).permute(1, 0, 2).reshape(hidden, count * inner)
        return F.linear(act.reshape(-1, count * inner), down).view_as(x) + self.shared_experts(x), mask.detach().sum(0)


class Layer(nn.Module):
    def __init__(self, c, index):
        super().__init__()
        self.input_layernorm = RmsNorm(c["hidden_size"], c["rms_norm_eps"])
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RmsNorm(c["hidden_size"], c["rms_norm_eps"])
        self.mlp = Mlp(c["hidden_size"], c["intermediate_size"]) if index < c["first_k_dense_replace"] else Experts(c)

    def forward(self, x, cos, sin):
        x = x + F.dropout(self.self_attn(self.input_layernorm(x), cos, sin), DROPOUT, self.training)
        out = self.mlp(self.post_attention_layernorm(x))
        out, load = out if isinstance(self.mlp, Experts) else (out, None)
        return x + F.dropout(out, DROPOUT, self.training), load


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c, i) for i in range(c["num_hidden_layers"]))
        self.norm = RmsNorm(c["hidden_size"], c["rms_norm_eps"])
        self.lm_head = Linear(c["hidden_size"], c["vocab_size"])
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=c["initializer_range"])
        angle = torch.outer(torch.arange(c["max_position_embeddings"]).double(),
                            c["rope_theta"] ** (-torch.arange(0, c["qk_rope_head_dim"], 2).double() / c["qk_rope_head_dim"]))
        self.register_buffer("cos", angle.cos().float(), persistent=False)
        self.register_buffer("sin", angle.sin().float(), persistent=False)

    def forward(self, tokens):
        """tokens [batch, positions] → logits [batch, positions, vocabulary], tokens sent to each expert [layers, experts]."""
        x = F.dropout(F.embedding(tokens, rounded(self.embed_tokens.weight)), DROPOUT, self.training)
        cos, sin = self.cos[:tokens.shape[1]], self.sin[:tokens.shape[1]]
        loads = []
        for layer in self.layers:
            x, load = layer(x, cos, sin)
            if load is not None:
                loads.append(load)
        return self.lm_head(self.norm(x)), torch.stack(loads)

    def experts(self):
        return [layer.mlp for layer in self.layers if isinstance(layer.mlp, Experts)]

    def checkpoint(self):
        """Tensors by their published names, bf16 but for the router's bias."""
        out = {}
        for name, tensor in self.state_dict().items():
            tensor = tensor.detach().cpu()
            name = name if name.startswith("lm_head") else "model." + name
            if name.endswith("e_score_correction_bias"):
                out[name] = (tensor - tensor.min()).float().contiguous()    # a constant shift chooses the same experts, and none is below zero
            elif ".experts_" in name:
                stem, kind = name.rsplit(".experts_", 1)
                for index, expert in enumerate(tensor):
                    out[f"{stem}.experts.{index}.{kind}_proj.weight"] = expert.bfloat16().contiguous()
            else:
                out[name] = tensor.bfloat16().contiguous()
        return out

    def restore(self, tensors):
        """The tensors of checkpoint() back in their places."""
        for name, place in self.state_dict().items():
            published = name if name.startswith("lm_head") else "model." + name
            if ".experts_" in name:
                stem, kind = published.rsplit(".experts_", 1)
                place.copy_(torch.stack([tensors[f"{stem}.experts.{index}.{kind}_proj.weight"].float() for index in range(len(place))]))
            else:
                place.copy_(tensors[published].float())

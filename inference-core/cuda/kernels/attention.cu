// The kernels of attention.cuh that models need, and the one that merges what they leave.

#include "attention.cuh"

// Four columns to a thread. Grid: (heads, rows).
KERNEL __launch_bounds__(32) combine_heads(const __grid_constant__ CombineCall c) {
    let_next_start();
    wait_for_previous();
    int column = threadIdx.x * 4;
    if (column >= c.width) return;
    uint2 v = pack4(combine<24>(c, blockIdx.x, blockIdx.y, column));
    *(uint2*)(c.output + activation_at(c.room, blockIdx.y, blockIdx.x * c.width + column)) = v;
}

#define ATTENTION_KERNEL(NAME, DK, DV, MT, WARPS, STAGES, LATENT, WHOLE, TURNS) \
    KERNEL __launch_bounds__(WARPS * 32) NAME(const __grid_constant__ AttentionCall c) { \
        Attention<DK, DV, MT, WARPS, STAGES, LATENT, WHOLE, TURNS> attention(c); \
        attention.run(); \
    } \
    __device__ int NAME##_shared = Attention<DK, DV, MT, WARPS, STAGES, LATENT, WHOLE, TURNS>::shared_bytes;

// Brief: no thread block has more than one block of keys, and leaves room for the product behind it to begin beside it.
ATTENTION_KERNEL(attend_few_128, 128, 128, 1, 4, 2, false, false, false)
ATTENTION_KERNEL(attend_new_128, 128, 128, 1, 8, 2, false, false, true)
ATTENTION_KERNEL(attend_brief_128, 128, 128, 1, 8, 1, false, false, true)
ATTENTION_KERNEL(attend_many_128, 128, 128, 4, 4, 2, false, true, false)
ATTENTION_KERNEL(attend_few_64, 64, 64, 1, 4, 2, false, false, false)
ATTENTION_KERNEL(attend_new_64, 64, 64, 1, 4, 2, false, false, true)
ATTENTION_KERNEL(attend_brief_64, 64, 64, 1, 4, 1, false, false, true)
ATTENTION_KERNEL(attend_many_64, 64, 64, 4, 4, 2, false, true, false)
ATTENTION_KERNEL(attend_latent, 576, 512, 1, 8, 2, true, false, false)
ATTENTION_KERNEL(attend_latent_brief, 576, 512, 1, 8, 1, true, false, false)
ATTENTION_KERNEL(attend_latent_whole, 576, 512, 1, 8, 2, true, true, false)
// Latents of 64 with a turned key of 16, in rows of 128: what is behind them is zero.
ATTENTION_KERNEL(attend_narrow, 128, 64, 1, 4, 2, true, false, false)
ATTENTION_KERNEL(attend_narrow_brief, 128, 64, 1, 4, 1, true, false, false)
ATTENTION_KERNEL(attend_narrow_whole, 128, 64, 1, 4, 2, true, true, false)

// The softmax over splits of the keys, and how splits become one.

#pragma once

#include "common.cuh"

// Keys are cut into splits by their position alone: of one block of the cache (64 keys) at first, so that a short text has several to work on at
// once, then longer, so that a long text does not spend its time merging.
#define BLOCK_KEYS 64
#define SINGLE_SPLITS 8   // of one block
#define DOUBLE_SPLITS 28  // of two
#define LONG_BLOCKS 8     // of those after them

#define DOUBLE_FROM SINGLE_SPLITS
#define LONG_FROM (DOUBLE_FROM + 2 * DOUBLE_SPLITS)

DEVICE int first_block(int split) {
    if (split < SINGLE_SPLITS) return split;
    split -= SINGLE_SPLITS;
    return split < DOUBLE_SPLITS ? DOUBLE_FROM + split * 2 : LONG_FROM + (split - DOUBLE_SPLITS) * LONG_BLOCKS;
}

// The split of the key at `position`.
DEVICE int split_of(int position) {
    int block = position / BLOCK_KEYS;
    if (block < DOUBLE_FROM) return block;
    return SINGLE_SPLITS + (block < LONG_FROM ? (block - DOUBLE_FROM) / 2 : DOUBLE_SPLITS + (block - LONG_FROM) / LONG_BLOCKS);
}

// 2^x; 0 for minus infinity.
DEVICE float power(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// How much of a sum that counted from `old` is left when the maximum is `now`. Both may be minus infinity: nothing was there.
DEVICE float rescale(float old, float now) { return now == minus_infinity() ? 1.f : power(old - now); }

// (m, l, o) of what was before and of one more split.
struct Merge {
    float m, before, more;
};
DEVICE Merge merge(float m, float split_m) {
    Merge r;
    r.m = fmaxf(m, split_m);
    r.before = rescale(m, r.m);
    r.more = r.m == minus_infinity() ? 0.f : power(split_m - r.m);
    return r;
}
DEVICE float merged(Merge w, float old, float split) { return __fmaf_rn(split, w.more, __fmul_rn(old, w.before)); }

// What the splits of each head of each row left.
struct CombineCall {
    const float* parts;   // [split][row][head][width]
    const float2* bounds; // [split][row][head]
    const int* position;  // [rows]
    u8* output;           // activations [row][heads · width]
    int heads, width, room, part_rows;
};

// Four columns of one head of one row; the bounds and outputs of AT_ONCE splits are on their way together, and are merged in order.
template <int AT_ONCE>
DEVICE float4 combine(const CombineCall& c, int head, int row, int column) {
    u64 stride = (u64)c.part_rows * c.heads, at = (u64)row * c.heads + head;
    int splits = split_of(c.position[row]) + 1;
    float m = 0, l = 0;
    float4 o = make_float4(0.f, 0.f, 0.f, 0.f);
    for (int s = 0; s < splits; s += AT_ONCE) {
        float2 bound[AT_ONCE];
        float4 part[AT_ONCE];
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++)
            if (s + i < splits) {
                const float* b = (const float*)(c.bounds + (s + i) * stride + at);
                bound[i] = make_float2(load_one(b), load_one(b + 1));
                part[i] = load_four(c.parts + ((s + i) * stride + at) * c.width + column);
            }
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            if (s + i >= splits) break;
            if (s + i == 0) {
                m = bound[i].x, l = bound[i].y, o = part[i];
                continue;
            }
            Merge w = merge(m, bound[i].x);
            m = w.m;
            l = merged(w, l, bound[i].y);
            o = make_float4(merged(w, o.x, part[i].x), merged(w, o.y, part[i].y), merged(w, o.z, part[i].z), merged(w, o.w, part[i].w));
        }
    }
    return make_float4(o.x / l, o.y / l, o.z / l, o.w / l);
}

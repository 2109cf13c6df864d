// The softmax over splits of the keys, and how splits become one.

#pragma once

#include "common.cuh"

// Keys are cut into splits by their position alone: short ones at first, so that a short text has several to work on at once, then long ones,
// so that a long text does not spend its time merging. In blocks of the cache (64 keys).
#define BLOCK_KEYS 64
#define FINE_BLOCKS 2
#define FINE_SPLITS 32
#define COARSE_BLOCKS 8

DEVICE int first_block(int split) { return split < FINE_SPLITS ? split * FINE_BLOCKS : FINE_SPLITS * FINE_BLOCKS + (split - FINE_SPLITS) * COARSE_BLOCKS; }

// The split of the key at `position`.
DEVICE int split_of(int position) {
    int block = position / BLOCK_KEYS, fine = FINE_SPLITS * FINE_BLOCKS;
    return block < fine ? block / FINE_BLOCKS : FINE_SPLITS + (block - fine) / COARSE_BLOCKS;
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
                bound[i] = c.bounds[(s + i) * stride + at];
                part[i] = *(const float4*)(c.parts + ((s + i) * stride + at) * c.width + column);
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

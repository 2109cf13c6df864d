// The norm in front of a product, and the residual stream that it reads. One row's values depend on that row alone.

#pragma once

#include "common.cuh"

struct NormCall {
    const float* residual;  // [rows][width]
    float* residual_out;    // null, or where it goes with what was added; may be the same
    const int* pick;        // null, or the row of the residual for each row of the output
    Parts add;              // what the layer before adds; first null: nothing
    const float* weight;    // [width]
    u8* output;             // activations
    float* plain;           // null, or the norm in float32 [rows][width], for the router
    int width, room;
    float epsilon;

    // Experts: the sum over a row's slots of weight · parts[segment][slot].
    const float* slot_weights;  // null: none
    int slots_per_row, segments;
};

// The sum over a row's slots, whose parts are asked for eight slots at a time.
#define SLOTS_AT_ONCE 8
DEVICE void mix_slots(const NormCall& c, int row, int column, float4& low, float4& high) {
    float4 mix[2] = {make_float4(0.f, 0.f, 0.f, 0.f), make_float4(0.f, 0.f, 0.f, 0.f)};
    const float* weights = c.slot_weights + row * c.slots_per_row;
    const float* parts = c.add.first + (u64)row * c.slots_per_row * c.add.columns + column;
#pragma unroll 1
    for (int first = 0; first < c.slots_per_row; first += SLOTS_AT_ONCE) {
        float w[SLOTS_AT_ONCE];
        float4 v[SLOTS_AT_ONCE][2];
#pragma unroll
        for (int k = 0; k < SLOTS_AT_ONCE; k++) {
            // Beyond the last: it again, with a weight that is not used.
            int slot = min(first + k, c.slots_per_row - 1);
            w[k] = load_one(weights + slot);
            v[k][0] = load_four(parts + (u64)slot * c.add.columns);
            v[k][1] = load_four(parts + (u64)slot * c.add.columns + 4);
        }
#pragma unroll
        for (int k = 0; k < SLOTS_AT_ONCE; k++) {
            if (first + k >= c.slots_per_row) break;
#pragma unroll 1
            for (int i = 1; i < c.segments; i++) {
                const float* more = parts + i * c.add.stride + (u64)(first + k) * c.add.columns;
                add_four(v[k][0], load_four(more));
                add_four(v[k][1], load_four(more + 4));
            }
#pragma unroll
            for (int h = 0; h < 2; h++) {
                mix[h].x = __fmaf_rn(w[k], v[k][h].x, mix[h].x);
                mix[h].y = __fmaf_rn(w[k], v[k][h].y, mix[h].y);
                mix[h].z = __fmaf_rn(w[k], v[k][h].z, mix[h].z);
                mix[h].w = __fmaf_rn(w[k], v[k][h].w, mix[h].w);
            }
        }
    }
    low = mix[0], high = mix[1];
}

DEVICE void norm_weights(const NormCall& c, int chunk, float (&w)[8]) {
#pragma unroll
    for (int i = 0; i < 8; i++) w[i] = 0;
    if (chunk * 8 < c.width) add_to(w, c.weight + chunk * 8);
}

// Eight columns of the residual with what is added to them, for each of CHUNKS chunks `step` apart; gives the sums of their squares, 0 beyond the width.
template <bool OF_EXPERTS, int CHUNKS>
DEVICE void norm_chunks(const NormCall& c, int row, int chunk, int step, float (&h)[CHUNKS][8], float (&squares)[CHUNKS]) {
    float4 sum[CHUNKS * 2], more[CHUNKS * 2];
    int column[CHUNKS * 2];
#pragma unroll
    for (int j = 0; j < CHUNKS * 2; j++) {
        // Beyond the width: the first columns again, for nobody.
        int at = chunk + j / 2 * step;
        column[j] = (at * 8 < c.width ? at * 8 : 0) + j % 2 * 4;
        sum[j] = load_four(c.residual + (u64)row * c.width + column[j]);
    }
    if (OF_EXPERTS && c.slot_weights) {
#pragma unroll
        for (int j = 0; j < CHUNKS; j++)
            if ((chunk + j * step) * 8 < c.width) mix_slots(c, row, column[2 * j], more[2 * j], more[2 * j + 1]);
    } else if (c.add.first) {
        read_parts<CHUNKS * 2>(more, c.add, row, column);
    }
#pragma unroll
    for (int j = 0; j < CHUNKS; j++) {
        if (c.add.first) add_four(sum[2 * j], more[2 * j]), add_four(sum[2 * j + 1], more[2 * j + 1]);
        to_array(h[j], sum[2 * j], sum[2 * j + 1]);
        squares[j] = 0;
#pragma unroll
        for (int i = 0; i < 8; i++) squares[j] = __fmaf_rn(h[j][i], h[j][i], squares[j]);
        if ((chunk + j * step) * 8 >= c.width) squares[j] = 0;
    }
}

DEVICE void write_residual(const NormCall& c, int row, int chunk, const float (&h)[8]) {
    float4* to = (float4*)(c.residual_out + (u64)row * c.width + chunk * 8);
    to[0] = make_float4(h[0], h[1], h[2], h[3]);
    to[1] = make_float4(h[4], h[5], h[6], h[7]);
}

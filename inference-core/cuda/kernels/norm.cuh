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

// As sum_parts, where there are hardly ever more than two and many sums are wanted at once.
DEVICE void sum_few_parts(float (&sum)[8], const float* first, u64 stride, int segments) {
    float second[8] = {0, 0, 0, 0, 0, 0, 0, 0};
#pragma unroll
    for (int i = 0; i < 8; i++) sum[i] = 0;
    add_to(sum, first);
    if (segments > 1) add_to(second, first + stride);
#pragma unroll
    for (int i = 0; i < 8; i++) sum[i] += second[i];
    for (int i = 2; i < segments; i++) add_to(sum, first + i * stride);
}

DEVICE void norm_weights(const NormCall& c, int chunk, float (&w)[8]) {
#pragma unroll
    for (int i = 0; i < 8; i++) w[i] = 0;
    if (chunk * 8 < c.width) add_to(w, c.weight + chunk * 8);
}

// Eight columns of the residual with what is added to them; gives the sum of their squares.
DEVICE float norm_row(const NormCall& c, int row, int chunk, float (&h)[8]) {
    int column = chunk * 8;
#pragma unroll
    for (int i = 0; i < 8; i++) h[i] = 0;
    add_to(h, c.residual + (u64)row * c.width + column);
    if (c.slot_weights) {
        float mix[8] = {0, 0, 0, 0, 0, 0, 0, 0};
#pragma unroll 4
        for (int k = 0; k < c.slots_per_row; k++) {
            int slot = row * c.slots_per_row + k;
            float one[8];
            sum_few_parts(one, c.add.first + (u64)slot * c.add.columns + column, c.add.stride, c.segments);
#pragma unroll
            for (int i = 0; i < 8; i++) mix[i] = __fmaf_rn(c.slot_weights[slot], one[i], mix[i]);
        }
#pragma unroll
        for (int i = 0; i < 8; i++) h[i] += mix[i];
    } else if (c.add.first) {
        float more[8];
        read_parts(more, c.add, row, column);
#pragma unroll
        for (int i = 0; i < 8; i++) h[i] += more[i];
    }
    float squares = 0;
#pragma unroll
    for (int i = 0; i < 8; i++) squares = __fmaf_rn(h[i], h[i], squares);
    return squares;
}

DEVICE void write_residual(const NormCall& c, int row, int chunk, const float (&h)[8]) {
    float4* to = (float4*)(c.residual_out + (u64)row * c.width + chunk * 8);
    to[0] = make_float4(h[0], h[1], h[2], h[3]);
    to[1] = make_float4(h[4], h[5], h[6], h[7]);
}

// What lies between the products of a layer with grouped queries: embedding, norms, rotation, gates. Each kernel adds up the parts of the
// product before it. One row's values depend on that row alone.

#include "norm.cuh"
#include "rotate.cuh"

// residual[row] = table[tokens[row]]; and nothing is known yet of the step's logits.
KERNEL embed(const int* tokens, const u16* table, float* residual, int width, u64* best, int* broken, int logits) {
    let_next_start();
    wait_for_previous();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < logits; i += gridDim.x * blockDim.x) best[i] = 0, broken[i] = 0;
    const u16* from = table + (u64)tokens[blockIdx.x] * width;
    float* to = residual + (u64)blockIdx.x * width;
    for (int i = threadIdx.x; i < width; i += blockDim.x) to[i] = from_bf16(from[i]);
}

// One row to a block, eight neighbouring columns to a thread; width <= 8 · blockDim.
DEVICE void norm_rows(const NormCall& c) {
    __shared__ float scratch[32];
    let_next_start();
    int chunk = threadIdx.x;
    float w[8], h[8], squares = 0;
    norm_weights(c, chunk, w);
    wait_for_previous();
    int row = c.pick ? c.pick[blockIdx.x] : blockIdx.x;
    if (chunk * 8 < c.width) {
        squares = norm_row(c, row, chunk, h);
        if (c.residual_out) write_residual(c, row, chunk, h);
    }
    float scale = rsqrtf(block_sum(squares, scratch) / c.width + c.epsilon);
    if (chunk * 8 >= c.width) return;
#pragma unroll
    for (int i = 0; i < 8; i++) h[i] *= scale * w[i];
    *(uint4*)(c.output + activation_chunk(c.room, blockIdx.x, chunk)) = pack8(h);
    if (c.plain) {
        float4* plain = (float4*)(c.plain + (u64)blockIdx.x * c.width + chunk * 8);
        plain[0] = make_float4(h[0], h[1], h[2], h[3]);
        plain[1] = make_float4(h[4], h[5], h[6], h[7]);
    }
}

KERNEL __launch_bounds__(512) rms_norm(const __grid_constant__ NormCall c) { norm_rows(c); }

// More threads to a block leave each fewer registers, which costs a little.
KERNEL __launch_bounds__(1024) rms_norm_wide(const __grid_constant__ NormCall c) { norm_rows(c); }

// silu(gate) · up for few rows, where the product could not do it itself. Gate and up alternate by eights: eight results come from sixteen
// neighbours. Grid: (chunks of eight / blockDim, rows); place: where each row goes, null: where it stands.
KERNEL activate(Parts parts, u8* output, int room, int width, int segments, const int* place) {
    let_next_start();
    wait_for_previous();
    int chunk = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y;
    if (chunk * 8 >= width) return;
    const float* from = parts.first + (u64)row * parts.columns + chunk * 16;
    int n = segments ? segments : segments_of(parts.split, chunk * 16);
    float g[8], u[8];
    sum_parts(g, from, parts.stride, n);
    sum_parts(u, from + 8, parts.stride, n);
#pragma unroll
    for (int i = 0; i < 8; i++) g[i] = gated(g[i], u[i]);
    *(uint4*)(output + activation_chunk(room, place ? place[row] : row, chunk)) = pack8(g);
}

// cosine and sine of every position and pair, from double as on the CPU.
KERNEL rope_table(const double* frequencies, double amplitude, int pairs, int positions, float2* table) {
    u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= (u64)pairs * positions) return;
    double s, c;
    sincos((double)(i / pairs) * frequencies[i % pairs], &s, &c);
    table[i] = make_float2((float)(c * amplitude), (float)(s * amplitude));
}

// Queries to where attention reads them, keys and values into the cache. Grid: (quads of a row / blockDim, rows).
KERNEL rotate(const __grid_constant__ RotateCall c) {
    let_next_start();
    wait_for_previous();
    int quads = c.width / 8, i = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y, head = i / quads, quad = i % quads;
    if (head >= c.heads + 2 * c.key_heads) return;
    int position = c.places.position[row];
    Quad q = read_quad(c, row, position, head, quad);
    if (head >= c.heads) {
        cache_quad(c, q, row, position, head, quad);
        return;
    }
    u16* to = c.queries + ((u64)row * c.heads + head) * c.width;
    write_quad(c, q, (u8*)(to + first_column(c, quad)), (u8*)(to + second_column(c, quad)));
}

// ---- the head

// Adds up the parts of each row of logits, in place, and finds the largest; the lower token wins a tie. best[row] is 0 before.
// Grid: (pieces, rows).
KERNEL pick_best(Parts parts, float* logits, int vocabulary, u64* best, int* broken) {
    wait_for_previous();
    int row = blockIdx.y, piece = (vocabulary + gridDim.x - 1) / gridDim.x;
    int from = blockIdx.x * piece, to = min(vocabulary, from + piece);
    u64 top = 0;
    bool bad = false;
    for (int i = from + threadIdx.x; i < to; i += blockDim.x) {
        float v = sum_parts(parts.first + (u64)row * parts.columns + i, parts.stride, segments_of(parts.split, i));
        logits[(u64)row * parts.columns + i] = v;
        u32 bits = __float_as_uint(v);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
        bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
        u64 key = (u64)bits << 32 | (0xffffffffu - i);
        top = key > top ? key : top;
    }
    atomicMax(best + row, top);
    if (bad) atomicOr(broken + row, 1);
}

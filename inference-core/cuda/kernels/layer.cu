// What lies between the products of a layer with grouped queries: embedding, norms, rotation, gates. Each kernel adds up the parts of the
// product before it. One row's values depend on that row alone.

#include "norm.cuh"
#include "rotate.cuh"

// What the host is told of a row of logits.
struct Picked {
    u64 best;    // order-preserving bits of the largest, then the complement of its token; 0 before
    int broken;  // a logit is no number
    int unused;
};

// residual[row] = table[tokens[row]]; and nothing is known yet of the step's logits.
KERNEL embed(const int* tokens, const u16* table, float* residual, int width, Picked* picked, int logits) {
    let_next_start();
    wait_for_previous();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < logits; i += gridDim.x * blockDim.x) picked[i] = {0, 0, 0};
    const uint4* from = (const uint4*)(table + (u64)tokens[blockIdx.x] * width);
    float4* to = (float4*)(residual + (u64)blockIdx.x * width);
    for (int i = threadIdx.x; i < width / 8; i += blockDim.x) {
        uint4 v = from[i];
        to[i * 2] = make_float4(low_bf16(v.x), high_bf16(v.x), low_bf16(v.y), high_bf16(v.y));
        to[i * 2 + 1] = make_float4(low_bf16(v.z), high_bf16(v.z), low_bf16(v.w), high_bf16(v.w));
    }
}

// One row to a block, eight neighbouring columns to a thread; width <= 8 · blockDim.
DEVICE void norm_rows(const NormCall& c) {
    __shared__ float scratch[32];
    let_next_start();
    int chunk = threadIdx.x;
    float w[8], rows[1][8], squares[1];
    norm_weights(c, chunk, w);
    wait_for_previous();
    int row = c.pick ? c.pick[blockIdx.x] : blockIdx.x;
    norm_chunks<true, 1>(c, row, chunk, 0, rows, squares);
    float (&h)[8] = rows[0];
    if (c.residual_out && chunk * 8 < c.width) write_residual(c, row, chunk, h);
    float scale = rsqrtf(block_sum(squares[0], scratch) / c.width + c.epsilon);
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
    int chunk = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y;
    if (chunk * 8 >= width) return;
    const float* from = parts.first + (u64)row * parts.columns + chunk * 16;
    int n = segments ? segments : segments_of(parts.split, chunk * 16);
    REHEARSE(live, gridDim.y <= 64) {
        if (live) wait_for_previous();
        float4 pairs[4];
        sum_neighbours<4>(pairs, from, parts.stride, n);
        float g[8], u[8];
        to_array(g, pairs[0], pairs[1]);
        to_array(u, pairs[2], pairs[3]);
#pragma unroll
        for (int i = 0; i < 8; i++) g[i] = gated(g[i], u[i]);
        if (live) *(uint4*)(output + activation_chunk(room, place ? place[row] : row, chunk)) = pack8(g);
    }
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

// Adds up the parts of each row of logits, in place, and finds the largest; the lower token wins a tie.
// Grid: (pieces, rows).
KERNEL pick_best(Parts parts, float* logits, int vocabulary, Picked* picked) {
    wait_for_previous();
    int row = blockIdx.y, piece = (vocabulary + gridDim.x - 1) / gridDim.x;
    int from = blockIdx.x * piece, to = min(vocabulary, from + piece);
    u64 top = 0;
    bool bad = false;
#pragma unroll 4
    for (int i = from + threadIdx.x; i < to; i += blockDim.x) {
        float v = sum_parts(parts.first + (u64)row * parts.columns + i, parts.stride, segments_of(parts.split, i));
        logits[(u64)row * parts.columns + i] = v;
        u32 bits = __float_as_uint(v);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
        bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
        u64 key = (u64)bits << 32 | (0xffffffffu - i);
        top = key > top ? key : top;
    }
    // One block, one atomic: thousands at one place would take longer than the product.
    __shared__ u64 tops[32];
    for (int d = 16; d > 0; d >>= 1) {
        u64 other = __shfl_xor_sync(0xffffffffu, top, d);
        top = other > top ? other : top;
    }
    if ((threadIdx.x & 31) == 0) tops[threadIdx.x >> 5] = top;
    bad = __syncthreads_or(bad);
    if (threadIdx.x > 0) return;
    for (int i = 1; i < (int)blockDim.x / 32; i++) top = tops[i] > top ? tops[i] : top;
    atomicMax(&picked[row].best, top);
    if (bad) atomicOr(&picked[row].broken, 1);
}

// What lies between the products of a layer with grouped queries: embedding, norms, rotation, gates. Each kernel adds up the parts of the
// product before it. One row's values depend on that row alone.

#include "norm.cuh"

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

struct RotateCall {
    Parts parts;         // q, k, v of all heads beside each other
    Places places;
    const float2* rope;  // [positions][pairs]
    u16* queries;        // [rows][heads][width]
    u8* cache;           // this layer's blocks: [block][key head][K rows | V rows]
    u64 block_bytes;     // from one block to the next, this layer
    int heads, key_heads, width, interleaved;
};

// Grid: (rows, heads + 2 · key heads); a thread to a pair.
KERNEL rotate(const __grid_constant__ RotateCall c) {
    let_next_start();
    wait_for_previous();
    int row = blockIdx.x, head = blockIdx.y, pair = threadIdx.x, pairs = c.width / 2;
    int first = c.interleaved ? 2 * pair : pair, second = c.interleaved ? first + 1 : pair + pairs;
    int column = head * c.width, position = c.places.position[row];
    const float* from = c.parts.first + (u64)row * c.parts.columns;
    float a = sum_parts(from + column + first, c.parts.stride, segments_of(c.parts.split, column + first));
    float b = sum_parts(from + column + second, c.parts.stride, segments_of(c.parts.split, column + second));
    if (c.parts.bias) {
        a += c.parts.bias[column + first];
        b += c.parts.bias[column + second];
    }
    if (head < c.heads + c.key_heads) {
        float2 turn = c.rope[(u64)position * pairs + pair];
        float x = a * turn.x - b * turn.y;
        b = b * turn.x + a * turn.y;
        a = x;
    }
    if (head < c.heads) {
        u16* to = c.queries + ((u64)row * c.heads + head) * c.width;
        to[first] = to_bf16(a);
        to[second] = to_bf16(b);
        return;
    }
    int key = head - c.heads, value = key >= c.key_heads;
    if (value) key -= c.key_heads;
    int block = c.places.blocks[c.places.sequence[row] * c.places.table_width + position / 64];
    u8* to = c.cache + block * c.block_bytes + ((u64)key * 2 + value) * 64 * c.width * 2;
    *(u16*)(to + cache_at(position & 63, first, c.width)) = to_bf16(a);
    *(u16*)(to + cache_at(position & 63, second, c.width)) = to_bf16(b);
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

// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434 §2.1) around attend_latent: queries go into the latent space before it and come
// out of it after, in prefill as in decode, so that both give the same bits.

#include "softmax.cuh"

// The up-projection kv_b lies as in the checkpoint: per head PLAIN rows W_UK [plain][latent], then VALUE rows W_UV [value][latent].

struct LatentNormCall {
    Parts parts;          // the first `width` columns
    const float* weight;
    u8* output;           // activations
    int width, room;
    float epsilon;
};

// The norm between the two steps of the query's projection. One row to a block, eight columns to a thread.
KERNEL __launch_bounds__(1024) latent_norm(const __grid_constant__ LatentNormCall c) {
    __shared__ float scratch[32];
    let_next_start();
    wait_for_previous();
    int column = threadIdx.x * 8;
    float v[8] = {0, 0, 0, 0, 0, 0, 0, 0}, w[8] = {0, 0, 0, 0, 0, 0, 0, 0}, squares = 0;
    if (column < c.width) {
        read_parts(v, c.parts, blockIdx.x, column);
        add_to(w, c.weight + column);
#pragma unroll
        for (int i = 0; i < 8; i++) squares = __fmaf_rn(v[i], v[i], squares);
    }
    float scale = rsqrtf(block_sum(squares, scratch) / c.width + c.epsilon);
    if (column >= c.width) return;
#pragma unroll
    for (int i = 0; i < 8; i++) v[i] = v[i] * scale * w[i];
    *(uint4*)(c.output + activation_chunk(c.room, blockIdx.x, threadIdx.x)) = pack8(v);
}

struct LatentCall {
    Parts query;          // [heads · (plain + turned)]
    Parts down;           // columns latent_at.. : latent, then the key that is turned
    Places places;
    const float2* rope;
    const float* norm;    // [latent]
    const u16* up;        // kv_b
    u16* queries;         // [rows][heads][latent + turned]
    u8* cache;            // this layer's: [block][64 rows]
    u64 block_bytes;
    int heads, latent_at, latent, plain, turned, value, interleaved, rows;
    float epsilon;
};

DEVICE float part_at(const Parts& p, int row, int column) {
    float v = sum_parts(p.first + (u64)row * p.columns + column, p.stride, segments_of(p.split, column));
    return p.bias ? v + p.bias[column] : v;
}

DEVICE void turn(float& a, float& b, float2 by) {
    float x = a * by.x - b * by.y;
    b = b * by.x + a * by.y;
    a = x;
}

DEVICE void cache_latent(const LatentCall& c, int row) {
    __shared__ float scratch[32];
    int position = c.places.position[row], width = c.latent + c.turned;
    int block = c.places.blocks[c.places.sequence[row] * c.places.table_width + position / 64];
    u8* to = c.cache + block * c.block_bytes;
    // The first 256 threads, two columns each, however many there are: the sum's order must not depend on the kernel.
    float v[2], squares = 0;
#pragma unroll
    for (int i = 0; i < 2; i++) {
        int column = threadIdx.x + i * 256;
        v[i] = threadIdx.x < 256 && column < c.latent ? part_at(c.down, row, c.latent_at + column) : 0.f;
        squares = __fmaf_rn(v[i], v[i], squares);
    }
    float scale = rsqrtf(block_sum(squares, scratch) / c.latent + c.epsilon);
#pragma unroll
    for (int i = 0; i < 2; i++) {
        int column = threadIdx.x + i * 256;
        if (threadIdx.x < 256 && column < c.latent) *(u16*)(to + cache_at(position & 63, column, width)) = to_bf16(v[i] * scale * c.norm[column]);
    }
    int pairs = c.turned / 2, pair = threadIdx.x;
    if (pair >= pairs) return;
    int first = c.interleaved ? 2 * pair : pair, second = c.interleaved ? first + 1 : pair + pairs;
    float a = part_at(c.down, row, c.latent_at + c.latent + first), b = part_at(c.down, row, c.latent_at + c.latent + second);
    turn(a, b, c.rope[(u64)position * pairs + pair]);
    *(u16*)(to + cache_at(position & 63, c.latent + first, width)) = to_bf16(a);
    *(u16*)(to + cache_at(position & 63, c.latent + second, width)) = to_bf16(b);
}

// What both forms of absorb do with a row's own rotated part.
DEVICE void turn_query(const LatentCall& c, const float* q, int row, int head, int pair) {
    int pairs = c.turned / 2, first = c.interleaved ? 2 * pair : pair, second = c.interleaved ? first + 1 : pair + pairs;
    float a = q[c.plain + first], b = q[c.plain + second];
    turn(a, b, c.rope[(u64)c.places.position[row] * pairs + pair]);
    u16* to = c.queries + ((u64)row * c.heads + head) * (c.latent + c.turned) + c.latent;
    to[first] = to_bf16(a);
    to[second] = to_bf16(b);
}

// One row of one head: q · W_UK, two latent columns to a thread, one half of the sum to each half of the block; latent <= 512, plain <= 128. The
// weights are on their way before the query is there. Grid: (rows, heads + 1).
KERNEL __launch_bounds__(512, 1) absorb_one(const __grid_constant__ LatentCall c) {
    __shared__ float q[256];
    __shared__ float2 other[256];
    let_next_start();
    int row = blockIdx.x, head = blockIdx.y, width = c.plain + c.turned;
    int half = threadIdx.x >> 8, own = threadIdx.x & 255, column = own * 2, deep = c.plain / 2;
    const u16* up = c.up + ((u64)min(head, c.heads - 1) * (c.plain + c.value) + half * deep) * c.latent + column;
    u32 w[64];
#pragma unroll
    for (int i = 0; i < 64; i++)
        if (i < deep && column < c.latent) w[i] = *(const u32*)(up + (u64)i * c.latent);
    wait_for_previous();
    if (head == c.heads) {
        cache_latent(c, row);
        return;
    }
    if (threadIdx.x < width) q[threadIdx.x] = part_at(c.query, row, head * width + threadIdx.x);
    __syncthreads();
    if (threadIdx.x < c.turned / 2) turn_query(c, q, row, head, threadIdx.x);
    float2 sum = make_float2(0.f, 0.f);
#pragma unroll
    for (int i = 0; i < 64; i++) {
        if (i < deep) {
            sum.x = __fmaf_rn(q[half * deep + i], low_bf16(w[i]), sum.x);
            sum.y = __fmaf_rn(q[half * deep + i], high_bf16(w[i]), sum.y);
        }
    }
    if (half == 1) other[own] = sum;
    __syncthreads();
    if (half == 0 && column < c.latent)
        *(u32*)(c.queries + ((u64)row * c.heads + head) * (c.latent + c.turned) + column) = pack_bf16(sum.x + other[own].x, sum.y + other[own].y);
}

// The same for MANY_ROWS rows to a block, which share each weight as it comes by. Grid: (blocks of rows, heads + 1), 256 threads.
#define MANY_ROWS 8
KERNEL __launch_bounds__(256) absorb_many(const __grid_constant__ LatentCall c) {
    __shared__ float q[MANY_ROWS][256];
    let_next_start();
    wait_for_previous();
    int first_row = blockIdx.x * MANY_ROWS, count = min(MANY_ROWS, c.rows - first_row), head = blockIdx.y, width = c.plain + c.turned;
    if (head == c.heads) {
        for (int r = 0; r < count; r++) cache_latent(c, first_row + r);
        return;
    }
    for (int i = threadIdx.x; i < MANY_ROWS * width; i += 256) {
        int r = i / width;
        q[r][i % width] = r < count ? part_at(c.query, first_row + r, head * width + i % width) : 0.f;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < count * (c.turned / 2); i += 256) turn_query(c, q[i / (c.turned / 2)], first_row + i / (c.turned / 2), head, i % (c.turned / 2));
    int column = threadIdx.x * 2, deep = c.plain / 2;
    if (column >= c.latent) return;
    float sum[2][MANY_ROWS][2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
        const u16* up = c.up + ((u64)head * (c.plain + c.value) + half * deep) * c.latent + column;
#pragma unroll
        for (int r = 0; r < MANY_ROWS; r++) sum[half][r][0] = sum[half][r][1] = 0;
#pragma unroll 16
        for (int i = 0; i < deep; i++) {
            u32 w = *(const u32*)(up + (u64)i * c.latent);
#pragma unroll
            for (int r = 0; r < MANY_ROWS; r++) {
                sum[half][r][0] = __fmaf_rn(q[r][half * deep + i], low_bf16(w), sum[half][r][0]);
                sum[half][r][1] = __fmaf_rn(q[r][half * deep + i], high_bf16(w), sum[half][r][1]);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < MANY_ROWS; r++) {
        if (r < count)
            *(u32*)(c.queries + ((u64)(first_row + r) * c.heads + head) * (c.latent + c.turned) + column) =
                pack_bf16(sum[0][r][0] + sum[1][r][0], sum[0][r][1] + sum[1][r][1]);
    }
}

struct ValueCall {
    CombineCall combine;  // width: latent
    const u16* up;        // kv_b
    u8* output;           // activations [row][heads · value]
    int plain, value, room, rows, first, whole;  // rows first.. first + rows; whole: combine.parts is the mix itself
};

DEVICE float mix_at(const ValueCall& c, int head, int row, int column) {
    return c.whole ? c.combine.parts[((u64)row * c.combine.heads + head) * c.combine.width + column] : combine<4>(c.combine, head, row, column);
}

// Eight latents of one row times those of one output's weights.
DEVICE float add_products(const float* m, uint4 w, float sum) {
    u32 words[4] = {w.x, w.y, w.z, w.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
        sum = __fmaf_rn(m[2 * i], low_bf16(words[i]), sum);
        sum = __fmaf_rn(m[2 * i + 1], high_bf16(words[i]), sum);
    }
    return sum;
}

// The mix of latents of one head of one row, out of the latent space. A warp to eight outputs, lanes along the latent; latent a multiple of 256,
// at most 512, value at most 128. The weights are on their way before the mix is there. Grid: (heads, rows).
KERNEL __launch_bounds__(512, 1) raise_one(const __grid_constant__ ValueCall c) {
    __shared__ float mix[512];
    let_next_start();
    int head = blockIdx.x, row = c.first + blockIdx.y, latent = c.combine.width, lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const u16* up = c.up + ((u64)head * (c.plain + c.value) + c.plain) * latent;
    uint4 w[8][2];
#pragma unroll
    for (int v = 0; v < 8; v++)
#pragma unroll
        for (int part = 0; part < 2; part++)
            if (warp * 8 + v < c.value && part * 256 < latent)
                w[v][part] = *(const uint4*)(up + (u64)(warp * 8 + v) * latent + part * 256 + lane * 8);
    wait_for_previous();
    if (threadIdx.x < latent) mix[threadIdx.x] = mix_at(c, head, row, threadIdx.x);
    __syncthreads();
#pragma unroll
    for (int v = 0; v < 8; v++) {
        if (warp * 8 + v >= c.value) break;
        float sum = 0;
#pragma unroll
        for (int part = 0; part < 2; part++)
            if (part * 256 < latent) sum = add_products(mix + part * 256 + lane * 8, w[v][part], sum);
        sum = warp_sum(sum);
        if (lane == 0) *(u16*)(c.output + activation_at(c.room, row, head * c.value + warp * 8 + v)) = to_bf16(sum);
    }
}

// The same for RAISED_ROWS rows to a block. Grid: (heads, blocks of rows), 256 threads.
#define RAISED_ROWS 4
KERNEL __launch_bounds__(256) raise_many(const __grid_constant__ ValueCall c) {
    __shared__ float mix[RAISED_ROWS][512];
    let_next_start();
    wait_for_previous();
    int head = blockIdx.x, first_row = c.first + blockIdx.y * RAISED_ROWS, count = min(RAISED_ROWS, c.first + c.rows - first_row);
    int latent = c.combine.width, lane = threadIdx.x & 31;
    for (int i = threadIdx.x; i < RAISED_ROWS * latent; i += 256) {
        int r = i / latent;
        mix[r][i % latent] = r < count ? mix_at(c, head, first_row + r, i % latent) : 0.f;
    }
    __syncthreads();
    const u16* up = c.up + ((u64)head * (c.plain + c.value) + c.plain) * latent;
#pragma unroll 2
    for (int v = threadIdx.x >> 5; v < c.value; v += 8) {
        float sum[RAISED_ROWS] = {0, 0, 0, 0};
#pragma unroll
        for (int part = 0; part < 2; part++) {
            if (part * 256 >= latent) break;
            uint4 w = *(const uint4*)(up + (u64)v * latent + part * 256 + lane * 8);
#pragma unroll
            for (int r = 0; r < RAISED_ROWS; r++) sum[r] = add_products(mix[r] + part * 256 + lane * 8, w, sum[r]);
        }
#pragma unroll
        for (int r = 0; r < RAISED_ROWS; r++) {
            float y = warp_sum(sum[r]);
            if (lane == 0 && r < count) *(u16*)(c.output + activation_at(c.room, first_row + r, head * c.value + v)) = to_bf16(y);
        }
    }
}

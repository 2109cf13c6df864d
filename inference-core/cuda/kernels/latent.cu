// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434 §2.1) around attend_latent: queries go into the latent space before it and come
// out of it after, in prefill as in decode, so that both give the same bits.

#include "mma.cuh"
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
    u16* queries;         // [rows][heads][key]
    u8* cache;            // this layer's: [block][64 rows]
    u64 block_bytes;
    int heads, latent_at, latent, plain, turned, value, key, interleaved, rows, spread;  // key: columns of a row of the cache, at least latent + turned
    float epsilon;
};

DEVICE float one_of(const float4& v, int i) { return i & 2 ? (i & 1 ? v.w : v.z) : (i & 1 ? v.y : v.x); }

DEVICE void turn(float& a, float& b, float2 by) {
    float x = a * by.x - b * by.y;
    b = b * by.x + a * by.y;
    a = x;
}

// A row's latent, normed, and its turned key: into the cache, if it is meant. 256 threads.
DEVICE void cache_latent(const LatentCall& c, int row, bool live) {
    __shared__ float scratch[32];
    int position = c.places.position[row];
    int block = c.places.blocks[c.places.sequence[row] * c.places.table_width + position / 64];
    u8* to = c.cache + block * c.block_bytes;
    int column = threadIdx.x * 8;
    float v[8] = {0, 0, 0, 0, 0, 0, 0, 0}, squares = 0;
    if (column < c.latent) read_parts(v, c.down, row, c.latent_at + column);
#pragma unroll
    for (int i = 0; i < 8; i++) squares = __fmaf_rn(v[i], v[i], squares);
    float scale = rsqrtf(block_sum(squares, scratch) / c.latent + c.epsilon);
    if (column < c.latent) {
        float w[8] = {0, 0, 0, 0, 0, 0, 0, 0};
        add_to(w, c.norm + column);
#pragma unroll
        for (int i = 0; i < 8; i++) v[i] *= scale * w[i];
        if (live) *(uint4*)(to + cache_at(position & 63, column, c.key)) = pack8(v);
    }
    int pairs = c.turned / 2, pair = 255 - threadIdx.x;
    if (pair >= pairs) return;
    int first = c.interleaved ? 2 * pair : pair, second = c.interleaved ? first + 1 : pair + pairs;
    int at = c.latent_at + c.latent;
    float4 four[2];
    read_parts<2>(four, c.down, row, {at + (first & ~3), at + (second & ~3)});
    float a = one_of(four[0], first), b = one_of(four[1], second);
    turn(a, b, c.rope[(u64)position * pairs + pair]);
    if (!live) return;
    *(u16*)(to + cache_at(position & 63, c.latent + first, c.key)) = to_bf16(a);
    *(u16*)(to + cache_at(position & 63, c.latent + second, c.key)) = to_bf16(b);
}

// The rotated parts of a group's queries, by all threads.
DEVICE void turn_queries(const LatentCall& c, const float (*turned)[128], int first_row, int count, int head) {
    int pairs = c.turned / 2;
    for (int i = threadIdx.x; i < count * pairs; i += 256) {
        int r = i / pairs, pair = i % pairs, row = first_row + r;
        int first = c.interleaved ? 2 * pair : pair, second = c.interleaved ? first + 1 : pair + pairs;
        float a = turned[r][first], b = turned[r][second];
        turn(a, b, c.rope[(u64)c.places.position[row] * pairs + pair]);
        u16* to = c.queries + ((u64)row * c.heads + head) * c.key + c.latent;
        to[first] = to_bf16(a);
        to[second] = to_bf16(b);
    }
}

// ---- queries into the latent space: q · W_UK, with the weights as the wide operand, 8 rows of the step at a time

#define ROWS 8
#define REHEARSED_ROWS 8
#define ABSORBED 256  // latent columns of a thread block, where there are so many
#define WARP_COLUMNS (ABSORBED / 8)

// W_UK of the block's columns as in the checkpoint, rows 16 bytes further apart than they are wide: eight of them are read at once.
struct Absorb {
    static const int row_bytes = ABSORBED * 2 + 16;
    static const int query_words = 68;  // bfloat16 pairs of a row's plain part, at most 128 columns, and 4 for the banks
    static const int weight_bytes = 128 * row_bytes;
};

// Grid: first a block for each row's key, then (heads · parts of the latent) jobs, by `spread` groups of rows. plain <= 128, turned <= 128.
KERNEL __launch_bounds__(256) absorb(const __grid_constant__ LatentCall c) {
    extern __shared__ u8 raw[];
    __shared__ u32 plain[ROWS][Absorb::query_words];
    __shared__ float turned[ROWS][128];
    __shared__ u64 barrier;
    let_next_start();
    if (blockIdx.x < c.rows) {
        REHEARSE(live, c.rows <= REHEARSED_ROWS) {
            if (live) wait_for_previous();
            cache_latent(c, blockIdx.x, live);
        }
        return;
    }
    u32 weights = (shared_address(raw) + 15) & ~15u, full = shared_address(&barrier);
    int parts = (c.latent + ABSORBED - 1) / ABSORBED, columns = min(c.latent, ABSORBED), job = blockIdx.x - c.rows, part = job % parts, head = job / parts % c.heads, first = job / parts / c.heads;
    int width = c.plain + c.turned, lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    if (threadIdx.x == 0) {
        barrier_init(full, 1);
        barrier_init_fence();
        barrier_expect(full, c.plain * columns * 2);
    }
    __syncthreads();
    if (threadIdx.x < c.plain)
        bulk_load(weights + threadIdx.x * Absorb::row_bytes, c.up + ((u64)head * (c.plain + c.value) + threadIdx.x) * c.latent + part * ABSORBED,
                  columns * 2, full);
    REHEARSE(live, c.rows <= REHEARSED_ROWS) {
        if (live) wait_for_previous();
        for (int group = first; group * ROWS < c.rows; group += c.spread) {
            int first_row = group * ROWS, count = min(ROWS, c.rows - first_row), chunks = width / 8;
            __syncthreads();
            for (int i = threadIdx.x; i < ROWS * chunks; i += 256) {
                int r = i / chunks, column = i % chunks * 8;
                float v[8] = {0, 0, 0, 0, 0, 0, 0, 0};
                if (r < count) read_parts(v, c.query, first_row + r, head * width + column);
#pragma unroll
                for (int e = 0; e < 8; e += 2) {
                    if (column < c.plain)
                        plain[r][(column + e) / 2] = pack_bf16(v[e], v[e + 1]);
                    else
                        *(float2*)&turned[r][column - c.plain + e] = make_float2(v[e], v[e + 1]);
                }
            }
            __syncthreads();
            if (part == 0 && live) turn_queries(c, turned, first_row, count, head);
            barrier_wait(full, 0);
            if (warp * WARP_COLUMNS >= columns) continue;
            float sum[WARP_COLUMNS / 16][4] = {};
            for (int k = 0; k < c.plain; k += 16) {
                u32 at = weights + (k + (lane >> 4) * 8 + (lane & 7)) * Absorb::row_bytes + (warp * WARP_COLUMNS + (lane >> 3 & 1) * 8) * 2;
                u32 b0 = plain[lane >> 2][k / 2 + (lane & 3)], b1 = plain[lane >> 2][k / 2 + 4 + (lane & 3)];
#pragma unroll
                for (int m = 0; m < WARP_COLUMNS / 16; m++) {
                    u32 a[4];
                    load_transposed(a, at + m * 32);
                    mma(sum[m], a, b0, b1);
                }
            }
#pragma unroll
            for (int m = 0; m < WARP_COLUMNS / 16; m++)
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    int r = (lane & 3) * 2 + (e & 1), column = part * ABSORBED + warp * WARP_COLUMNS + m * 16 + (e >> 1) * 8 + (lane >> 2);
                    if (live && r < count) c.queries[((u64)(first_row + r) * c.heads + head) * c.key + column] = to_bf16(sum[m][e]);
                }
        }
    }
}

// ---- what attention mixed of the latents, out of the latent space: W_UV · mix

struct ValueCall {
    CombineCall combine;  // width: latent
    const u16* up;        // kv_b
    u8* output;           // activations [row][heads · value]
    int plain, value, room, rows, first, whole;  // rows first.. first + rows; whole: combine.parts is the mix itself
    int spread;
};

DEVICE float4 mix_at(const ValueCall& c, int head, int row, int column) {
    return c.whole ? load_four(c.combine.parts + ((u64)row * c.combine.heads + head) * c.combine.width + column) 
                   : combine<6>(c.combine, head, row, column);
}

// Of a row of the mix: 512 columns, and 32 for the banks.
#define MIX_STRIDE 544

// 8 rows of the step at a time, 16 outputs to a warp; latent a multiple of 32, at most 512, value a multiple of 16, at most 128. The weights are on
// their way before the mix is there, and stay. A lane holds 8 neighbouring inputs of two outputs: which of them one multiplication takes is the
// same for both operands, and the sum does not care for names. Grid: (heads, spread).
KERNEL __launch_bounds__(256, 1) raise(const __grid_constant__ ValueCall c) {
    __shared__ u16 mix[ROWS][MIX_STRIDE];
    let_next_start();
    int head = blockIdx.x, latent = c.combine.width, lane = threadIdx.x & 31, warp = threadIdx.x >> 5, output = warp * 16 + (lane >> 2);
    bool idle = warp * 16 >= c.value;
    const u16* up = c.up + ((u64)head * (c.plain + c.value) + c.plain + output) * latent + (lane & 3) * 8;
    uint4 low[16], high[16];
#pragma unroll
    for (int i = 0; i < 16; i++)
        if (i * 32 < latent && !idle) {
            low[i] = *(const uint4*)(up + i * 32);
            high[i] = *(const uint4*)(up + 8 * latent + i * 32);
        }
    REHEARSE(live, c.rows <= REHEARSED_ROWS) {
        if (live) wait_for_previous();
        for (int group = blockIdx.y; group * ROWS < c.rows; group += c.spread) {
            int first_row = c.first + group * ROWS, count = min(ROWS, c.first + c.rows - first_row), quads = latent / 4;
            __syncthreads();
            for (int i = threadIdx.x; i < ROWS * quads; i += 256) {
                int r = i / quads, column = i % quads * 4;
                *(uint2*)&mix[r][column] = r < count ? pack4(mix_at(c, head, first_row + r, column)) : make_uint2(0, 0);
            }
            __syncthreads();
            if (idle) continue;
            float sum[2][4] = {};
#pragma unroll
            for (int i = 0; i < 16; i++)
                if (i * 32 < latent) {
                    uint4 b = *(const uint4*)&mix[lane >> 2][i * 32 + (lane & 3) * 8];
                    u32 front[4] = {low[i].x, high[i].x, low[i].y, high[i].y}, back[4] = {low[i].z, high[i].z, low[i].w, high[i].w};
                    mma(sum[0], front, b.x, b.y);
                    mma(sum[1], back, b.z, b.w);
                }
#pragma unroll
            for (int e = 0; e < 4; e++) {
                int r = (lane & 3) * 2 + (e & 1), column = head * c.value + output + (e >> 1) * 8;
                if (live && r < count) *(u16*)(c.output + activation_at(c.room, first_row + r, column)) = to_bf16(sum[0][e] + sum[1][e]);
            }
        }
    }
}

__device__ int absorb_shared = Absorb::weight_bytes + 16;

// Attention over cached keys and values, on mma.m16n8k16, for one row as for thousands with the same bits.
//
// Keys are taken 64 at a time (one block of the cache), and in splits counted from position 0 (softmax.cuh). Within a split the softmax runs
// on (maximum m, sum l, outputs o); splits are merged in order. A split's numbers do not depend on who asks: rows beside a row, blocks that
// hold only masked keys, and how splits are spread over thread blocks change nothing.
//
// A tile is up to 16·MT rows; row r is query head r % group of token r / group, so that all heads that share a key are multiplied at once.
// Latent attention is the same with one key head: keys are [latent | rotated] and values are the latent part of the same rows.

#pragma once

#include "mma.cuh"
#include "walk.cuh"

#define REHEARSED_ROWS 8

// Everything of a thread block of `WARPS` warps. LATENT: values are the first DV columns of the keys. WHOLE: this block takes all splits of
// its tile and writes the result; else it takes every gridDim.y-th split and writes parts. TURNS: every tile is of one token, and its queries
// and its key come straight from their product, so that no kernel has to turn them before.
template <int DK, int DV, int MT, int WARPS, int STAGES, bool LATENT, bool WHOLE, bool TURNS>
struct Attention {
    static const int threads = WARPS * 32;
    static const int rows = 16 * MT;
    static const int chains = DK > 256 ? 4 : 1;
    static const int key_bytes = BLOCK_KEYS * DK * 2;
    static const int stage_bytes = key_bytes + (LATENT ? 0 : BLOCK_KEYS * DV * 2);
    static const int score_stride = BLOCK_KEYS + 4;
    static const int key_tiles = BLOCK_KEYS / WARPS / 8;   // n8 tiles of keys to a warp
    static const int value_tiles = DV / WARPS / 8;         // n8 tiles of value columns to a warp
    static const int row_threads = threads / rows > 8 ? 8 : threads / rows;
    static const int sums = 8 / row_threads;

    // Shared memory, after the ring of stages.
    static const int query_at = STAGES * stage_bytes;
    static const int score_at = query_at + rows * DK * 2;
    static const int weight_at = score_at + rows * score_stride * 4;
    static const int row_at = weight_at + rows * BLOCK_KEYS * 2;
    static const int barrier_at = row_at + rows * 8 * 4;
    static const int new_at = (barrier_at + STAGES * 8 + 15) & ~15;
    static const int shared_bytes = new_at + (TURNS ? 2 * DK * 2 : 0) + 128;

    const AttentionCall& c;
    u8* memory;
    u32 shared;
    Tile t;
    int key_head, group, last;

    DEVICE_MEMBER Attention(const AttentionCall& call) : c(call) {}

    DEVICE_MEMBER float* score(int r) { return (float*)(memory + score_at) + r * score_stride; }
    DEVICE_MEMBER float* row_value(int which) { return (float*)(memory + row_at) + which * rows; }  // m, l, alpha, then merged m, l, before, more
    DEVICE_MEMBER u32 full(int stage) { return shared + barrier_at + stage * 8; }
    DEVICE_MEMBER int position_of(int r) { return r < t.rows ? t.position + (t.first + r) / group : -1; }

    DEVICE_MEMBER void load(int block, int stage) {
        barrier_expect(full(stage), stage_bytes);
        const u8* from = c.cache + c.blocks[t.sequence * c.table_width + block] * c.block_bytes + (u64)key_head * stage_bytes;
        bulk_load(shared + stage * stage_bytes, from, stage_bytes, full(stage));
    }

    DEVICE_MEMBER void load_queries() {
        const int chunks = DK / 8;
        for (int i = threadIdx.x; i < rows * chunks; i += threads) {
            int r = i / chunks, chunk = i % chunks, at = t.first + r;
            uint4 v = make_uint4(0, 0, 0, 0);
            if (r < t.rows) {
                u64 head = (u64)(t.row + at / group) * c.heads + key_head * group + at % group;
                v = load_words(c.queries + head * DK + chunk * 8);
            }
            *(uint4*)(memory + query_at + cache_at(r, chunk * 8, DK)) = v;
        }
    }

    // The same with queries that nobody has turned yet.
    DEVICE_MEMBER void turn_queries() {
        const int quads = DK / 8;
        for (int i = threadIdx.x; i < rows * quads; i += threads) {
            int r = i / quads, quad = i % quads;
            Quad q = {make_float4(0.f, 0.f, 0.f, 0.f), make_float4(0.f, 0.f, 0.f, 0.f)};
            if (r < t.rows) q = read_quad(c.turn, t.row, t.position, key_head * group + t.first + r, quad);
            u8* to = memory + query_at;
            write_quad(c.turn, q, to + cache_at(r, first_column(c.turn, quad), DK), to + cache_at(r, second_column(c.turn, quad), DK));
        }
    }

    // The token's own key and value: into the cache for those to come, and aside for this block, whose copy of the cache is older.
    DEVICE_MEMBER void turn_key(bool live) {
        const int quads = DK / 8;
        int i = threads - 1 - threadIdx.x, value = i / quads, quad = i % quads;
        if (i >= 2 * quads) return;
        int head = c.heads + value * c.key_heads + key_head;
        Quad q = read_quad(c.turn, t.row, t.position, head, quad);
        u8* to = memory + new_at + value * DK * 2;
        write_quad(c.turn, q, to + first_column(c.turn, quad) * 2, to + second_column(c.turn, quad) * 2);
        if (live && t.first == 0) cache_quad(c.turn, q, t.row, t.position, head, quad);
    }

    DEVICE_MEMBER void add_new_key(int stage) {
        const int chunks = DK / 8;
        int value = threadIdx.x / chunks, chunk = threadIdx.x % chunks;
        if (value > 1) return;
        u8* to = memory + stage * stage_bytes + value * key_bytes;
        *(uint4*)(to + cache_at(last % BLOCK_KEYS, chunk * 8, DK)) = ((const uint4*)(memory + new_at))[threadIdx.x];
    }

    // Scores of this warp's keys, masked, in units of log2.
    DEVICE_MEMBER void make_scores(int stage, int block) {
        int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, key = warp * key_tiles * 8;
        // A long sum is cut into chains that run beside each other.
        float s[chains][MT][key_tiles][4] = {};
        u32 keys = shared + stage * stage_bytes;
#pragma unroll
        for (int k = 0; k < DK; k += 16) {
            u32 b[key_tiles][2];
#pragma unroll
            for (int n = 0; n < key_tiles; n++)
                load_matrices(b[n], keys + cache_at(key + n * 8 + (lane & 7), k + ((lane >> 3) & 1) * 8, DK));
#pragma unroll
            for (int m = 0; m < MT; m++) {
                u32 a[4];
                load_matrices(a, shared + query_at + cache_at(m * 16 + (lane & 15), k + (lane >> 4) * 8, DK));
#pragma unroll
                for (int n = 0; n < key_tiles; n++) mma(s[k / 16 % chains][m][n], a, b[n][0], b[n][1]);
            }
        }
#pragma unroll
        for (int chain = 1; chain < chains; chain++)
#pragma unroll
            for (int m = 0; m < MT; m++)
#pragma unroll
                for (int n = 0; n < key_tiles; n++)
#pragma unroll
                    for (int e = 0; e < 4; e++) s[0][m][n][e] += s[chain][m][n][e];
#pragma unroll
        for (int m = 0; m < MT; m++)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                int r = m * 16 + half * 8 + (lane >> 2), visible = position_of(r) - block * BLOCK_KEYS;
#pragma unroll
                for (int n = 0; n < key_tiles; n++) {
                    int column = key + n * 8 + (lane & 3) * 2;
                    float x = column <= visible ? s[0][m][n][half * 2] * c.scale : minus_infinity();
                    float y = column + 1 <= visible ? s[0][m][n][half * 2 + 1] * c.scale : minus_infinity();
                    *(float2*)(score(r) + column) = make_float2(x, y);
                }
            }
    }

    // One step of the running softmax. Sums are eight strided ones added in pairs, whoever adds them.
    DEVICE_MEMBER void soften() {
        int r = threadIdx.x / row_threads, part = threadIdx.x % row_threads;
        if (r >= rows) return;
        float* s = score(r);
        float top = minus_infinity();
#pragma unroll
        for (int i = 0; i < 8; i++)
#pragma unroll
            for (int j = 0; j < sums; j++) top = fmaxf(top, s[i * 8 + part * sums + j]);
#pragma unroll
        for (int d = 1; d < row_threads; d *= 2) top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, d));
        float old = row_value(0)[r], now = fmaxf(old, top), l[sums];
        u8* weights = memory + weight_at;
#pragma unroll
        for (int j = 0; j < sums; j++) l[j] = 0;
#pragma unroll
        for (int i = 0; i < 8; i++)
#pragma unroll
            for (int j = 0; j < sums; j++) {
                int column = i * 8 + part * sums + j;
                float p = now == minus_infinity() ? 0.f : power(s[column] - now);
                l[j] += p;
                *(u16*)(weights + cache_at(r, column, BLOCK_KEYS)) = to_bf16(p);
            }
#pragma unroll
        for (int width = 1; width < sums; width *= 2)
#pragma unroll
            for (int j = 0; j < sums; j += 2 * width) l[j] += l[j + width];
#pragma unroll
        for (int d = 1; d < row_threads; d *= 2) l[0] += __shfl_xor_sync(0xffffffffu, l[0], d);
        __syncwarp();
        if (part == 0) {
            float alpha = rescale(old, now);
            row_value(0)[r] = now;
            row_value(1)[r] = __fmaf_rn(row_value(1)[r], alpha, l[0]);
            row_value(2)[r] = alpha;
        }
    }

    DEVICE_MEMBER void add_values(int stage, float (&o)[MT][value_tiles][4]) {
        int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, column = warp * value_tiles * 8;
        u32 values = shared + stage * stage_bytes + (LATENT ? 0 : key_bytes);
        const int width = LATENT ? DK : DV;
#pragma unroll
        for (int m = 0; m < MT; m++)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float alpha = row_value(2)[m * 16 + half * 8 + (lane >> 2)];
#pragma unroll
                for (int n = 0; n < value_tiles; n++) {
                    o[m][n][half * 2] *= alpha;
                    o[m][n][half * 2 + 1] *= alpha;
                }
            }
#pragma unroll
        for (int k = 0; k < BLOCK_KEYS; k += 16) {
            u32 a[MT][4];
#pragma unroll
            for (int m = 0; m < MT; m++)
                load_matrices(a[m], shared + weight_at + cache_at(m * 16 + (lane & 15), k + (lane >> 4) * 8, BLOCK_KEYS));
#pragma unroll
            for (int n = 0; n < value_tiles; n += 2) {
                u32 b[4];
                load_transposed(b, values + cache_at(k + (lane & 15), column + n * 8 + (lane >> 4) * 8, width));
#pragma unroll
                for (int m = 0; m < MT; m++) {
                    mma(o[m][n], a[m], b[0], b[1]);
                    mma(o[m][n + 1], a[m], b[2], b[3]);
                }
            }
        }
    }

    // What lies behind the last key may be anything, and 0 · NaN is NaN.
    DEVICE_MEMBER void clear_behind(int stage, int block) {
        int from = last - block * BLOCK_KEYS + 1;
        if (from >= BLOCK_KEYS) return;
        u8* values = memory + stage * stage_bytes + (LATENT ? 0 : key_bytes);
        const int chunks = (LATENT ? DK : DV) / 8;
        for (int i = threadIdx.x; i < (BLOCK_KEYS - from) * chunks; i += threads)
            *(uint4*)(values + ((u64)(from + i / chunks) * chunks + i % chunks) * 16) = make_uint4(0, 0, 0, 0);
    }

    DEVICE_MEMBER u64 head_row(int r) {
        int at = t.first + r;
        return (u64)(t.row + at / group) * c.heads + key_head * group + at % group;
    }

    DEVICE_MEMBER void write_part(int split, float (&o)[MT][value_tiles][4]) {
        int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
        u64 part = (u64)split * c.part_rows * c.heads;
#pragma unroll
        for (int m = 0; m < MT; m++)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                int r = m * 16 + half * 8 + (lane >> 2);
                if (r >= t.rows) continue;
                float* to = c.parts + (part + head_row(r)) * DV + warp * value_tiles * 8 + (lane & 3) * 2;
#pragma unroll
                for (int n = 0; n < value_tiles; n++) *(float2*)(to + n * 8) = make_float2(o[m][n][half * 2], o[m][n][half * 2 + 1]);
            }
        if (threadIdx.x < t.rows) c.bounds[part + head_row(threadIdx.x)] = make_float2(row_value(0)[threadIdx.x], row_value(1)[threadIdx.x]);
    }

    DEVICE_MEMBER void write_whole(float (&o)[MT][value_tiles][4]) {
        int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
#pragma unroll
        for (int m = 0; m < MT; m++)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                int r = m * 16 + half * 8 + (lane >> 2);
                if (r >= t.rows) continue;
                int at = t.first + r, head = key_head * group + at % group;
                float l = row_value(4)[r];
#pragma unroll
                for (int n = 0; n < value_tiles; n++) {
                    int column = head * DV + (warp * value_tiles + n) * 8 + (lane & 3) * 2;
                    if (LATENT) {
                        *(float2*)(c.parts + ((u64)(t.row + at / group) * c.heads) * DV + column) = make_float2(o[m][n][half * 2] / l, o[m][n][half * 2 + 1] / l);
                        continue;
                    }
                    *(u32*)(c.output + activation_at(c.room, t.row + at / group, column)) = pack_bf16(o[m][n][half * 2] / l, o[m][n][half * 2 + 1] / l);
                }
            }
    }

    DEVICE_MEMBER void run() {
        extern __shared__ u8 raw[];
        shared = (shared_address(raw) + 127) & ~127u;
        memory = raw + (shared - shared_address(raw));
        let_next_start();
        if (threadIdx.x == 0) {
            for (int i = 0; i < STAGES; i++) barrier_init(full(i), 1);
            barrier_init_fence();
        }
        __syncthreads();
        // The tiles were there before the step began, and so were all keys before its first token: their loads do not wait for the kernel before.
        bool idle = blockIdx.x >= *c.tile_count * c.key_heads;
        if (idle) return;
        group = c.heads / c.key_heads;
        t = c.tiles[blockIdx.x / c.key_heads];
        key_head = blockIdx.x % c.key_heads;
        last = t.position + (t.first + t.rows - 1) / group;
        Walk walk(WHOLE ? 0 : blockIdx.y, WHOLE ? 1 : gridDim.y, last / BLOCK_KEYS), ahead = walk;
        if (walk.over()) return;
        int asked = 0;
        if (threadIdx.x == 0)
            for (; asked < STAGES && !ahead.over() && (TURNS || (ahead.block + 1) * BLOCK_KEYS <= t.position); asked++, ahead.next())
                load(ahead.block, asked);
        bool newest = TURNS && split_of(last) % gridDim.y == blockIdx.y;
        REHEARSE(live, !WHOLE && c.part_rows <= REHEARSED_ROWS) {
            if (live) wait_for_previous();
            if constexpr (TURNS) {
                turn_queries();
                if (newest) turn_key(live);
            } else {
                load_queries();
            }
        }
        if (threadIdx.x == 0)
            for (; asked < STAGES && !ahead.over(); asked++, ahead.next()) load(ahead.block, asked);
        float o[MT][value_tiles][4];
        float sum[WHOLE ? MT : 1][WHOLE ? value_tiles : 1][4];
        int stage = 0, phase = 0;
        bool merged_any = false;
        for (int n = 0; !walk.over(); n++, walk.next()) {
            int block = walk.block;
            if (walk.begins()) {
                // The barrier keeps these from those who still read the last split's.
                __syncthreads();
#pragma unroll
                for (int m = 0; m < MT; m++)
#pragma unroll
                    for (int v = 0; v < value_tiles; v++)
#pragma unroll
                        for (int e = 0; e < 4; e++) o[m][v][e] = 0;
                if (threadIdx.x < rows) {
                    row_value(0)[threadIdx.x] = minus_infinity();
                    row_value(1)[threadIdx.x] = 0;
                }
            }
            barrier_wait(full(stage), phase);
            if (n == 0) __syncthreads();  // the queries
            if (TURNS && block == last / BLOCK_KEYS) {
                add_new_key(stage);
                __syncthreads();
            }
            make_scores(stage, block);
            __syncthreads();
            clear_behind(stage, block);
            // Everybody has done with the stage before this one.
            if (threadIdx.x == 0 && n > 0 && !ahead.over()) {
                load(ahead.block, stage == 0 ? STAGES - 1 : stage - 1);
                ahead.next();
            }
            soften();
            __syncthreads();
            add_values(stage, o);
            if (++stage == STAGES) {
                stage = 0;
                phase ^= 1;
            }
            if (!walk.ends()) continue;
            if (!WHOLE) {
                write_part(walk.split, o);
                continue;
            }
            // Row values 3.. are of the merged: m, l and the weights of this merge.
            if (threadIdx.x < rows) {
                int r = threadIdx.x;
                Merge w = {row_value(0)[r], 0.f, 1.f};
                float l = row_value(1)[r];
                if (merged_any) {
                    w = merge(row_value(3)[r], w.m);
                    l = merged(w, row_value(4)[r], l);
                }
                row_value(3)[r] = w.m;
                row_value(4)[r] = l;
                row_value(5)[r] = w.before;
                row_value(6)[r] = w.more;
            }
            __syncthreads();
            int lane = threadIdx.x & 31;
#pragma unroll
            for (int m = 0; m < MT; m++)
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    int r = m * 16 + (e >> 1) * 8 + (lane >> 2);
                    Merge w = {0.f, row_value(5)[r], row_value(6)[r]};
#pragma unroll
                    for (int v = 0; v < value_tiles; v++) {
                        int mm = WHOLE ? m : 0, vv = WHOLE ? v : 0;
                        sum[mm][vv][e] = merged_any ? merged(w, sum[mm][vv][e], o[m][v][e]) : o[m][v][e];
                    }
                }
            merged_any = true;
        }
        if (WHOLE) {
#pragma unroll
            for (int m = 0; m < MT; m++)
#pragma unroll
                for (int v = 0; v < value_tiles; v++)
#pragma unroll
                    for (int e = 0; e < 4; e++) o[m][v][e] = sum[WHOLE ? m : 0][WHOLE ? v : 0][e];
            write_whole(o);
        }
    }
};

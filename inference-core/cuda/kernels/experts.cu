// Which experts a token visits, and where their rows lie. Scores, choice and weights are float32: a choice must not hang on rounding.
// Shared experts are experts that everybody visits with weight 1; they are numbered after the routed ones, and their tiles come first, where
// the product finds them without waiting for the router.

#include "norm.cuh"

#define SOFTMAX_GREEDY 0
#define SOFTMAX_GROUPS 1
#define SIGMOID_BIASED 2
#define MAX_EXPERTS 272  // shared ones included

struct RouteCall {
    const float* scores;  // [rows][experts]
    const float* bias;    // [experts], for SIGMOID_BIASED
    int rows, experts, shared, per_token, rule, groups, groups_per_token, normalize;
    float factor;

    int tile;             // N rows to a tile
    int together;         // all rows are one tile: an expert's tile holds every row in its place
    int* slot_expert;     // [rows · (per_token + shared)]
    float* slot_weights;  // the same
    int* place;           // the same: the row of the slot among the tiles
    int* slots;           // [tiles · tile] its inverse, -1: nobody's
    int* tile_expert;     // [tiles]
    int* tile_count;
    int* done;            // rows that have chosen; 0 between steps
};

// Among a warp's numbers.
DEVICE u32 warp_max(u32 v) {
    u32 r;
    asm volatile("redux.sync.max.u32 %0, %1, 0xffffffff;" : "=r"(r) : "r"(v));
    return r;
}
DEVICE u32 warp_min(u32 v) {
    u32 r;
    asm volatile("redux.sync.min.u32 %0, %1, 0xffffffff;" : "=r"(r) : "r"(v));
    return r;
}

// The index of the largest of a warp's values, none of them NaN; ties go to the lower index.
DEVICE int warp_largest(float v, int index) {
    u32 bits = __float_as_uint(v + 0.f), order = bits & 0x80000000u ? ~bits : bits | 0x80000000u;  // -0 is 0
    return warp_min(order == warp_max(order) ? (u32)index : 0xffffffffu);
}

// Expert i · 32 + lane is in register i of the lane: 8 for 256 experts.
template <int LANE_EXPERTS>
DEVICE int largest_expert(const float (&choice)[LANE_EXPERTS]) {
    float best = minus_infinity();
    int at = 1 << 20, lane = threadIdx.x & 31;
#pragma unroll
    for (int i = 0; i < LANE_EXPERTS; i++)
        if (choice[i] > best) best = choice[i], at = i * 32 + lane;
    return warp_largest(best, at);
}

template <int LANE_EXPERTS>
DEVICE void limit_to_groups(const RouteCall& c, float (&choice)[LANE_EXPERTS], float* shared) {
    int lane = threadIdx.x & 31, size = c.experts / c.groups;
#pragma unroll
    for (int i = 0; i < LANE_EXPERTS; i++)
        if (i * 32 + lane < c.experts) shared[i * 32 + lane] = choice[i];
    __syncwarp();
    float best = minus_infinity(), second = minus_infinity();
    if (lane < c.groups)
#pragma unroll 1
        for (int i = 0; i < size; i++) {
            float v = shared[lane * size + i];
            if (v > best)
                second = best, best = v;
            else if (v > second)
                second = v;
        }
    float group = lane < c.groups ? (c.rule == SIGMOID_BIASED ? best + second : best) : minus_infinity();
    u32 kept = 0;
#pragma unroll 1
    for (int k = 0; k < c.groups_per_token; k++) {
        int g = warp_largest(kept >> lane & 1 ? minus_infinity() : group, kept >> lane & 1 ? 1 << 20 : lane);
        kept |= 1u << g;
    }
#pragma unroll
    for (int i = 0; i < LANE_EXPERTS; i++) {
        int expert = i * 32 + lane;
        if (expert < c.experts && !(kept >> (expert / size) & 1)) choice[i] = minus_infinity();
    }
    __syncwarp();
}

// One row to a warp; `scores` and `shared` hold an expert each. Gives the expert of the slot that is the lane's, if it has one;
// what it chose counts only if it is meant.
template <int LANE_EXPERTS>
DEVICE int choose(const RouteCall& c, int row, const float* scores, float* shared, bool live = true) {
    int lane = threadIdx.x & 31, slots = c.per_token + c.shared;
    float score[LANE_EXPERTS], choice[LANE_EXPERTS], top = minus_infinity(), sum = 0;
#pragma unroll
    for (int i = 0; i < LANE_EXPERTS; i++) {
        int expert = i * 32 + lane;
        score[i] = expert < c.experts ? load_one(scores + expert) : minus_infinity();
        top = fmaxf(top, score[i]);
    }
    for (int d = 16; d > 0; d >>= 1) top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, d));
#pragma unroll
    for (int i = 0; i < LANE_EXPERTS; i++) {
        int expert = i * 32 + lane;
        if (expert >= c.experts) {
            choice[i] = minus_infinity();
            score[i] = 0;
        } else if (c.rule == SIGMOID_BIASED) {
            score[i] = 1.f / (1.f + expf(-score[i]));
            choice[i] = score[i] + c.bias[expert];
        } else {
            score[i] = expf(score[i] - top);
            sum += score[i];
        }
    }
    if (c.rule != SIGMOID_BIASED) {
        sum = warp_sum(sum);
#pragma unroll
        for (int i = 0; i < LANE_EXPERTS; i++)
            if (i * 32 + lane < c.experts) choice[i] = score[i] = score[i] / sum;
    }
    if (c.groups > 1) limit_to_groups(c, choice, shared);
    float total = 0, own = 1;
    int chosen = c.experts + lane - c.per_token;
#pragma unroll 1
    for (int k = 0; k < c.per_token; k++) {
        // Scores that are not numbers choose nobody; the step is found broken by its logits, and must not reach past the tables until then.
        int expert = min(largest_expert(choice), c.experts - 1);
        float weight = 0;
#pragma unroll
        for (int i = 0; i < LANE_EXPERTS; i++)
            if (i * 32 + lane == expert) {
                weight = score[i];
                choice[i] = minus_infinity();
            }
        weight = __shfl_sync(0xffffffffu, weight, expert & 31);
        total += weight;
        if (lane == k) chosen = expert, own = weight;
    }
    float factor = c.factor / (c.normalize ? total + 1e-20f : 1.f);
    if (lane < c.per_token) own *= factor;
    if (live && lane < slots) {
        c.slot_expert[row * slots + lane] = chosen;
        c.slot_weights[row * slots + lane] = own;
    }
    return chosen;
}

// The tiles of the only row, by the warp that chose: one for each slot, in the order in which place_slots would have them.
DEVICE void place_row(const RouteCall& c, int chosen, bool live) {
    int lane = threadIdx.x & 31, slots = c.per_token + c.shared, rank = 0;
    int order = chosen < c.experts ? chosen + c.shared : chosen - c.experts;
#pragma unroll 1
    for (int other = 0; other < slots; other++) {
        int theirs = __shfl_sync(0xffffffffu, order, other);
        rank += theirs < order || (theirs == order && other < lane);
    }
    if (!live) return;
    if (lane == 0) *c.tile_count = slots;
    if (lane >= slots) return;
    c.tile_expert[rank] = chosen;
    c.place[lane] = rank * c.tile;
    c.slots[rank * c.tile] = lane;
#pragma unroll 1
    for (int i = 1; i < c.tile; i++) c.slots[rank * c.tile + i] = -1;
}

DEVICE float dot(float4 u, float4 v, float sum) {
    sum = __fmaf_rn(u.x, v.x, sum);
    sum = __fmaf_rn(u.y, v.y, sum);
    sum = __fmaf_rn(u.z, v.z, sum);
    return __fmaf_rn(u.w, v.w, sum);
}

DEVICE void sync_threads(int threads) { asm volatile("bar.sync 1, %0;" ::"r"(threads) : "memory"); }

// What all rows chose, as tiles. By the first `threads` threads of a block.
DEVICE void place_slots(const RouteCall& c, int threads) {
    __shared__ int count[MAX_EXPERTS], start[MAX_EXPERTS + 1];
    int all = c.experts + c.shared, slots = c.per_token + c.shared;
    for (int e = threadIdx.x; e < all; e += threads) count[e] = 0;
    sync_threads(threads);
    for (int s = threadIdx.x; s < c.rows * slots; s += threads) atomicAdd(&count[c.slot_expert[s]], 1);
    sync_threads(threads);
    if (threadIdx.x < 32) {
        // Running sums of the experts' tiles, 32 at a time, the shared ones first.
        int lane = threadIdx.x, before = 0;
        for (int first = 0; first < all; first += 32) {
            int at = first + lane, e = at < c.shared ? c.experts + at : at - c.shared;
            int n = at < all ? count[e] : 0, tiles = c.together ? n > 0 : (n + c.tile - 1) / c.tile, sum = tiles;
            for (int d = 1; d < 32; d *= 2) {
                int below = __shfl_up_sync(0xffffffffu, sum, d);
                if (lane >= d) sum += below;
            }
            if (at < all) {
                start[e] = before + sum - tiles;
                for (int i = 0; i < tiles; i++) c.tile_expert[start[e] + i] = e;
            }
            before += __shfl_sync(0xffffffffu, sum, 31);
        }
        if (lane == 0) {
            start[all] = before;
            *c.tile_count = before;
        }
    }
    sync_threads(threads);
    for (int e = threadIdx.x; e < all; e += threads) count[e] = 0;
    for (int i = threadIdx.x; i < start[all] * c.tile; i += threads) c.slots[i] = -1;
    sync_threads(threads);
    for (int s = threadIdx.x; s < c.rows * slots; s += threads) {
        int e = c.slot_expert[s], rank = c.together ? s / slots : atomicAdd(&count[e], 1), at = start[e] * c.tile + rank;
        c.place[s] = at;
        c.slots[at] = s;
    }
}

// ---- few rows: norm, scores, choice and tiles in one kernel

#define ROUTING_BLOCKS 8  // to a row
#define VISIT_THREADS 288

DEVICE void sync_live() { sync_threads(256); }

struct VisitCall {
    NormCall norm;
    RouteCall route;       // rows: at most 8
    const float* weights;  // [experts][width]
};

// Every block of a row norms it, as rms_norm does, CHUNKS · 8 columns to a thread, and scores its share of the experts; the block that is last of
// all chooses. Grid: (ROUTING_BLOCKS, rows).
template <int CHUNKS, int LANE_EXPERTS>
DEVICE void visit(const VisitCall& c) {
    __shared__ float4 x[CHUNKS * 256 * 2];
    __shared__ float scratch[9][LANE_EXPERTS * 32];
    __shared__ int last;
    let_next_start();
    const RouteCall& route = c.route;
    int row = blockIdx.y, rank = blockIdx.x, lane = threadIdx.x & 31, warp = threadIdx.x >> 5, width = c.norm.width, pieces = width / 4;
    int share = (route.experts + ROUTING_BLOCKS - 1) / ROUTING_BLOCKS, first = rank * share, end = min(route.experts, first + share);
    const float4* weights = (const float4*)c.weights;
#pragma unroll 1
    for (int i = threadIdx.x * 8; i < (end - first) * pieces; i += VISIT_THREADS * 8) asm volatile("prefetch.global.L2 [%0];" ::"l"(weights + (u64)first * pieces + i));
    float n[CHUNKS][8], h[CHUNKS][8];
#pragma unroll
    for (int j = 0; j < CHUNKS; j++) norm_weights(c.norm, threadIdx.x % 256 + j * 256, n[j]);
    // The ninth warp runs through all of it for nothing and does not wait for anybody: the others then find their code there.
    bool live = warp < 8;
    if (live) wait_for_previous();
    float squares[CHUNKS];
    norm_chunks<false, CHUNKS>(c.norm, row, threadIdx.x % 256, 256, h, squares);
#pragma unroll
    for (int j = 0; j < CHUNKS; j++) {
        squares[j] = warp_sum(squares[j]);
        if (live && lane == 0) scratch[0][warp + j * 8] = squares[j];
    }
    if (live) sync_live();
    float scale = rsqrtf(warp_sum(lane < (width / 8 + 31) / 32 ? scratch[live ? 0 : 8][lane] : 0.f) / width + c.norm.epsilon);
#pragma unroll
    for (int j = 0; j < CHUNKS; j++) {
        int chunk = threadIdx.x % 256 + j * 256;
        if (chunk * 8 >= width) break;
        bool mine = live && chunk % ROUTING_BLOCKS == rank;
        if (mine) write_residual(c.norm, row, chunk, h[j]);
#pragma unroll
        for (int i = 0; i < 8; i++) h[j][i] *= scale * n[j][i];
        if (live) {
            x[chunk * 2] = make_float4(h[j][0], h[j][1], h[j][2], h[j][3]);
            x[chunk * 2 + 1] = make_float4(h[j][4], h[j][5], h[j][6], h[j][7]);
        }
        if (mine) *(uint4*)(c.norm.output + activation_chunk(c.norm.room, row, chunk)) = pack8(h[j]);
    }
    if (live) sync_live();
#pragma unroll 1
    for (int expert = first + warp % 8; expert < end; expert += live ? 8 : share) {
        const float4* w = weights + (u64)expert * pieces;
        const float4* in = live ? x : weights;  // nobody else is writing there
        float sum = 0;
#pragma unroll 16
        for (int i = lane; i < pieces; i += 32) sum = dot(in[i], w[i], sum);
        sum = warp_sum(sum);
        if (live && lane == 0) ((float*)route.scores)[(u64)row * route.experts + expert] = sum;
    }
    if (live) {
        // The block that comes last sees what the others wrote.
        __threadfence();
        sync_live();
        if (threadIdx.x == 0) last = atomicAdd(route.done, 1) == (int)(gridDim.x * gridDim.y) - 1;
        sync_live();
        if (!last) return;
        __threadfence();
        if (threadIdx.x == 0) *route.done = 0;
    }
    if (warp < route.rows || !live) {
        int chosen = choose<LANE_EXPERTS>(route, live ? warp : 0, route.scores + (u64)(live ? warp : 0) * route.experts, scratch[warp], live);
        if (route.rows == 1) place_row(route, chosen, live);
    }
    if (!live || route.rows == 1) return;
    sync_live();
    place_slots(route, 256);
}

// Rows of up to 2048 and 64 experts, and of up to 8192 and 256.
KERNEL __launch_bounds__(VISIT_THREADS, 2) visit_small(const __grid_constant__ VisitCall c) { visit<1, 2>(c); }
KERNEL __launch_bounds__(VISIT_THREADS) visit_large(const __grid_constant__ VisitCall c) { visit<4, 8>(c); }

// ---- many rows

// One expert to a warp, eight rows to a block, which share each weight as it comes by. Grid: (experts / 8, rows / 8).
#define SCORED_ROWS 8
KERNEL __launch_bounds__(256) score_experts(const float* x, const float* w, float* scores, int rows, int width, int experts) {
    let_next_start();
    wait_for_previous();
    int expert = blockIdx.x * 8 + (threadIdx.x >> 5), lane = threadIdx.x & 31, first = blockIdx.y * SCORED_ROWS;
    if (expert >= experts) return;
    const float4* b = (const float4*)(w + (u64)expert * width);
    float sum[SCORED_ROWS] = {};
#pragma unroll 4
    for (int i = lane; i < width / 4; i += 32) {
        float4 v = b[i];
#pragma unroll
        for (int r = 0; r < SCORED_ROWS; r++) sum[r] = dot(((const float4*)(x + (u64)min(first + r, rows - 1) * width))[i], v, sum[r]);
    }
#pragma unroll
    for (int r = 0; r < SCORED_ROWS; r++) {
        float v = warp_sum(sum[r]);
        if (lane == 0 && first + r < rows) scores[(u64)(first + r) * experts + expert] = v;
    }
}

// A row to a warp. Grid: rows / 8.
KERNEL __launch_bounds__(256) choose_experts(const __grid_constant__ RouteCall c) {
    __shared__ float scratch[8][256];
    let_next_start();
    wait_for_previous();
    int warp = threadIdx.x >> 5, row = blockIdx.x * 8 + warp;
    if (row < c.rows) choose<8>(c, row, c.scores + (u64)row * c.experts, scratch[warp]);
}

KERNEL __launch_bounds__(1024) place_rows(const __grid_constant__ RouteCall c) {
    let_next_start();
    wait_for_previous();
    place_slots(c, 1024);
}

// Each slot's copy of its row, where its expert's tile has it. Grid: slots; chunks of eight columns along the block.
KERNEL gather(const u8* from, int from_room, u8* to, int to_room, const int* place, int slots_per_row, int width) {
    let_next_start();
    wait_for_previous();
    int row = blockIdx.x / slots_per_row, at = place[blockIdx.x];
    for (int chunk = threadIdx.x; chunk * 8 < width; chunk += blockDim.x)
        *(uint4*)(to + activation_chunk(to_room, at, chunk)) = *(const uint4*)(from + activation_chunk(from_room, row, chunk));
}

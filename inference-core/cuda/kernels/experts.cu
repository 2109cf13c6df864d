// Which experts a token visits, and where their rows lie. Scores, choice and weights are float32: a choice must not hang on rounding.
// Shared experts are experts that everybody visits with weight 1; they come after the routed ones.

#include "common.cuh"

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
};

// The largest of a warp's values; ties go to the lower index. Values are ordered as numbers.
DEVICE int warp_largest(float v, int index) {
    for (int d = 16; d > 0; d >>= 1) {
        float w = __shfl_xor_sync(0xffffffffu, v, d);
        int j = __shfl_xor_sync(0xffffffffu, index, d);
        if (w > v || (w == v && j < index)) v = w, index = j;
    }
    return index;
}

#define LANE_EXPERTS 8  // 256 experts to 32 lanes

// Expert i · 32 + lane is in register i of the lane.
DEVICE int largest_expert(const float (&choice)[LANE_EXPERTS]) {
    float best = minus_infinity();
    int at = 1 << 20, lane = threadIdx.x & 31;
#pragma unroll
    for (int i = 0; i < LANE_EXPERTS; i++)
        if (choice[i] > best) best = choice[i], at = i * 32 + lane;
    return warp_largest(best, at);
}

DEVICE void limit_to_groups(const RouteCall& c, float (&choice)[LANE_EXPERTS], float* shared) {
    int lane = threadIdx.x & 31, size = c.experts / c.groups;
#pragma unroll
    for (int i = 0; i < LANE_EXPERTS; i++)
        if (i * 32 + lane < c.experts) shared[i * 32 + lane] = choice[i];
    __syncwarp();
    float best = minus_infinity(), second = minus_infinity();
    if (lane < c.groups)
        for (int i = 0; i < size; i++) {
            float v = shared[lane * size + i];
            if (v > best)
                second = best, best = v;
            else if (v > second)
                second = v;
        }
    float group = lane < c.groups ? (c.rule == SIGMOID_BIASED ? best + second : best) : minus_infinity();
    u32 kept = 0;
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

// One row to a warp.
DEVICE void choose(const RouteCall& c, int row, float* shared) {
    int lane = threadIdx.x & 31, slots = c.per_token + c.shared;
    float score[LANE_EXPERTS], choice[LANE_EXPERTS], top = minus_infinity(), sum = 0;
#pragma unroll
    for (int i = 0; i < LANE_EXPERTS; i++) {
        int expert = i * 32 + lane;
        score[i] = expert < c.experts ? c.scores[(u64)row * c.experts + expert] : minus_infinity();
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
    float total = 0;
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
        if (lane == 0) {
            c.slot_expert[row * slots + k] = expert;
            c.slot_weights[row * slots + k] = weight;
        }
    }
    __syncwarp();
    float factor = c.factor / (c.normalize ? total + 1e-20f : 1.f);
    if (lane < c.per_token) c.slot_weights[row * slots + lane] *= factor;
    if (lane < c.shared) {
        c.slot_expert[row * slots + c.per_token + lane] = c.experts + lane;
        c.slot_weights[row * slots + c.per_token + lane] = 1.f;
    }
}

DEVICE float dot(float4 u, float4 v, float sum) {
    sum = __fmaf_rn(u.x, v.x, sum);
    sum = __fmaf_rn(u.y, v.y, sum);
    sum = __fmaf_rn(u.z, v.z, sum);
    return __fmaf_rn(u.w, v.w, sum);
}

// One block for the whole step: choices, then the tiles.
template <int WARPS>
DEVICE void route_rows(const RouteCall& c) {
    __shared__ float scratch[WARPS][256];
    __shared__ int count[MAX_EXPERTS], start[MAX_EXPERTS + 1];
    int all = c.experts + c.shared, slots = c.per_token + c.shared;
    for (int e = threadIdx.x; e < all; e += blockDim.x) count[e] = 0;
    for (int row = threadIdx.x >> 5; row < c.rows; row += WARPS) choose(c, row, scratch[threadIdx.x >> 5]);
    __syncthreads();
    for (int s = threadIdx.x; s < c.rows * slots; s += blockDim.x) atomicAdd(&count[c.slot_expert[s]], 1);
    __syncthreads();
    if (threadIdx.x < 32) {
        // Running sums of the experts' tiles, 32 experts at a time.
        int lane = threadIdx.x, before = 0;
        for (int first = 0; first < all; first += 32) {
            int n = first + lane < all ? count[first + lane] : 0, tiles = c.together ? n > 0 : (n + c.tile - 1) / c.tile, sum = tiles;
            for (int d = 1; d < 32; d *= 2) {
                int below = __shfl_up_sync(0xffffffffu, sum, d);
                if (lane >= d) sum += below;
            }
            if (first + lane < all) start[first + lane] = before + sum - tiles;
            before += __shfl_sync(0xffffffffu, sum, 31);
        }
        if (lane == 0) {
            start[all] = before;
            *c.tile_count = before;
        }
    }
    __syncthreads();
    for (int e = threadIdx.x; e < all; e += blockDim.x) {
        for (int i = start[e]; i < start[e + 1]; i++) c.tile_expert[i] = e;
        count[e] = 0;
    }
    for (int i = threadIdx.x; i < start[all] * c.tile; i += blockDim.x) c.slots[i] = -1;
    __syncthreads();
    for (int s = threadIdx.x; s < c.rows * slots; s += blockDim.x) {
        int e = c.slot_expert[s], rank = c.together ? s / slots : atomicAdd(&count[e], 1), at = start[e] * c.tile + rank;
        c.place[s] = at;
        c.slots[at] = s;
    }
}

// One expert's score of one row: a warp, 16 columns to a lane at a time. What fits into registers of the weights is asked for before the row is
// there.
#define SCORED_AHEAD 16
KERNEL __launch_bounds__(256) score_experts(const float* x, const float* w, float* scores, int width, int* done, const __grid_constant__ RouteCall c) {
    __shared__ int last;
    let_next_start();
    int row = blockIdx.x, expert = blockIdx.y * 8 + (threadIdx.x >> 5), lane = threadIdx.x & 31;
    const float4* b = (const float4*)(w + (u64)min(expert, c.experts - 1) * width);
    float4 v[SCORED_AHEAD];
#pragma unroll
    for (int i = 0; i < SCORED_AHEAD; i++)
        if (i * 32 + lane < width / 4) v[i] = b[i * 32 + lane];
    wait_for_previous();
    const float4* a = (const float4*)(x + (u64)row * width);
    float sum = 0;
#pragma unroll
    for (int i = 0; i < SCORED_AHEAD; i++)
        if (i * 32 + lane < width / 4) sum = dot(a[i * 32 + lane], v[i], sum);
#pragma unroll 8
    for (int i = SCORED_AHEAD * 32 + lane; i < width / 4; i += 32) sum = dot(a[i], b[i], sum);
    sum = warp_sum(sum);
    if (lane == 0 && expert < c.experts) scores[(u64)row * c.experts + expert] = sum;
    if (!done) return;
    // The block that comes last routes; it sees what the others wrote.
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) last = atomicAdd(done, 1) == gridDim.x * gridDim.y - 1;
    __syncthreads();
    if (!last) return;
    __threadfence();
    if (threadIdx.x == 0) *done = 0;
    route_rows<8>(c);
}

// As a kernel of its own, where rows are many.
KERNEL __launch_bounds__(1024) route(const __grid_constant__ RouteCall c) {
    let_next_start();
    wait_for_previous();
    route_rows<32>(c);
}

// Each slot's copy of its row, where its expert's tile has it. Grid: slots; chunks of eight columns along the block.
KERNEL gather(const u8* from, int from_room, u8* to, int to_room, const int* place, int slots_per_row, int width) {
    let_next_start();
    wait_for_previous();
    int row = blockIdx.x / slots_per_row, at = place[blockIdx.x];
    for (int chunk = threadIdx.x; chunk * 8 < width; chunk += blockDim.x)
        *(uint4*)(to + activation_chunk(to_room, at, chunk)) = *(const uint4*)(from + activation_chunk(from_room, row, chunk));
}

// Every product of the engine: y[row, output] = sum over k of x[row, k] · w[output, k], bfloat16 in, float32 sums, on wgmma.
//
// The weights are the wide operand (128 outputs to a block), the rows of the batch the narrow one (N of them), so one kernel family serves one
// row as well as thousands. An output's arithmetic does not know N: its K is cut into segments that depend on the matrix' shape alone, each
// segment is one chain of wgmma k16 steps from zero, and the segments are added in order. Where blocks are many (FULL) one block walks all
// segments of its outputs and adds them itself; where they are few each segment is a part in memory and its reader adds them. Same bits.
//
// Weights lie as the copies want them: [block of 128 outputs][slab of 64 k][128 rows × 128 bytes, swizzled]: 16 KB, one bulk copy.

#include "norm.cuh"
#include "product.cuh"
#include "softmax.cuh"
#include "wgmma.cuh"

// One matrix multiplies 8 rows of 128 bytes at a time: 128-byte swizzle, K within the row, groups of 8 rows 1024 bytes apart.
DEVICE u64 operand(u32 address) { return (u64)((address & 0x3ffff) >> 4) | (1ull << 16) | (64ull << 32) | (1ull << 62); }

DEVICE void fence_operands() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void commit_group() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int LEFT> DEVICE void wait_groups() { asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(LEFT) : "memory"); }

template <int R> DEVICE void pin(float (&d)[R]) {
#pragma unroll
    for (int i = 0; i < R; i++) asm volatile("" : "+f"(d[i])::"memory");
}

// Where the inputs come from. One row every thread block norms for itself, in front of its first product, and keeps it behind the ring: a kernel
// less to wait for. (The same for gates gained nothing.)
enum Source {
    LOADED,    // from memory, slab by slab, beside the weights
    NORMED,    // the norm of the residual, all of it
    COMBINED,  // what the splits of attention come to, as much of it as this block multiplies
};
#define OWN_SLABS 64
#define OWN_RUN 16  // slabs of a run that COMBINED has room for

template <int N, int STAGES, Source SOURCE>
struct Ring {
    static const int bytes = TILE_BYTES + (SOURCE == LOADED ? SLAB_BYTES(N) : 0);
    static const int own_slabs = SOURCE == LOADED ? 0 : SOURCE == NORMED ? OWN_SLABS : OWN_RUN;
    static const int own_bytes = own_slabs * SLAB_BYTES(N);
    // 1024 for the alignment, and two barriers to a stage.
    static const int shared_bytes = 1024 + STAGES * (bytes + 16) + own_bytes;
    u32 base, full, empty;
    int stage;
    u32 phase;

    // Alignment to 1024 is what the swizzle counts from.
    DEVICE_MEMBER Ring() {
        extern __shared__ u8 memory[];
        u32 start = (shared_address(memory) + 1023) & ~1023u;
        base = start;
        full = start + STAGES * bytes + own_bytes;
        empty = full + STAGES * 8;
        stage = 0;
        phase = 0;
    }

    DEVICE_MEMBER u32 weights() { return base + stage * bytes; }
    DEVICE_MEMBER u32 own_inputs(int slab) { return base + STAGES * bytes + slab * SLAB_BYTES(N); }
    DEVICE_MEMBER u32 inputs() { return base + stage * bytes + TILE_BYTES; }
    DEVICE_MEMBER void advance() {
        if (++stage == STAGES) {
            stage = 0;
            phase ^= 1;
        }
    }
};

// The ring is filled this much slower than it could be, while the kernels in front still load what they wait for: behind a burst of weights
// each of their loads takes microseconds.
#define NANOSECONDS_A_TILE 300

DEVICE void load_weights(bool once, u64 policy, u32 to, const u8* tile, u32 full) {
    if (once)
        bulk_stream(to, tile, TILE_BYTES, full, policy);
    else
        bulk_load(to, tile, TILE_BYTES, full);
}

template <int N, int STAGES, Mode MODE, Source SOURCE>
DEVICE void produce(const Product& p, Ring<N, STAGES, SOURCE> ring) {
    // Few rows read each weight once.
    const bool once = MODE == EXPERTS ? N == 8 : MODE == SPLIT && gridDim.y == 1;
    u64 policy = evict_first();
    // Weights do not depend on the kernel before: the ring is filled with them while that one still runs.
    Chains<MODE> ahead(p, true);
    Ring<N, STAGES, SOURCE> early = ring;
    Chain c;
    int loaded = 0;
    while (loaded < STAGES && ahead.take(c, SLAB_BYTES(N))) {
        for (int k = c.from; k < c.to && loaded < STAGES; k++, loaded++, early.advance()) {
            barrier_expect(early.full + early.stage * 8, early.bytes);
            load_weights(once, policy, early.weights(), c.weights + (u64)k * TILE_BYTES, early.full + early.stage * 8);
            if (once) __nanosleep(NANOSECONDS_A_TILE);
        }
    }
    wait_for_previous();
    if (MODE == EXPERTS) let_next_start();
    Chains<MODE> chains(p);
    int done = 0;
    while (chains.take(c, SLAB_BYTES(N))) {
        for (int k = c.from; k < c.to; k++, done++, ring.advance()) {
            u32 full = ring.full + ring.stage * 8;
            if (done >= loaded) {
                barrier_wait(ring.empty + ring.stage * 8, ring.phase ^ 1);
                barrier_expect(full, ring.bytes);
                load_weights(once, policy, ring.weights(), c.weights + (u64)k * TILE_BYTES, full);
            }
            if (SOURCE == LOADED) bulk_load(ring.inputs(), c.inputs + (u64)k * p.room * 128, SLAB_BYTES(N), full);
        }
    }
}

// The accumulators of a warp: rows r and r + 8 of its 16 outputs, columns 8·i + 2·(lane & 3) + {0, 1} of the batch rows.
template <int N>
DEVICE void store(const Product& p, const Chain& c, float (&d)[N / 2], int group) {
    int lane = threadIdx.x & 31, warp = (threadIdx.x >> 5) & 3;
    int output = c.block * 128 + group * 64 + warp * 16 + (lane >> 2);
    int row = c.tile * N + (lane & 3) * 2;
    float* to = p.parts + c.segment * p.stride + (u64)row * p.outputs + output;
#pragma unroll
    for (int i = 0; i < N / 8; i++) {
        to[0] = d[4 * i];
        to[p.outputs] = d[4 * i + 1];
        to[8] = d[4 * i + 2];
        to[p.outputs + 8] = d[4 * i + 3];
        to += 8 * (u64)p.outputs;
    }
}

template <int N>
DEVICE void store_slots(const Product& p, const Chain& c, float (&d)[N / 2], int group) {
    int lane = threadIdx.x & 31, warp = (threadIdx.x >> 5) & 3;
    int output = c.block * 128 + group * 64 + warp * 16 + (lane >> 2);
    const int* slots = p.slots + c.tile * N + (lane & 3) * 2;
    float* parts = p.parts + c.segment * p.stride + output;
#pragma unroll
    for (int i = 0; i < N / 8; i++) {
#pragma unroll
        for (int e = 0; e < 2; e++) {
            int slot = slots[8 * i + e];
            if (slot < 0) continue;
            parts[(u64)slot * p.outputs] = d[4 * i + e];
            parts[(u64)slot * p.outputs + 8] = d[4 * i + 2 + e];
        }
    }
}

// Gate and up rows alternate by eights in the matrix, so both of a pair are in one thread.
template <int N>
DEVICE void store_gated(const Product& p, const Chain& c, float (&d)[N / 2], int group) {
    int lane = threadIdx.x & 31, warp = (threadIdx.x >> 5) & 3;
    int column = c.block * 64 + group * 32 + warp * 8 + (lane >> 2);
    int row = c.tile * N + (lane & 3) * 2;
#pragma unroll
    for (int i = 0; i < N / 8; i++) {
        *(u16*)(p.gated + activation_at(p.room, row + 8 * i, column)) = to_bf16(gated(d[4 * i], d[4 * i + 2]));
        *(u16*)(p.gated + activation_at(p.room, row + 8 * i + 1, column)) = to_bf16(gated(d[4 * i + 1], d[4 * i + 3]));
    }
}

// ---- gates of a product that is split. A thread block's run ends within a block of outputs whose other segment the next thread block multiplied
// first of all, long before: so the one that has the first segment adds the second, and nobody waits for a kernel that does nothing but that.
// Runs are at least as deep as the matrix, so there are two segments at most. First chains never wait, so with two multiprocessors or more nobody
// waits for ever.

DEVICE void sync_group(int group) { asm volatile("bar.sync %0, 128;" ::"r"(2 + group) : "memory"); }

// The group's half of the second segment.
template <int N>
DEVICE void lend(const Product& p, const Chain& c, float (&d)[N / 2], int group) {
    store<N>(p, c, d, group);
    __threadfence();
    sync_group(group);
    if ((threadIdx.x & 127) == 0) asm volatile("st.release.gpu.global.u32 [%0], 1;" ::"l"(p.ready + c.block * 2 + group) : "memory");
}

template <int N>
DEVICE void borrow(const Product& p, const Chain& c, float (&d)[N / 2], int group) {
    u32* ready = p.ready + c.block * 2 + group;
    u32 there;
    do asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(there) : "l"(ready) : "memory");
    while (!there);
    int lane = threadIdx.x & 31, warp = (threadIdx.x >> 5) & 3;
    const float* from = p.parts + p.stride + (u64)((lane & 3) * 2) * p.outputs + c.block * 128 + group * 64 + warp * 16 + (lane >> 2);
#pragma unroll
    for (int i = 0; i < N / 8; i++) {
        d[4 * i] = load_one(from);
        d[4 * i + 1] = load_one(from + p.outputs);
        d[4 * i + 2] = load_one(from + 8);
        d[4 * i + 3] = load_one(from + p.outputs + 8);
        from += 8 * (u64)p.outputs;
    }
    sync_group(group);
    if ((threadIdx.x & 127) == 0) *ready = 0;
}

// Row 0 of a slab of own inputs; the other rows' products are nobody's.
DEVICE void store_own(u32 to, const float (&values)[8]) {
    uint4 v = pack8(values);
    asm volatile("st.shared.v4.b32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w) : "memory");
}

DEVICE void publish_own() {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    asm volatile("bar.sync 1, 256;" ::: "memory");
}

// The inputs of a COMBINED product: the slabs of this block's run, four columns to a thread at a time.
template <int N, int STAGES>
DEVICE void combine_inputs(const Product& p, const CombineCall& c, Ring<N, STAGES, COMBINED> ring) {
    int from = blockIdx.x * p.split.run, slabs = min(p.split.run, p.blocks * p.split.depth - from);
    REHEARSE(live, true) {
        if (live) wait_for_previous();
#pragma unroll 1
        for (int i = threadIdx.x; i < slabs * 16; i += 256) {
            int column = (from + i / 16) % p.split.depth * 64 + i % 16 * 4;
            uint2 v = pack4(combine<8>(c, column / c.width, 0, column % c.width));
            asm volatile("st.shared.v2.b32 [%0], {%1, %2};" ::"r"(ring.own_inputs(i / 16) + i % 16 * 8), "r"(v.x), "r"(v.y) : "memory");
        }
    }
    publish_own();
}

// The row of a NORMED product, by the 256 threads that multiply: the same sums in the same order as rms_norm takes them, a virtual thread to each
// chunk of eight columns.
template <int N, int STAGES>
DEVICE void norm_inputs(const NormCall& c, Ring<N, STAGES, NORMED> ring) {
    const int chunks = OWN_SLABS * 8 / 256;
    __shared__ float scratch[32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = (c.width / 8 + 31) / 32;
    float w[chunks][8], h[chunks][8], squares[chunks];
#pragma unroll
    for (int j = 0; j < chunks; j++) norm_weights(c, threadIdx.x + j * 256, w[j]);
    wait_for_previous();
    norm_chunks<true, chunks>(c, 0, threadIdx.x, 256, h, squares);
#pragma unroll
    for (int j = 0; j < chunks; j++) {
        squares[j] = warp_sum(squares[j]);
        if (lane == 0) scratch[warp + j * 8] = squares[j];
    }
    asm volatile("bar.sync 1, 256;" ::: "memory");
    float scale = rsqrtf(warp_sum(lane < warps ? scratch[lane] : 0.f) / c.width + c.epsilon);
#pragma unroll
    for (int j = 0; j < chunks; j++) {
        int chunk = threadIdx.x + j * 256;
        if (chunk * 8 >= c.width) break;
        if (blockIdx.x == 0) write_residual(c, 0, chunk, h[j]);
#pragma unroll
        for (int i = 0; i < 8; i++) h[j][i] *= scale * w[j][i];
        store_own(ring.own_inputs(chunk >> 3) + ((chunk & 7) << 4), h[j]);
    }
    publish_own();
}

template <int N, int STAGES, Mode MODE, bool GATED, Source SOURCE>
DEVICE void consume(const Product& p, Ring<N, STAGES, SOURCE> ring, int group) {
    if (MODE == EXPERTS) wait_for_previous();
    float d[N / 2];
    float sum[MODE == FULL ? N / 2 : 1];
    const bool LENDS = MODE == SPLIT && GATED;
    float other[LENDS ? N / 2 : 1];
    Chains<MODE> chains(p);
    Chain c;
    int done = 0;
    while (chains.take(c, SLAB_BYTES(N))) {
        int add = 0, closed = 0, held = -1;
        bool cut = LENDS && c.to - c.from < p.split.depth;
        if constexpr (LENDS)
            if (cut && c.from == 0) borrow<N>(p, c, other, group);
        for (int k = c.from; k < c.to; k++, done++, ring.advance()) {
            if (MODE == FULL && k > 0 && (c.block * p.split.depth + k) % p.split.run == 0) {
                wait_groups<0>();
                pin(d);
#pragma unroll
                for (int i = 0; i < N / 2; i++) sum[MODE == FULL ? i : 0] = closed ? sum[MODE == FULL ? i : 0] + d[i] : d[i];
                closed = 1;
                add = 0;
            }
            barrier_wait(ring.full + ring.stage * 8, ring.phase);
            u64 a = operand(ring.weights() + group * 8192), b = operand(SOURCE == LOADED ? ring.inputs() : ring.own_inputs(SOURCE == COMBINED ? done : k));
            pin(d);
            fence_operands();
#pragma unroll
            for (int s = 0; s < 4; s++) {
                wgmma(d, a + 2 * s, b + 2 * s, add);
                add = 1;
            }
            commit_group();
            if (held >= 0) {
                wait_groups<1>();
                if ((threadIdx.x & 127) == 0) barrier_arrive(ring.empty + held * 8);
            }
            held = ring.stage;
        }
        wait_groups<0>();
        pin(d);
        if ((threadIdx.x & 127) == 0) barrier_arrive(ring.empty + held * 8);
        if (MODE == FULL && closed) {
#pragma unroll
            for (int i = 0; i < N / 2; i++) d[i] = sum[MODE == FULL ? i : 0] + d[i];
        }
        if constexpr (LENDS) {
            if (cut && c.from > 0) {
                lend<N>(p, c, d, group);
                continue;
            }
            if (cut)
#pragma unroll
                for (int i = 0; i < N / 2; i++) d[i] += other[i];
        }
        if (MODE == EXPERTS)
            store_slots<N>(p, c, d, group);
        else if (GATED)
            store_gated<N>(p, c, d, group);
        else
            store<N>(p, c, d, group);
    }
}

template <int N, int STAGES, Mode MODE, bool GATED, Source SOURCE>
DEVICE void multiply(const Product& p, const void* own) {
    Ring<N, STAGES, SOURCE> ring;
    // Among experts the next one may start only when the router is known to have ended: the second product then reads its tables without waiting.
    if (MODE != EXPERTS) let_next_start();
    if (threadIdx.x == 0) {
        for (int i = 0; i < STAGES; i++) {
            barrier_init(ring.full + i * 8, 1);
            barrier_init(ring.empty + i * 8, 2);
        }
        barrier_init_fence();
    }
    __syncthreads();
    // Two branches, not two conditions after each other: only so does the assembler give each side its own registers. Wide tiles spill otherwise.
    if (threadIdx.x >= 256) {
        if (N >= 128) asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
        if (threadIdx.x == 256) produce<N, STAGES, MODE, SOURCE>(p, ring);
    } else {
        if (N >= 128) asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
        if constexpr (SOURCE == NORMED) norm_inputs<N, STAGES>(*(const NormCall*)own, ring);
        if constexpr (SOURCE == COMBINED) combine_inputs<N, STAGES>(p, *(const CombineCall*)own, ring);
        consume<N, STAGES, MODE, GATED, SOURCE>(p, ring, threadIdx.x >> 7);
    }
}

// Each kernel with the shared memory that its ring takes.
#define PRODUCT_KERNEL(NAME, N, STAGES, MODE, GATED) \
    KERNEL __launch_bounds__(384, 1) NAME(const __grid_constant__ Product p) { multiply<N, STAGES, MODE, GATED, LOADED>(p, nullptr); } \
    __device__ int NAME##_shared = Ring<N, STAGES, LOADED>::shared_bytes;

PRODUCT_KERNEL(gemm_split_8, 8, 8, SPLIT, false)
PRODUCT_KERNEL(gemm_short, 8, 4, SPLIT, false)  // runs of at most four tiles
PRODUCT_KERNEL(gemm_split_16, 16, 8, SPLIT, false)
PRODUCT_KERNEL(gemm_split_32, 32, 7, SPLIT, false)
PRODUCT_KERNEL(gemm_split_64, 64, 6, SPLIT, false)
PRODUCT_KERNEL(gemm_split_128, 128, 6, SPLIT, false)
PRODUCT_KERNEL(gemm_split_gated_8, 8, 8, SPLIT, true)
PRODUCT_KERNEL(gemm_split_gated_16, 16, 8, SPLIT, true)
PRODUCT_KERNEL(gemm_split_gated_32, 32, 7, SPLIT, true)
PRODUCT_KERNEL(gemm_split_gated_64, 64, 6, SPLIT, true)
PRODUCT_KERNEL(gemm_split_gated_128, 128, 6, SPLIT, true)
PRODUCT_KERNEL(gemm_full_128, 128, 6, FULL, false)
PRODUCT_KERNEL(gemm_full_192, 192, 5, FULL, false)
PRODUCT_KERNEL(gemm_gated_128, 128, 6, FULL, true)
PRODUCT_KERNEL(gemm_gated_192, 192, 5, FULL, true)
PRODUCT_KERNEL(gemm_experts_8, 8, 8, EXPERTS, false)
PRODUCT_KERNEL(gemm_experts_16, 16, 8, EXPERTS, false)
PRODUCT_KERNEL(gemm_experts_32, 32, 7, EXPERTS, false)
PRODUCT_KERNEL(gemm_experts_64, 64, 6, EXPERTS, false)
PRODUCT_KERNEL(gemm_experts_128, 128, 6, EXPERTS, false)

KERNEL __launch_bounds__(384, 1) gemm_normed(const __grid_constant__ Product p, const __grid_constant__ NormCall norm) {
    multiply<8, 8, SPLIT, false, NORMED>(p, &norm);
}
__device__ int gemm_normed_shared = Ring<8, 8, NORMED>::shared_bytes;

KERNEL __launch_bounds__(384, 1) gemm_normed_gated(const __grid_constant__ Product p, const __grid_constant__ NormCall norm) {
    multiply<8, 8, SPLIT, true, NORMED>(p, &norm);
}
__device__ int gemm_normed_gated_shared = Ring<8, 8, NORMED>::shared_bytes;

KERNEL __launch_bounds__(384, 1) gemm_combined(const __grid_constant__ Product p, const __grid_constant__ CombineCall combine) {
    multiply<8, 10, SPLIT, false, COMBINED>(p, &combine);
}
__device__ int gemm_combined_shared = Ring<8, 10, COMBINED>::shared_bytes;

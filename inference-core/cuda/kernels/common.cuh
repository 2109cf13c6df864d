// What every kernel shares: Hopper's barriers and bulk copies, bfloat16, and how activations lie in memory.
// No header is included: NVRTC then needs no toolkit on the box.

#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define DEVICE static __device__ __forceinline__
#define DEVICE_MEMBER __device__ __forceinline__
#define KERNEL extern "C" __global__ void

// ---- programmatic dependent launch: a kernel may start while the one before it ends, and waits here before it touches what that one made.

// Code that a thread block has not run yet costs more than its data: about 4 ns an instruction, cold. So where a block begins long before the kernel
// in front of it ends, it first runs what comes behind the wait once for nothing, and writes nothing that anybody reads.
#define REHEARSE(LIVE, WORTH) _Pragma("unroll 1") for (int LIVE = (WORTH) ? 0 : 1; LIVE < 2; LIVE++)

DEVICE void wait_for_previous() { asm volatile("griddepcontrol.wait;" ::: "memory"); }
DEVICE void let_next_start() { asm volatile("griddepcontrol.launch_dependents;" ::: "memory"); }

// ---- shared memory, barriers, bulk copies

DEVICE u32 shared_address(const void* p) { return (u32)__cvta_generic_to_shared(p); }

DEVICE void barrier_init(u32 barrier, u32 arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

DEVICE void barrier_init_fence() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }

DEVICE void barrier_expect(u32 barrier, u32 bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

DEVICE void barrier_arrive(u32 barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

DEVICE void barrier_wait(u32 barrier, u32 parity) {
    asm volatile(
        "{\n"
        ".reg .pred done;\n"
        "again:\n"
        "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1, 0x989680;\n"
        "@done bra over;\n"
        "bra again;\n"
        "over:\n"
        "}\n" ::"r"(barrier), "r"(parity) : "memory");
}

// Global to shared memory, `bytes` a multiple of 16; the barrier counts them.
DEVICE void bulk_load(u32 to, const void* from, u32 bytes, u32 barrier) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
                 ::"r"(to), "l"(__cvta_generic_to_global(from)), "r"(bytes), "r"(barrier) : "memory");
}

// The same of what nobody reads again before the cache has forgotten it: it goes first, and results of the kernels around it stay.
DEVICE u64 evict_first() {
    u64 policy;
    asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
    return policy;
}
DEVICE void bulk_stream(u32 to, const void* from, u32 bytes, u32 barrier, u64 policy) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1], %2, [%3], %4;"
                 ::"r"(to), "l"(__cvta_generic_to_global(from)), "r"(bytes), "r"(barrier), "l"(policy) : "memory");
}

// ---- bfloat16, round to nearest even

DEVICE float from_bf16(u16 v) { return __uint_as_float((u32)v << 16); }
DEVICE float low_bf16(u32 v) { return __uint_as_float(v << 16); }
DEVICE float high_bf16(u32 v) { return __uint_as_float(v & 0xffff0000u); }

DEVICE u32 pack_bf16(float low, float high) {
    u32 v;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(v) : "f"(high), "f"(low));
    return v;
}

DEVICE u16 to_bf16(float v) { return (u16)(pack_bf16(v, 0.f) & 0xffffu); }

// ---- activations, the right side of every product: 64 columns to a slab, 128 bytes to a row of a slab, and within a row the eight 16-byte
// chunks in the order that wgmma's 128-byte swizzle reads. `rows` is the room of the buffer, a multiple of 8.

DEVICE u64 activation_chunk(int rows, int row, int chunk) {
    return ((u64)(chunk >> 3) * rows + row) * 128 + (((chunk ^ row) & 7) << 4);
}

DEVICE u64 activation_at(int rows, int row, int column) { return activation_chunk(rows, row, column >> 3) + (column & 7) * 2; }

DEVICE float minus_infinity() { return __uint_as_float(0xff800000u); }

// ---- sums over a block, the same order whatever else runs

DEVICE float warp_sum(float v) {
    for (int d = 16; d > 0; d >>= 1) v += __shfl_xor_sync(0xffffffffu, v, d);
    return v;
}

// Every thread gets the sum; `scratch` holds 32 floats.
DEVICE float block_sum(float v, float* scratch) {
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = (blockDim.x + 31) >> 5;
    v = warp_sum(v);
    __syncthreads();
    if (lane == 0) scratch[warp] = v;
    __syncthreads();
    return warp_sum(lane < warps ? scratch[lane] : 0.f);
}

// ---- products that were split: each row block of 128 outputs is the sum of the segments that its K was cut into, in order. A matrix is
// `depth` slabs of 64 deep; segments end at multiples of `run` in the matrix' own count of tiles, so they depend on its shape alone.

struct Split {
    int depth;
    int run;
    u32 per_run;  // 2^32 / run, rounded up: n / run is the upper half of n · per_run for every n that there is
};

DEVICE int segments_of(Split s, int column) {
    u32 first = (column >> 7) * s.depth;
    return s.run == 0 ? 1 : __umulhi(first + s.depth - 1, s.per_run) - __umulhi(first, s.per_run) + 1;
}

DEVICE void add_to(float (&sum)[8], const float* from) {
    float4 a = ((const float4*)from)[0], b = ((const float4*)from)[1];
    sum[0] += a.x, sum[1] += a.y, sum[2] += a.z, sum[3] += a.w;
    sum[4] += b.x, sum[5] += b.y, sum[6] += b.z, sum[7] += b.w;
}

// What the kernel before wrote is read past the first-level cache, so that a rehearsal leaves nothing old there. Loads and sums of segments that
// are not there are predicated, not branched around: all loads are then on their way together, and little code is fetched.
template <int I>
DEVICE void load_part(float4& v, const float* from, int parts) {
    asm volatile("{\n.reg .pred p;\nsetp.gt.s32 p, %5, %6;\n@p ld.global.cg.v4.f32 {%0, %1, %2, %3}, [%4];\n}"
                 : "+f"(v.x), "+f"(v.y), "+f"(v.z), "+f"(v.w) : "l"(from), "r"(parts), "n"(I) : "memory");
}
template <int I>
DEVICE void add_part(float4& sum, const float4& v, int parts) {
    asm volatile("{\n.reg .pred p;\nsetp.gt.s32 p, %8, %9;\n@p add.f32 %0, %0, %4;\n@p add.f32 %1, %1, %5;\n@p add.f32 %2, %2, %6;\n@p add.f32 %3, %3, %7;\n}"
                 : "+f"(sum.x), "+f"(sum.y), "+f"(sum.z), "+f"(sum.w) : "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w), "r"(parts), "n"(I));
}
DEVICE float4 load_four(const float* from) {
    float4 v;
    asm volatile("ld.global.cg.v4.f32 {%0, %1, %2, %3}, [%4];" : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w) : "l"(from) : "memory");
    return v;
}
DEVICE uint4 load_words(const void* from) {
    uint4 v;
    asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(from) : "memory");
    return v;
}
DEVICE float load_one(const float* from) {
    float v;
    asm volatile("ld.global.cg.f32 %0, [%1];" : "=f"(v) : "l"(from) : "memory");
    return v;
}
DEVICE void add_four(float4& sum, const float4& v) { sum.x += v.x, sum.y += v.y, sum.z += v.z, sum.w += v.w; }

// How many segments are asked for at once: they are added in order, but must not be waited for one by one.
#define SEGMENTS_AT_ONCE 6

// COUNT times four neighbouring outputs of one row, each from its own parts `stride` floats apart. Together, so that all of it is on its way at once.
template <int COUNT>
DEVICE void sum_parts(float4 (&sum)[COUNT], const float* const (&first)[COUNT], u64 stride, const int (&segments)[COUNT]) {
    float4 v[SEGMENTS_AT_ONCE - 1][COUNT];
    const float* at[COUNT];
#pragma unroll
    for (int c = 0; c < COUNT; c++) {
        at[c] = first[c];
        sum[c] = load_four(at[c]);
    }
#define LOAD_PART(I) _Pragma("unroll") for (int c = 0; c < COUNT; c++) load_part<I>(v[I - 1][c], at[c] += stride, segments[c]);
#define ADD_PART(I) _Pragma("unroll") for (int c = 0; c < COUNT; c++) add_part<I>(sum[c], v[I - 1][c], segments[c]);
    LOAD_PART(1) LOAD_PART(2) LOAD_PART(3) LOAD_PART(4) LOAD_PART(5)
    ADD_PART(1) ADD_PART(2) ADD_PART(3) ADD_PART(4) ADD_PART(5)
#undef LOAD_PART
#undef ADD_PART
#pragma unroll
    for (int c = 0; c < COUNT; c++)
#pragma unroll 1
        for (int i = SEGMENTS_AT_ONCE; i < segments[c]; i++) add_four(sum[c], load_four(at[c] += stride));
}

template <int COUNT>
DEVICE void sum_neighbours(float4 (&sum)[COUNT], const float* first, u64 stride, int segments) {
    const float* from[COUNT];
    int all[COUNT];
#pragma unroll
    for (int c = 0; c < COUNT; c++) from[c] = first + c * 4, all[c] = segments;
    sum_parts<COUNT>(sum, from, stride, all);
}

// For kernels that do not rehearse.
DEVICE float sum_parts(const float* first, u64 stride, int segments) {
    float sum = first[0], second = segments > 1 ? first[stride] : 0.f;
    if (segments > 1) sum += second;
#pragma unroll 1
    for (int i = 2; i < segments; i++) sum += first[i * stride];
    return sum;
}

struct Parts {
    const float* first;  // [segment][room][columns]
    u64 stride;          // floats from one segment to the next
    int columns;
    Split split;
    const float* bias;   // [columns] or null
};

DEVICE void to_array(float (&v)[8], const float4& a, const float4& b) {
    v[0] = a.x, v[1] = a.y, v[2] = a.z, v[3] = a.w;
    v[4] = b.x, v[5] = b.y, v[6] = b.z, v[7] = b.w;
}

// COUNT times four neighbouring columns of one row, with their bias.
template <int COUNT>
DEVICE void read_parts(float4 (&v)[COUNT], const Parts& p, int row, const int (&column)[COUNT]) {
    const float* from[COUNT];
    int segments[COUNT];
    float4 bias[COUNT];
#pragma unroll
    for (int c = 0; c < COUNT; c++) {
        from[c] = p.first + (u64)row * p.columns + column[c];
        segments[c] = segments_of(p.split, column[c]);
        if (p.bias) bias[c] = *(const float4*)(p.bias + column[c]);
    }
    sum_parts<COUNT>(v, from, p.stride, segments);
    if (!p.bias) return;
#pragma unroll
    for (int c = 0; c < COUNT; c++) add_four(v[c], bias[c]);
}

DEVICE void read_parts(float (&v)[8], const Parts& p, int row, int column) {
    float4 four[2];
    read_parts<2>(four, p, row, {column, column + 4});
    to_array(v, four[0], four[1]);
}

DEVICE uint2 pack4(float4 v) { return make_uint2(pack_bf16(v.x, v.y), pack_bf16(v.z, v.w)); }

DEVICE uint4 pack8(const float (&v)[8]) {
    return make_uint4(pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7]));
}

// silu(gate) · up
DEVICE float gated(float g, float u) { return g / (1.f + __expf(-g)) * u; }

// ---- where a step's tokens stand, and how keys and values lie

struct Places {
    const int* position;  // [rows]
    const int* sequence;  // [rows] row of the block table
    const int* blocks;    // [sequences][table_width]
    int table_width;
};

// Rows of 64 tokens of a block: 16-byte chunks in an order that lets eight rows be read at once without conflict.
DEVICE u32 cache_at(int row, int column, int width) { return (row * (width >> 3) + ((column >> 3) ^ (row & 7))) * 16 + (column & 7) * 2; }

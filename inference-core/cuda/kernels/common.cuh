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
};

DEVICE int segments_of(Split s, int column) {
    int first = (column >> 7) * s.depth;
    return s.run == 0 ? 1 : (first + s.depth - 1) / s.run - first / s.run + 1;
}

DEVICE void add_to(float (&sum)[8], const float* from) {
    float4 a = ((const float4*)from)[0], b = ((const float4*)from)[1];
    sum[0] += a.x, sum[1] += a.y, sum[2] += a.z, sum[3] += a.w;
    sum[4] += b.x, sum[5] += b.y, sum[6] += b.z, sum[7] += b.w;
}

// How many segments are asked for at once: they are added in order, but must not be waited for one by one.
#define SEGMENTS_AT_ONCE 6

// Eight neighbouring outputs of one row, from parts `stride` floats apart.
DEVICE void sum_parts(float (&sum)[8], const float* first, u64 stride, int segments) {
    float4 a[SEGMENTS_AT_ONCE], b[SEGMENTS_AT_ONCE];
#pragma unroll
    for (int i = 0; i < SEGMENTS_AT_ONCE; i++)
        if (i < segments) {
            a[i] = ((const float4*)(first + i * stride))[0];
            b[i] = ((const float4*)(first + i * stride))[1];
        }
    sum[0] = a[0].x, sum[1] = a[0].y, sum[2] = a[0].z, sum[3] = a[0].w;
    sum[4] = b[0].x, sum[5] = b[0].y, sum[6] = b[0].z, sum[7] = b[0].w;
#pragma unroll
    for (int i = 1; i < SEGMENTS_AT_ONCE; i++)
        if (i < segments) {
            sum[0] += a[i].x, sum[1] += a[i].y, sum[2] += a[i].z, sum[3] += a[i].w;
            sum[4] += b[i].x, sum[5] += b[i].y, sum[6] += b[i].z, sum[7] += b[i].w;
        }
    for (int i = SEGMENTS_AT_ONCE; i < segments; i++) add_to(sum, first + i * stride);
}

DEVICE float sum_parts(const float* first, u64 stride, int segments) {
    float v[SEGMENTS_AT_ONCE];
#pragma unroll
    for (int i = 0; i < SEGMENTS_AT_ONCE; i++)
        if (i < segments) v[i] = first[i * stride];
    float sum = v[0];
#pragma unroll
    for (int i = 1; i < SEGMENTS_AT_ONCE; i++)
        if (i < segments) sum += v[i];
    for (int i = SEGMENTS_AT_ONCE; i < segments; i++) sum += first[i * stride];
    return sum;
}

DEVICE void add_four(float4& sum, float4 v) { sum.x += v.x, sum.y += v.y, sum.z += v.z, sum.w += v.w; }

// Four neighbouring outputs of one row.
DEVICE float4 sum_four_parts(const float* first, u64 stride, int segments) {
    float4 v[SEGMENTS_AT_ONCE];
#pragma unroll
    for (int i = 0; i < SEGMENTS_AT_ONCE; i++)
        if (i < segments) v[i] = *(const float4*)(first + i * stride);
    float4 sum = v[0];
#pragma unroll
    for (int i = 1; i < SEGMENTS_AT_ONCE; i++)
        if (i < segments) add_four(sum, v[i]);
    for (int i = SEGMENTS_AT_ONCE; i < segments; i++) add_four(sum, *(const float4*)(first + i * stride));
    return sum;
}

struct Parts {
    const float* first;  // [segment][room][columns]
    u64 stride;          // floats from one segment to the next
    int columns;
    Split split;
    const float* bias;   // [columns] or null
};

DEVICE void read_parts(float (&v)[8], const Parts& p, int row, int column) {
    sum_parts(v, p.first + (u64)row * p.columns + column, p.stride, segments_of(p.split, column));
    if (p.bias) add_to(v, p.bias + column);
}

DEVICE float4 read_four(const Parts& p, int row, int column) {
    float4 v = sum_four_parts(p.first + (u64)row * p.columns + column, p.stride, segments_of(p.split, column));
    if (p.bias) add_four(v, *(const float4*)(p.bias + column));
    return v;
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

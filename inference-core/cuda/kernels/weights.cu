// Weights on their way to where they are multiplied, and proof that they have not changed since.

#include "common.cuh"

#define SOURCE_BF16 0
#define SOURCE_F16 1
#define SOURCE_F32 2

DEVICE float half_to_float(u16 v) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(v));
    return y;
}

DEVICE float source_value(const void* from, int type, u64 i) {
    if (type == SOURCE_F32) return ((const float*)from)[i];
    u16 v = ((const u16*)from)[i];
    return type == SOURCE_BF16 ? from_bf16(v) : half_to_float(v);
}

// Rows of a checkpoint's matrix, each `stride` numbers, of which columns skip.. skip + columns are taken, into tiles from row `first` on.
// `pairing`: 0 as they are, 1 gate and 2 up rows, which alternate by eights. A thread to eight columns; columns a multiple of 8.
KERNEL pack_rows(const void* from, int type, int rows, int stride, int skip, int columns, u8* tiles, int depth, int first, int pairing) {
    u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    int chunks = columns / 8;
    if (i >= (u64)rows * chunks) return;
    int r = i / chunks, chunk = i % chunks, row = first + r;
    if (pairing) row = row / 8 * 16 + row % 8 + (pairing == 2 ? 8 : 0);
    float v[8];
#pragma unroll
    for (int k = 0; k < 8; k++) v[k] = source_value(from, type, (u64)r * stride + skip + chunk * 8 + k);
    u64 tile = ((u64)(row >> 7) * depth + (chunk >> 3)) * 16384;
    *(uint4*)(tiles + tile + (row & 127) * 128 + (((chunk ^ row) & 7) << 4)) = pack8(v);
}

KERNEL to_floats(const void* from, int type, u64 count, float* to) {
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (u64)gridDim.x * blockDim.x) to[i] = source_value(from, type, i);
}

KERNEL to_bf16s(const void* from, int type, u64 count, u16* to) {
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (u64)gridDim.x * blockDim.x)
        to[i] = to_bf16(source_value(from, type, i));
}

DEVICE float random_value(u64 seed, u64 i, float scale) {
    u64 z = seed + (i + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z ^= z >> 31;
    return ((float)(u32)(z >> 40) * (1.f / 8388608.f) - 1.f) * scale;
}

// Weights for measuring: uniform in ±scale. In tiles the order does not matter, so this writes where they lie.
KERNEL fill_bf16(u16* to, u64 count, u64 seed, float scale) {
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (u64)gridDim.x * blockDim.x)
        to[i] = to_bf16(random_value(seed, i, scale));
}

KERNEL fill_floats(float* to, u64 count, u64 seed, float middle, float scale) {
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (u64)gridDim.x * blockDim.x)
        to[i] = middle + random_value(seed, i, scale);
}

// Adds up words, each times an odd number of its own: a flipped bit always changes the sum, and the order of adding does not. count in
// 16-byte pieces.
KERNEL checksum(const uint4* from, u64 count, u64* sum) {
    u64 mine = 0;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (u64)gridDim.x * blockDim.x) {
        uint4 v = from[i];
        u64 a = (u64)v.y << 32 | v.x, b = (u64)v.w << 32 | v.z;
        mine += a * (4 * i + 1) + b * (4 * i + 3);
    }
    for (int d = 16; d > 0; d >>= 1) mine += __shfl_xor_sync(0xffffffffu, mine, d);
    if ((threadIdx.x & 31) == 0) atomicAdd(sum, mine);
}

// The same for many pieces at once, a thread block each: sums[b] is that of block b's piece, in 16-byte pieces counted from its own beginning.
// The sums may lie in the host's memory. The last piece may be shorter.
KERNEL checksum_pieces(const uint4* from, u64 count, u64 piece, u64* sums) {
    __shared__ u64 parts[32];
    u64 first = blockIdx.x * piece, most = count - first < piece ? count - first : piece, mine = 0;
#pragma unroll 8
    for (u64 i = threadIdx.x; i < most; i += blockDim.x) {
        uint4 v = from[first + i];
        u64 a = (u64)v.y << 32 | v.x, b = (u64)v.w << 32 | v.z;
        mine += a * (4 * i + 1) + b * (4 * i + 3);
    }
    for (int d = 16; d > 0; d >>= 1) mine += __shfl_xor_sync(0xffffffffu, mine, d);
    if ((threadIdx.x & 31) == 0) parts[threadIdx.x >> 5] = mine;
    __syncthreads();
    if (threadIdx.x >= 32) return;
    mine = threadIdx.x < blockDim.x / 32 ? parts[threadIdx.x] : 0;
    for (int d = 16; d > 0; d >>= 1) mine += __shfl_xor_sync(0xffffffffu, mine, d);
    if (threadIdx.x == 0) sums[blockIdx.x] = mine;
}

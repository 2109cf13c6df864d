// What a product is asked for, and the chains of k steps that each thread block of it makes.

#pragma once

#include "common.cuh"

#define TILE_BYTES 16384
#define SLAB_BYTES(n) ((n) * 128)

struct Product {
    const u8* weights;   // tiles of the matrix
    const u8* inputs;    // activations, `room` rows
    float* parts;        // [segment][room_out][outputs]
    u8* gated;           // with a gate: activations [room][outputs / 2]
    u32* ready;          // SPLIT with a gate: [block][2] whether the block's second segment lies in parts; all 0 between launches
    u64 stride;          // floats from one segment's part to the next
    int outputs;         // multiple of 128
    int blocks;          // outputs / 128
    int room;            // rows of the inputs' buffer
    int tiles;           // tiles of N rows
    Split split;

    // Experts: `blocks`, `outputs` and `split` are one expert's, and segments end at multiples of `run` within each block.
    int segments;
    const int* expert_tiles;  // how many tiles there are
    const int* tile_expert;   // [tiles] whose weights
    const int* slots;         // [tiles · N] the row of the parts, -1: nobody's
    u64 tile_stride;          // bytes from one tile's inputs to the next; 0: all tiles have the same rows
    int sure_tiles;           // the first tiles are of experts that everybody visits, whatever the router says:
    int sure_expert;          // this one,
    int sure_each;            // and the next after so many tiles
    int routed;               // the tables were there before this kernel could begin: see let_next_start in multiply
};

// One chain of k steps: outputs of `block`, rows of `tile`, slabs from..to.
struct Chain {
    const u8* weights;
    const u8* inputs;
    int block, tile, from, to, segment;
};

enum Mode {
    SPLIT,    // a thread block multiplies one run of a matrix' tiles: few rows, parts in memory
    FULL,     // a thread block makes whole outputs: many rows
    EXPERTS,  // many matrices, each with tiles of the rows that its expert was chosen for; a segment to a chain
};

// The chains of a thread block, in the order in which its producer loads and its consumers multiply them.
template <Mode MODE>
struct Chains {
    const Product& p;
    int next, end;

    // SURE: only what can be told before the kernel in front of this one has ended.
    DEVICE_MEMBER Chains(const Product& product, bool sure = false) : p(product) {
        if (MODE == SPLIT) {
            next = blockIdx.x * p.split.run;
            end = min(next + p.split.run, p.blocks * p.split.depth);
        } else {
            next = blockIdx.x;
            end = p.blocks * (MODE == FULL ? p.tiles : (sure && !p.routed ? p.sure_tiles : now(p.expert_tiles)) * p.segments);
        }
    }

    // Past the first-level cache, which may hold what the layer before had there.
    static DEVICE_MEMBER int now(const int* at) { return *(const volatile int*)at; }

    DEVICE_MEMBER bool take(Chain& c, int slab_bytes) {
        if (next >= end) return false;
        if (MODE == EXPERTS) {
            int jobs = p.blocks * p.segments, within = next % jobs;
            c.tile = next / jobs;
            c.block = within / p.segments;
            c.segment = within - c.block * p.segments;
            c.from = c.segment * p.split.run;
            c.to = min(p.split.depth, c.from + p.split.run);
            next += gridDim.x;
            int expert = c.tile < p.sure_tiles ? p.sure_expert + c.tile / p.sure_each : now(p.tile_expert + c.tile);
            c.weights = p.weights + ((u64)expert * p.blocks + c.block) * p.split.depth * TILE_BYTES;
            c.inputs = p.inputs + (u64)c.tile * p.tile_stride;
            return true;
        }
        if (MODE == FULL) {
            // Blocks that run together share inputs and weights in the cache: twelve tiles of rows by all blocks of outputs.
            int band = 12 * p.blocks, first = next / band * 12, wide = min(12, p.tiles - first), within = next - first * p.blocks;
            c.block = within / wide;
            c.tile = first + within % wide;
            c.from = 0;
            c.to = p.split.depth;
            next += gridDim.x;
        } else {
            c.block = next / p.split.depth;
            c.tile = blockIdx.y;
            c.from = next - c.block * p.split.depth;
            c.to = min(p.split.depth, c.from + end - next);
            next += c.to - c.from;
        }
        c.segment = MODE == FULL ? 0 : blockIdx.x - c.block * p.split.depth / p.split.run;
        c.weights = p.weights + (u64)c.block * p.split.depth * TILE_BYTES;
        c.inputs = p.inputs + (u64)c.tile * slab_bytes;
        return true;
    }
};

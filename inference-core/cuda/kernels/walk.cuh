// What a launch of attention is asked for, and the order in which a thread block visits the blocks of keys.

#pragma once

#include "rotate.cuh"
#include "softmax.cuh"

struct Tile {
    int row;       // of the step: the first token
    int sequence;  // row of the block table
    int position;  // of that token
    int first;     // first row of the tile, counted from the first token's first head
    int rows;      // at most 16·MT
};

struct AttentionCall {
    const Tile* tiles;
    const int* tile_count;  // blocks beyond it do nothing
    const u16* queries;     // [rows][heads][DK]
    const u8* cache;        // this layer's: [block][key head][K | V]
    u64 block_bytes;
    const int* blocks;      // [sequences][table_width]
    int table_width;
    int heads, key_heads;
    float scale;            // times log2(e)
    u8* output;             // WHOLE: activations [row][heads · DV]
    float* parts;           // else: [split][rows][heads][DV]; WHOLE of latents: [rows][heads][DV], the result
    float2* bounds;         // else: [split][rows][heads] (m, l)
    int room, part_rows;
    RotateCall turn;        // TURNS: where queries, the new key and its value come from
};

// The blocks of keys that a thread block visits: of every `step`-th split from its first on, those up to block `last`.
struct Walk {
    int split, step, last, block, end;

    DEVICE_MEMBER Walk(int first, int every, int last_block) : split(first), step(every), last(last_block) { enter(); }

    DEVICE_MEMBER void enter() {
        block = first_block(split);
        end = min(first_block(split + 1), last + 1);
    }
    DEVICE_MEMBER bool over() const { return block > last; }
    DEVICE_MEMBER bool begins() const { return block == first_block(split); }
    DEVICE_MEMBER bool ends() const { return block + 1 == end; }
    DEVICE_MEMBER void next() {
        if (++block < end) return;
        split += step;
        enter();
    }
};

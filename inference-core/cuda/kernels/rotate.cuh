// Turning queries and keys by their position: four pairs of one head at a time.

#pragma once

#include "common.cuh"

struct RotateCall {
    Parts parts;         // q, k, v of all heads beside each other
    Places places;
    const float2* rope;  // [positions][pairs]
    u16* queries;        // [rows][heads][width]
    u8* cache;           // this layer's blocks: [block][key head][K rows | V rows]
    u64 block_bytes;     // from one block to the next, this layer
    int heads, key_heads, width, interleaved;
};

// Pairs 4·quad.. of a head: the first and the second of each.
struct Quad {
    float4 first, second;
};

DEVICE int first_column(const RotateCall& c, int quad) { return c.interleaved ? quad * 8 : quad * 4; }
DEVICE int second_column(const RotateCall& c, int quad) { return c.interleaved ? quad * 8 + 4 : c.width / 2 + quad * 4; }

DEVICE void turn(float& a, float& b, float cosine, float sine) {
    float x = a * cosine - b * sine;
    b = b * cosine + a * sine;
    a = x;
}

// Of head `head` of q, k and v together; values are not turned.
DEVICE Quad read_quad(const RotateCall& c, int row, int position, int head, int quad) {
    const float4* by = (const float4*)(c.rope + (u64)position * (c.width / 2) + quad * 4);
    float4 low = by[0], high = by[1];
    float4 parts[2];
    read_parts<2>(parts, c.parts, row, {head * c.width + first_column(c, quad), head * c.width + second_column(c, quad)});
    Quad q = {parts[0], parts[1]};
    if (c.interleaved) q = {make_float4(q.first.x, q.first.z, q.second.x, q.second.z), make_float4(q.first.y, q.first.w, q.second.y, q.second.w)};
    if (head >= c.heads + c.key_heads) return q;
    turn(q.first.x, q.second.x, low.x, low.y);
    turn(q.first.y, q.second.y, low.z, low.w);
    turn(q.first.z, q.second.z, high.x, high.y);
    turn(q.first.w, q.second.w, high.z, high.w);
    return q;
}

// Where columns first_column.. and second_column.. lie.
DEVICE void write_quad(const RotateCall& c, const Quad& q, u8* first, u8* second) {
    bool apart = !c.interleaved;
    *(uint2*)first = pack4(apart ? q.first : make_float4(q.first.x, q.second.x, q.first.y, q.second.y));
    *(uint2*)second = pack4(apart ? q.second : make_float4(q.first.z, q.second.z, q.first.w, q.second.w));
}

// A row of the cache: keys or values of one head.
DEVICE u8* cache_head(const RotateCall& c, int row, int position, int key_head, int value) {
    int block = c.places.blocks[c.places.sequence[row] * c.places.table_width + position / 64];
    return c.cache + block * c.block_bytes + ((u64)key_head * 2 + value) * 64 * c.width * 2;
}

DEVICE void cache_quad(const RotateCall& c, const Quad& q, int row, int position, int head, int quad) {
    int key = head - c.heads, value = key >= c.key_heads;
    u8* to = cache_head(c, row, position, value ? key - c.key_heads : key, value);
    write_quad(c, q, to + cache_at(position & 63, first_column(c, quad), c.width), to + cache_at(position & 63, second_column(c, quad), c.width));
}

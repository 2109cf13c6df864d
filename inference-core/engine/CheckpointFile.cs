using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace InferenceCore.Engine;

/// <summary>A file of weights that is being read by several threads, and what its bytes are held against.</summary>
internal sealed class CheckpointFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly IReadOnlyList<byte[]>? _blockHashes;
    private readonly string? _fileHash;
    private readonly IncrementalHash? _chain;
    private readonly Lock _chaining = new();
    private readonly Dictionary<int, ManualResetEventSlim> _turns = [];
    private int _next;

    /// <param name="path">The file.</param>
    /// <param name="hashes">Null: nothing is compared.</param>
    public CheckpointFile(string path, HashList? hashes)
    {
        Path = path;
        _handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
        Bytes = RandomAccess.GetLength(_handle);
        if (hashes is null)
            return;
        var name = System.IO.Path.GetFileName(path);
        _fileHash = hashes.HashOf(name) ?? throw new EngineException($"{hashes.Path}: does not list '{name}', which holds weights");
        _blockHashes = hashes.BlocksOf(name);
        if (_blockHashes is null)
            _chain = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        else if (_blockHashes.Count != BlockCount)
            throw new EngineException($"{path}: has {BlockCount} blocks, {HashList.BlocksName} lists {_blockHashes.Count}");
    }

    public string Path { get; }

    public long Bytes { get; }

    public int BlockCount => (int)((Bytes + HashList.BlockBytes - 1) / HashList.BlockBytes);

    /// <summary>Its hash is that of the whole file, so that every byte must be read.</summary>
    public bool NeedsAll => _chain is not null;

    /// <summary>Its bytes are held against something.</summary>
    public bool IsHashed => _fileHash is not null;

    public void Read(CheckpointBlock block, Span<byte> target)
    {
        var offset = block.Offset;
        while (target.Length > 0)
        {
            int read;
            try
            {
                read = RandomAccess.Read(_handle, target, offset);
            }
            catch (IOException e)
            {
                throw new EngineException($"{Path}: cannot be read at byte {offset} ({e.Message})", e);
            }
            if (read == 0)
                throw new EngineException($"{Path}: truncated while it is read: it ends at byte {offset}, it had {Bytes}");
            target = target[read..];
            offset += read;
        }
    }

    /// <summary>
    /// Compares a block's own bytes. Where only the whole file has a hash, a block waits until those before it have been counted in.
    /// </summary>
    /// <exception cref="EngineException">They are not what the list says.</exception>
    public void Check(CheckpointBlock block, ReadOnlySpan<byte> bytes, CancellationToken cancel)
    {
        if (_blockHashes is not null)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes, hash);
            if (!hash.SequenceEqual(_blockHashes[block.Number]))
                throw WrongBlock(block, hash);
            return;
        }
        if (_chain is null)
            return;
        WaitForTurn(block.Number, cancel);
        _chain.AppendData(bytes);
        if (block.Number + 1 == BlockCount && Convert.ToHexStringLower(_chain.GetHashAndReset()) is var actual && actual != _fileHash)
            throw HashList.Mismatch(Path, actual, _fileHash!);
        PassTurn(block.Number + 1);
    }

    public void Dispose()
    {
        _handle.Dispose();
        _chain?.Dispose();
        foreach (var turn in _turns.Values)
            turn.Dispose();
    }

    private void WaitForTurn(int number, CancellationToken cancel)
    {
        ManualResetEventSlim turn;
        lock (_chaining)
        {
            if (_next == number)
                return;
            _turns.Add(number, turn = new ManualResetEventSlim());
        }
        turn.Wait(cancel);
    }

    private void PassTurn(int number)
    {
        lock (_chaining)
        {
            _next = number;
            if (_turns.TryGetValue(number, out var turn))
                turn.Set();
        }
    }

    private EngineException WrongBlock(CheckpointBlock block, ReadOnlySpan<byte> hash)
    {
        var tensors = block.Rows.Select(r => $"'{r.Tensor.Name}'").Distinct().ToArray();
        var where = tensors.Length switch
        {
            0 => "outside of the tensors that are used",
            <= 3 => $"in tensor {string.Join(", ", tensors)}",
            _ => $"in tensors {tensors[0]} to {tensors[^1]}",
        };
        return new EngineException($"{Path}: bytes {block.Offset}..{block.Offset + block.Bytes - 1}, {where}: "
            + $"SHA-256 is {Convert.ToHexStringLower(hash)}, {HashList.BlocksName} says {Convert.ToHexStringLower(_blockHashes![block.Number])}");
    }
}

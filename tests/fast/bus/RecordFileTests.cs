using System.Text;
using Appliance.Bus;
using CsCheck;
using Xunit;

namespace FastTests.Bus;

public class RecordFileTests
{
    private static readonly Gen<string[]> Payloads = Gen.String[Gen.Char['!', '~'], 0, 40].Array[0, 8];

    private static List<string> ReadAll(string path, out RecordFile file)
    {
        var read = new List<string>();
        file = RecordFile.Open(path, (payload, _) => read.Add(Encoding.UTF8.GetString(payload)));
        return read;
    }

    [Fact]
    public void A_file_cut_anywhere_yields_a_prefix_of_its_records_and_takes_new_ones() =>
        Gen.Select(Payloads, Gen.Int[0, 10_000]).Sample((payloads, cut) =>
        {
            using var directory = new TemporaryDirectory();
            var path = directory.File("log");
            using (var file = RecordFile.Open(path, (_, _) => { }))
            {
                foreach (var payload in payloads)
                    file.Append(Encoding.UTF8.GetBytes(payload));
                file.Commit();
            }

            var length = (int)new FileInfo(path).Length;
            using (var raw = new FileStream(path, FileMode.Open))
                raw.SetLength(length == 0 ? 0 : cut % (length + 1));
            var survivors = ReadAll(path, out var cutFile);
            cutFile.Append("next"u8);
            cutFile.Commit();
            cutFile.Dispose();
            var after = ReadAll(path, out var again);
            again.Dispose();
            return survivors.SequenceEqual(payloads.Take(survivors.Count))
                && after.SequenceEqual([.. survivors, "next"])
                && again is { TornBytes: 0, BadRecords: 0 };
        }, iter: 100);

    [Fact]
    public void Garbage_behind_the_last_record_is_dropped() =>
        Gen.Select(Payloads, Gen.Byte.Array[1, 50]).Sample((payloads, garbage) =>
        {
            using var directory = new TemporaryDirectory();
            var path = directory.File("log");
            using (var file = RecordFile.Open(path, (_, _) => { }))
            {
                foreach (var payload in payloads)
                    file.Append(Encoding.UTF8.GetBytes(payload));
                file.Commit();
            }

            using (var raw = new FileStream(path, FileMode.Append))
                raw.Write(garbage);
            var survivors = ReadAll(path, out var cutFile);
            cutFile.Dispose();
            return survivors.SequenceEqual(payloads) && cutFile.TornBytes == garbage.Length;
        }, iter: 100);

    [Fact]
    public void A_rotten_record_in_the_middle_costs_itself_only()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("log");
        long second;
        using (var file = RecordFile.Open(path, (_, _) => { }))
        {
            file.Append("one"u8);
            second = file.Append("two"u8);
            file.Append("three"u8);
            file.Commit();
        }

        using (var raw = new FileStream(path, FileMode.Open))
        {
            raw.Position = second + 10;
            raw.WriteByte((byte)'X');
        }

        Assert.Equal(["one", "three"], ReadAll(path, out var rotten));
        Assert.Equal(1, rotten.BadRecords);
        Assert.Null(rotten.Read(second));
        rotten.Dispose();
    }
}

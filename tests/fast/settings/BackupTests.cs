using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Appliance.Daemon.Cli;
using Appliance.Daemon.Settings;
using Appliance.Daemon.Setup;

namespace FastTests.Settings;

public sealed class BackupTests : IDisposable
{
    private const string Passphrase = "three lamps at night";
    private const string Network = "# Written by appliance.\n[Match]\nName=enp1s0\n\n[Network]\nAddress=10.1.2.3/24\nGateway=10.1.2.1\n";
    private readonly FolderMachine _box = new("chown", "systemctl");

    public BackupTests()
    {
        _box.Put("etc/appliance/appliance.json", "// mine\n{ \"node\": \"box1\" }\n");
        _box.Put("etc/appliance/api-keys.json", $$"""{ "keys": [ { "name": "setup", "sha256": "{{new string('a', 64)}}", "made_at": "2026-11-26T00:00:00Z" } ] }""");
        _box.Put("etc/appliance/policies/night.json", """{ "Version": "2012-10-17", "Statement": [] }""");
        _box.Put("etc/appliance/claimed.json", "{}");
        _box.Put("etc/systemd/network/10-appliance.network", Network);
        Certificates.Issue(_box, days: 400);
    }

    public void Dispose() => _box.Dispose();

    [Fact]
    public void What_was_backed_up_comes_back_and_what_was_in_force_is_kept()
    {
        var archive = Make();
        _box.Put("etc/appliance/appliance.json", "{ \"node\": \"other\" }");
        _box.Put("etc/appliance/policies/new.json", """{ "Statement": [] }""");
        File.Delete(Path.Combine(_box.Folder, "etc/appliance/policies/night.json"));

        var (manifest, files) = Read(archive);
        Assert.Equal("box1", manifest.Node);
        var restore = new Restore(_box.Machine, TimeProvider.System);
        Assert.Equal(["changed: /etc/appliance/appliance.json", "new: /etc/appliance/policies/night.json", "removed: /etc/appliance/policies/new.json"], restore.Changes(files));
        var before = restore.Apply(files, "other", "0.1.0");

        Assert.Equal("// mine\n{ \"node\": \"box1\" }\n", _box.Get("etc/appliance/appliance.json"));
        Assert.NotNull(_box.Get("etc/appliance/policies/night.json"));
        Assert.Null(_box.Get("etc/appliance/policies/new.json"));
        Assert.Equal("{}", _box.Get("etc/appliance/claimed.json")); // whose box it is, is not restored
        Assert.False(Directory.Exists(Path.Combine(_box.Folder, "etc/appliance.new")));
        Assert.Equal("{ \"node\": \"other\" }", Encoding.UTF8.GetString(Read(File.ReadAllBytes(_box.Machine.PathOf(before))).Files[BackupScope.Config]));
    }

    [Fact]
    public void No_private_key_leaves_the_box_in_the_clear()
    {
        Assert.DoesNotContain(Read(Make()).Files.Keys, BackupScope.IsSecret);
        var archive = Make(Passphrase);
        var plain = Unzip(archive);
        Assert.DoesNotContain("PRIVATE KEY", plain, StringComparison.Ordinal);
        Assert.Contains("keys.sealed", plain, StringComparison.Ordinal);
        Assert.Contains("PRIVATE KEY", Encoding.ASCII.GetString(Read(archive, Passphrase).Files["etc/appliance/tls/api.key"]), StringComparison.Ordinal);
        Assert.Contains("passphrase", Assert.Throws<SetupException>(() => Read(archive, "another one, wrong")).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Read(archive, null).Files.Keys, BackupScope.IsSecret); // nobody has to know it to restore the rest
    }

    [Fact]
    public void The_network_is_left_alone_and_told()
    {
        var (_, files) = Read(Make());
        _box.Put("etc/systemd/network/10-appliance.network", "changed meanwhile");
        var restore = new Restore(_box.Machine, TimeProvider.System);
        Assert.Empty(restore.Changes(files));
        restore.Apply(files, "box1", "0.1.0");
        Assert.Equal("changed meanwhile", _box.Get("etc/systemd/network/10-appliance.network"));
        Assert.Equal("enp1s0 10.1.2.3/24 10.1.2.1", Restore.Network(files));
    }

    [Theory]
    [InlineData("etc/appliance/appliance.json", "{ \"nodde\": 1 }", "nodde is not a key")]
    [InlineData("etc/appliance/appliance.json", "{ \"daemon\": { \"board\": \"moon\" } }", "there is no moon.json")]
    [InlineData("etc/appliance/policies/x.json", "{}", "has no Statement")]
    [InlineData("etc/appliance/boards/x.json", "{}", "boards/x.json")]
    [InlineData("etc/appliance/api-keys.json", "{ \"keys\": [ { \"name\": \"x\", \"sha256\": \"plain\" } ] }", "no SHA-256")]
    [InlineData("etc/systemd/timesyncd.conf.d/10-appliance.conf", "[Time]\nNTP=a\n[Service]\nExecStart=/bin/sh\n", "not as appliance setup writes it")]
    [InlineData("etc/systemd/network/10-appliance.network", "[Match]\nName=x\n[Network]\nBridge=y\n", "not as appliance setup writes it")]
    public void A_backup_of_something_that_would_not_be_accepted_is_refused_before_anything_changes(string path, string text, string expected)
    {
        _box.Put(path, text);
        Assert.Contains(expected, Assert.Throws<SetupException>(() => Read(Make())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_is_found()
    {
        var archive = Make();
        Assert.Contains("cut off", Assert.Throws<SetupException>(() => Read(archive[..(archive.Length / 2)])).Message, StringComparison.Ordinal);
        Assert.Contains("damaged", Assert.Throws<SetupException>(() => Read(Changed(archive, "etc/appliance/policies/night.json", "{ \"Statement\": [ 1 ] }"))).Message, StringComparison.Ordinal);
        Assert.Contains("no gzipped tar", Assert.Throws<SetupException>(() => Read([1, 2, 3])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("etc/passwd")]
    [InlineData("../etc/appliance/appliance.json")]
    [InlineData("etc/appliance/policies/../../shadow.json")]
    [InlineData("etc/appliance/tls/api.key")]
    [InlineData("etc/appliance/claimed.json")]
    public void Nothing_is_written_where_a_backup_has_no_business(string path)
    {
        var bytes = "x"u8.ToArray();
        var manifest = new BackupManifest(1, "box1", "0.1.0", DateTimeOffset.UnixEpoch, Keys: false, [new(path, bytes.Length, BackupArchive.Hash(bytes))]);
        var archive = BackupArchive.Pack(manifest, new Dictionary<string, byte[]> { [path] = bytes }, sealedKeys: null);
        Assert.Contains("nothing that a backup may bring", Assert.Throws<SetupException>(() => Read(archive)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_restore_that_fails_half_way_changes_nothing()
    {
        var (_, files) = Read(Make());
        _box.Put("etc/appliance/appliance.json", "{ \"node\": \"other\" }");
        File.Delete(Path.Combine(_box.Folder, "etc/appliance/policies/night.json"));
        _box.Command("chown", "exit 1");
        Assert.Throws<SetupException>(() => new Restore(_box.Machine, TimeProvider.System).Apply(files, "other", "0.1.0"));
        Assert.Equal("{ \"node\": \"other\" }", _box.Get("etc/appliance/appliance.json"));
        Assert.Null(_box.Get("etc/appliance/policies/night.json"));
    }

    [Fact]
    public void The_verb_asks_before_it_replaces_and_checks_without_asking()
    {
        var file = Path.Combine(_box.Folder, "backup.tar.gz");
        File.WriteAllBytes(file, Make());
        _box.Put("etc/appliance/appliance.json", "{ \"node\": \"other\" }");
        Assert.Equal(1, Verb("n\n", v => v.Put(file, checkOnly: false, yes: false)).Exit);
        var (exit, said) = Verb("", v => v.Put(file, checkOnly: true, yes: false));
        Assert.Equal(0, exit);
        Assert.Contains("changed: /etc/appliance/appliance.json", said, StringComparison.Ordinal);
        Assert.Equal("{ \"node\": \"other\" }", _box.Get("etc/appliance/appliance.json"));
        (exit, said) = Verb("y\n", v => v.Put(file, checkOnly: false, yes: false));
        Assert.Equal(0, exit);
        Assert.Contains("appliance network set enp1s0 10.1.2.3/24 10.1.2.1", said, StringComparison.Ordinal);
        Assert.Contains("\"box1\"", _box.Get("etc/appliance/appliance.json"), StringComparison.Ordinal);
        Assert.Contains("systemctl reload appliance", _box.Calls, StringComparison.Ordinal);
    }

    private (int Exit, string Said) Verb(string typed, Func<BackupVerbs, int> run)
    {
        using var output = new StringWriter();
        var exit = run(new(_box.Machine, new StringReader(typed), () => null, new(output, output, new(80, 24, false, false), json: false), TimeProvider.System));
        return (exit, output.ToString());
    }

    private byte[] Make(string? passphrase = null) => new Backup(_box.Machine, TimeProvider.System).Make("box1", "0.1.0", passphrase).Archive;

    private static (BackupManifest Manifest, Dictionary<string, byte[]> Files) Read(byte[] archive, string? passphrase = null) =>
        Restore.Read(new MemoryStream(archive), () => passphrase);

    private static string Unzip(byte[] archive)
    {
        using var gzip = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return Encoding.Latin1.GetString(plain.ToArray());
    }

    /// <summary>The same archive with one file's bytes exchanged, its manifest as it was.</summary>
    private static byte[] Changed(byte[] archive, string path, string text)
    {
        using var changed = new MemoryStream();
        using (var from = new TarReader(new GZipStream(new MemoryStream(archive), CompressionMode.Decompress)))
        using (var gzip = new GZipStream(changed, CompressionLevel.Fastest, leaveOpen: true))
        using (var to = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            while (from.GetNextEntry(copyData: true) is { } entry)
            {
                using var data = entry.Name == path ? new MemoryStream(Encoding.UTF8.GetBytes(text)) : entry.DataStream;
                to.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry.Name) { DataStream = data });
            }
        }

        return changed.ToArray();
    }
}

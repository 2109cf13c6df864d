using Appliance.Daemon.Cli;
using Appliance.Daemon.Loop;
using Appliance.Daemon.Settings;
using Appliance.Health;
using Microsoft.Extensions.Time.Testing;

namespace FastTests.Settings;

public sealed class CertificateTests : IDisposable
{
    private readonly FolderMachine _box = new("tls-bootstrap", "systemctl");

    public void Dispose() => _box.Dispose();

    [Theory]
    [InlineData(400, 0, "ok")]
    [InlineData(CertificateList.WarnDays - 1, 1, "expiring")]
    [InlineData(-1, 2, "expired")]
    public void The_verb_says_how_long_each_holds_and_exits_by_the_worst(int days, int exit, string state)
    {
        Certificates.Issue(_box, days);
        var rows = CertificateList.Read(_box.Machine, Certificates.Today);
        Assert.Equal((7, "ok", state), (rows.Count, rows[0].State, rows[1].State));
        using var said = new StringWriter();
        Assert.Equal(exit, Verbs(said).Certificates());
        Assert.Contains(state, said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void None_holds_longer_than_its_authority()
    {
        Certificates.Issue(_box, days: 10, authorityDays: 10);
        Assert.All(CertificateList.Read(_box.Machine, Certificates.Today), row => Assert.Equal("expiring", row.State));
    }

    [Fact]
    public void One_that_another_authority_signed_or_nobody_can_read_is_told()
    {
        Certificates.Issue(_box, 400);
        var ours = _box.Get("etc/appliance/tls/ca.crt")!;
        Certificates.Issue(_box, 400);
        _box.Put("etc/appliance/tls/ca.crt", ours);
        _box.Put("etc/appliance/tls/api.crt", "nothing");
        var rows = CertificateList.Read(_box.Machine, Certificates.Today).ToDictionary(r => r.Name, r => r.State);
        Assert.Equal(("ok", "stranger", "unreadable"), (rows["ca"], rows["broker"], rows["api"]));
    }

    [Fact]
    public void Their_end_is_an_alarm_a_month_before_it_is_a_silence()
    {
        Certificates.Issue(_box, 20);
        var clock = new FakeTimeProvider(Certificates.Today);
        var watch = new CertificateWatch(_box.Machine, clock);
        watch.Look();
        Assert.All(watch.Findings, f => Assert.Equal(AlarmCatalogue.CertificateExpiring, f.Code));
        Assert.Contains(watch.Findings, f => f.Target == "api" && f.Text.Contains("2026-12-16", StringComparison.Ordinal));
        clock.Advance(TimeSpan.FromDays(21));
        watch.Look();
        Assert.Equal(6, watch.Findings.Count(f => f.Code == AlarmCatalogue.CertificateExpired));
        Certificates.Issue(_box, 400);
        watch.Look();
        Assert.Empty(watch.Findings);
        Assert.NotNull(AlarmCatalogue.Find(AlarmCatalogue.CertificateExpiring));
    }

    [Fact]
    public void New_ones_are_made_for_the_box_as_it_is_called_and_reached()
    {
        _box.Put("etc/appliance/appliance.json", "{ \"node\": \"Rack_7\" }");
        _box.Put("etc/systemd/network/10-appliance.network", "[Match]\nName=enp1s0\n[Network]\nAddress=10.1.2.3/24\n");
        Assert.Equal(0, Verbs(TextWriter.Null).RenewCertificates(["/root/ca.crt", "/root/ca.key"]));
        Assert.Contains("tls-bootstrap --force --name rack-7 --address 10.1.2.3 --authority /root/ca.crt /root/ca.key\nsystemctl try-restart mosquitto", _box.Calls, StringComparison.Ordinal);
    }

    private SettingsVerbs Verbs(TextWriter said) =>
        new(_box.Machine, new(said, said, new(132, 43, false, false), json: false), new FakeTimeProvider(Certificates.Today));
}

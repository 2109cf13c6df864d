using Appliance.Hardware;

namespace FastTests.Hardware;

/// <summary>What a process gives back once its start is over.</summary>
public sealed class FootprintTests
{
    private const string Program = "/usr/lib/appliance/appliance";

    [Fact]
    public void Tables_of_the_program_and_libraries_whole_leave_and_its_own_code_stays() =>
        Assert.Equal(
            [(0x5000, 0x1000u), (0x9000, 0x2000u), (0xb000, 0x1000u)],
            Given(
                ("5000-6000 r--p 00000000 08:01 77    /usr/lib/appliance/appliance", 0), ("6000-8000 r-xp 00001000 08:01 77    /usr/lib/appliance/appliance", 0),
                ("9000-b000 r-xp 00001000 08:01 78    /usr/lib/x86_64-linux-gnu/libcrypto.so.3", 0), ("b000-c000 r--p 00001000 08:01 78    /a name with blanks", 0)));

    [Fact]
    public void What_was_written_to_stays_also_where_nobody_may_write_any_more() =>
        Assert.Empty(Given(
            ("5000-6000 r--p 00000000 08:01 77    /usr/lib/appliance/appliance", 8), ("6000-7000 rw-p 00000000 08:01 77    /usr/lib/appliance/appliance", 0),
            ("7000-8000 rw-p 00000000 00:00 0 ", 0), ("8000-9000 r--p 00000000 00:00 0 [vvar]", 0)));

    [Fact]
    public void Devices_and_what_is_shared_with_others_are_left_alone() =>
        Assert.Empty(Given(("5000-6000 r--p 00000000 00:06 77    /dev/nvidia0", 0), ("6000-7000 r--s 00000000 08:01 77    /var/lib/appliance/state", 0)));

    [Fact]
    public void This_very_process_goes_on_after_it_gave_back_what_its_start_had_used_and_again_an_hour_later()
    {
        var footprint = new Footprint(TimeSpan.Zero);
        Assert.Equal(
            [(20, true), (3620, true)],
            ((int[])[1, 10, 16, 19, 20, 21, 60, 3600, 3616, 3619, 3620, 3700]).Select(s => (s, footprint.Look(TimeSpan.FromSeconds(s)))).Where(l => l.Item2));
    }

    private static IEnumerable<(int, uint)> Given(params (string Line, int AnonymousKb)[] mappings) => Footprint
        .FilePages(mappings.SelectMany(m => (string[])[m.Line, "Size:                  4 kB", $"Anonymous: {m.AnonymousKb,8} kB", "VmFlags: rd ex mr mw me"]), Program)
        .Select(p => ((int)p.Begin, (uint)p.Length));
}

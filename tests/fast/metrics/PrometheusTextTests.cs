using Appliance.Model;

namespace FastTests.Metrics;

public sealed class PrometheusTextTests
{
    [Fact]
    public void What_is_absent_is_not_mentioned_not_even_by_its_family()
    {
        var page = new PrometheusText();
        page.Gauge("a_celsius", "A.", null);
        page.Gauge("b_celsius", "B.", double.NaN);
        page.Gauge("c_celsius", "C.", 0);
        Assert.Equal("# HELP c_celsius C.\n# TYPE c_celsius gauge\nc_celsius 0\n", page.ToString());
    }

    [Fact]
    public void A_family_has_one_head_and_common_labels_come_last()
    {
        var page = new PrometheusText(("node", "box1"));
        page.Counter("x_total", "X.");
        page.Sample(1, ("gpu", "0"), ("uuid", null));
        page.Sample(2.5, ("gpu", "1"));
        Assert.Equal("# HELP x_total X.\n# TYPE x_total counter\nx_total{gpu=\"0\",node=\"box1\"} 1\nx_total{gpu=\"1\",node=\"box1\"} 2.5\n", page.ToString());
    }

    [Fact]
    public void Quotes_backslashes_and_line_breaks_in_labels_are_escaped()
    {
        var page = new PrometheusText();
        page.Gauge("x", "A \\ B.");
        page.Sample(1, ("l", "a\"b\\c\nd"));
        Assert.Equal("# HELP x A \\\\ B.\n# TYPE x gauge\nx{l=\"a\\\"b\\\\c\\nd\"} 1\n", page.ToString());
    }

    [Fact]
    public void A_histogram_is_cumulative_and_ends_with_infinity_sum_and_count()
    {
        var page = new PrometheusText();
        page.Histogram("t_seconds", "T.", [0.1, 1], [2, 1, 1], 5.5);
        Assert.Equal(
            ["t_seconds_bucket{le=\"0.1\"} 2", "t_seconds_bucket{le=\"1\"} 3", "t_seconds_bucket{le=\"+Inf\"} 4", "t_seconds_sum 5.5", "t_seconds_count 4"],
            page.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2));
    }
}

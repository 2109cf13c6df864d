using System.Globalization;
using System.Text;

namespace Appliance.Model;

/// <summary>
/// A page in Prometheus' text format 0.0.4. A family's head is written with its first sample, so that what is absent is not mentioned
/// at all: a null value writes nothing.
/// </summary>
/// <param name="common">Labels every sample carries, after its own.</param>
public sealed class PrometheusText(params (string Name, string Value)[] common)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new(16 * 1024);
    private string _name = "";
    private string? _head;

    public void Gauge(string name, string help) => Open(name, "gauge", help);

    /// <param name="name">By convention with <c>_total</c> at its end; other exporters' names are kept as they are.</param>
    public void Counter(string name, string help) => Open(name, "counter", help);

    /// <summary>A family of one sample.</summary>
    public void Gauge(string name, string help, double? value)
    {
        Gauge(name, help);
        Sample(value);
    }

    /// <summary>A family of one sample.</summary>
    public void Counter(string name, string help, double? value)
    {
        Counter(name, help);
        Sample(value);
    }

    public void Sample(double? value, params ReadOnlySpan<(string Name, string? Value)> labels) => Write(_name, value, labels);

    /// <param name="bounds">Upper bounds of all buckets but the last, ascending, in the family's unit.</param>
    /// <param name="counts">One more than bounds, not cumulative.</param>
    public void Histogram(string name, string help, IReadOnlyList<double> bounds, IReadOnlyList<long> counts, double sum)
    {
        Open(name, "histogram", help);
        var total = 0L;
        for (var i = 0; i < counts.Count; i++)
        {
            total += counts[i];
            Write($"{name}_bucket", total, [("le", i < bounds.Count ? bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf")]);
        }

        Write($"{name}_sum", sum, []);
        Write($"{name}_count", total, []);
    }

    public override string ToString() => _text.ToString();

    private void Open(string name, string type, string help) =>
        (_name, _head) = (name, $"# HELP {name} {help.Replace("\\", "\\\\", StringComparison.Ordinal)}\n# TYPE {name} {type}\n");

    private void Write(string name, double? value, ReadOnlySpan<(string Name, string? Value)> labels)
    {
        if (value is not { } number || double.IsNaN(number))
            return;
        _text.Append(_head);
        _head = null;
        _text.Append(name);
        var separator = '{';
        foreach (var (label, text) in labels)
            Label(label, text, ref separator);
        foreach (var (label, text) in common)
            Label(label, text, ref separator);
        _text.Append(separator == '{' ? "" : "}").Append(CultureInfo.InvariantCulture, $" {number:R}\n");
    }

    private void Label(string name, string? value, ref char separator)
    {
        if (value is null)
            return;
        _text.Append(separator).Append(name).Append("=\"");
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => _text.Append("\\\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append("\\n"),
                _ => _text.Append(c),
            };
        }

        _text.Append('"');
        separator = ',';
    }
}

using InferenceCore.Engine;

namespace FastTests.Engine;

public sealed class BFloat16Tests
{
    [Theory]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(37)]
    [InlineData(64)]
    public void A_column_lies_where_place_says_after_the_shuffle(int columns)
    {
        var row = Enumerable.Range(0, columns).Select(i => (ushort)i).ToArray();
        BFloat16.Shuffle(row);
        Assert.All(Enumerable.Range(0, columns), column => Assert.Equal(column, row[BFloat16.Place(column, columns)]));
    }

    [Fact]
    public void A_value_that_is_not_finite_is_found_wherever_it_stands()
    {
        for (var at = 0; at < 50; at++)
        {
            var values = Enumerable.Repeat(BFloat16.FromFloat(float.MaxValue / 2), 50).ToArray();
            Assert.Equal(-1, BFloat16.IndexOfNotFinite(values));
            values[at] = BFloat16.FromFloat(at % 2 == 0 ? float.NaN : float.NegativeInfinity);
            Assert.Equal(at, BFloat16.IndexOfNotFinite(values));
        }
    }

    [Theory]
    [InlineData(1.00390625f, 1.0f)] // half-way between two: the even one
    [InlineData(1.01171875f, 1.015625f)]
    [InlineData(1.0040f, 1.0078125f)]
    [InlineData(-3.0f, -3.0f)]
    public void Rounding_goes_to_the_nearest_and_ties_to_even(float value, float expected) =>
        Assert.Equal(expected, BFloat16.ToFloat(BFloat16.FromFloat(value)));
}

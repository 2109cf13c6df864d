namespace FastTests.Thermal;

/// <summary>
/// Bytes that work allocates on its own thread. The runtime's counter for a thread also grows by what is left of the thread's allocation buffer, up to 8 KiB,
/// when a collection in the background meets another one (.NET 10; never with <c>DOTNET_gcConcurrent=0</c>), whoever allocates. That comes to another step each
/// time; what a step itself allocates comes to it every time.
/// </summary>
internal static class Allocation
{
    private const int Rounds = 10;

    /// <param name="begin">Puts the work back to where it began, so that every round does the same.</param>
    /// <returns>Of each step the least of all rounds, added up.</returns>
    public static long OfSteps(int steps, Action begin, Action<int> step)
    {
        var least = new long[steps];
        Array.Fill(least, long.MaxValue);
        long sum;
        var round = 0;
        do
        {
            begin();
            sum = 0;
            for (var i = 0; i < steps; i++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                step(i);
                least[i] = Math.Min(least[i], GC.GetAllocatedBytesForCurrentThread() - before);
                sum += least[i];
            }
        }
        while (sum > 0 && ++round < Rounds);
        return sum;
    }
}

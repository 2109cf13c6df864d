using Appliance.Model;

namespace Appliance.Daemon.Config;

/// <summary>The configuration in force and where it is from.</summary>
/// <param name="Source">A file's path, or <c>defaults</c>.</param>
/// <param name="Fault">The one line about the file that was put aside for <paramref name="Source"/>; null when nothing was.</param>
internal sealed record LoadedConfig(BoxConfig Config, string Source, string? Fault);

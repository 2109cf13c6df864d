namespace Appliance.Model;

/// <summary>How far the GPU driver can be asked.</summary>
public enum ProbeState
{
    /// <summary>Not there, or not heard of yet.</summary>
    Absent,

    /// <summary>The process runs; the library is missing or refuses to start (<see cref="ProbeHealth.Fault"/> says how). Tried again.</summary>
    NoDriver,

    Working,

    /// <summary>Calls do not return for any GPU: NVML blind. Reading resumes by itself when they do.</summary>
    Blind,
}

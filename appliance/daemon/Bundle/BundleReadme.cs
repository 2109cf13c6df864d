namespace Appliance.Daemon.Bundle;

/// <summary>The first file of every bundle: what the others are, for whoever opens it months later.</summary>
internal static class BundleReadme
{
    public const string Text = """
        Support bundle of an appliance
        ==============================

        manifest.json     every file with size, SHA-256, source and the number of places struck out; then what is missing, and why.
        SHA256SUMS        for `sha256sum -c SHA256SUMS` in this folder.
        box/              what the control plane said of itself: status, health, alarms, cooling, GPUs, fabric; last state known to the panel;
                          every value of the hardware-monitoring chips; processes; state files by name and size.
        configuration/    appliance.json: known keys with values they take, and how many others there are; certificates; the bus' access list.
        events/           log.ndjson, the newest of the event log; outbox.ndjson, the control plane's own, acknowledged or not. An object a line.
        logs/             of each program, newest last; the kernel's, and what its lines mean.
        control-plane/    /metrics.   inference/  /metrics and /ready.   gpu/  nvidia-smi, where there is one.
        machine/          system, disks, network, PCI devices, units, packages, time.

        Not in here, whatever is asked for: private keys, passwords, environments and arguments of processes, comments of the configuration,
        prompts and answers. What looked like a secret in a log stands as [struck out].

        支持包：manifest.json 列出每个文件的大小、SHA-256、来源与涂去处数，以及缺少什么、为什么。私钥、口令、环境变量、命令参数、配置注释、
        提问与回答从不收集；日志里像密钥的内容一律以 [struck out] 代替。

        """;
}
